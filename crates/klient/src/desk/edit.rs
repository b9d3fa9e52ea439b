//! A form: filled in by those who write, read by everybody, checked at every step.
//!
//! Order:   what was typed is kept → rows change, or it is checked, or handed in → the
//!          page is read anew.
//! Refuses: what somebody else has changed since it was read; it is shown again, nothing
//!          of it lost.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Form as Body, Json};
use serde::Deserialize;
use serde_json::json;

use super::frame::Frame;
use super::{Desk, failed, forbidden, message, not_found, to};
use crate::Error;
use crate::form::{Change, Group, Kind, Typed, may_go, propose};
use crate::ledger::form::State as Stage;
use crate::ledger::form::{self, Done, Form, Save, Step};

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// Whether what is missing is to be named too.
    kontroll: Option<String>,
}

/// An empty form; it is kept when it is handed in for the first time.
pub(super) async fn new(
    State(desk): State<Arc<Desk>>,
    f: Frame,
    Path(kind): Path<String>,
) -> Response {
    let Some(kind) = Kind::of(&kind) else {
        return not_found(&f);
    };
    if !f.writes() {
        return forbidden(&f);
    }
    let now = desk.klient.clock.now();
    let today = desk.klient.calendar.date(now);
    let mut typed = Typed::default();
    let mut row = |list: &str| {
        let rows = typed.rows_mut(list);
        rows.push(Typed::default());
        rows.len() - 1
    };
    match kind {
        Kind::Journalpost => {
            for list in ["mappe", "post"] {
                row(list);
            }
            for list in ["mappe.0", "post.0"] {
                if let Some(row) = typed.at(list) {
                    row.set("aar", today.year().to_string());
                }
            }
            if let Some(post) = typed.at("post.0") {
                post.set("journaldato", today.to_string());
                post.rows_mut("part").push(Typed::default());
                post.rows_mut("dok").push(Typed::default());
            }
        }
        Kind::Moete => {
            row("moete");
            row("sak");
        }
    }
    typed.name_rows(&desk.klient.random);
    let form = Form {
        id: desk.klient.random.uuid().to_string(),
        kind,
        state: Stage::Draft,
        version: 0,
        title: String::new(),
        typed,
        changed: now,
        changed_by: f.who().to_owned(),
        file: None,
        folder: None,
    };
    desk.answer(&f, &form, false, None).await
}

pub(super) async fn open(
    State(desk): State<Arc<Desk>>,
    f: Frame,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    match form::find(&desk.klient.db, &id).await {
        Ok(Some(form)) => desk.answer(&f, &form, asked.kontroll.is_some(), None).await,
        Ok(None) => not_found(&f),
        Err(error) => failed(&f, &error),
    }
}

/// What a browser has handed in.
struct Handed {
    kind: Kind,
    seen: i64,
    act: String,
    typed: Typed,
}

impl Handed {
    fn of(pairs: &[(String, String)]) -> Option<Self> {
        let text = |name: &str| {
            let found = pairs.iter().find(|(known, _)| known == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let kind = Kind::of(text("slag"))?;
        // Rows that no form has are not made, however many a name asks for.
        let known = |name: &str| {
            let row = name.rsplit_once('.').map(|(row, _)| row);
            row.is_some_and(|row| Group::find(kind.groups(), row).is_some())
        };
        let inside = pairs.iter().filter(|(name, _)| known(name));
        let inside: Vec<_> = inside.cloned().collect();
        Some(Self {
            kind,
            seen: text("versjon").parse().ok()?,
            act: text("gjoer").to_owned(),
            typed: Typed::of(&inside),
        })
    }
}

pub(super) async fn hand_in(
    State(desk): State<Arc<Desk>>,
    f: Frame,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Response {
    let handed = Handed::of(&pairs).filter(|_| crate::form::is_uuid(&id));
    let Some(mut handed) = handed else {
        let status = StatusCode::BAD_REQUEST;
        return message(&f, status, f.w.wrong_title, f.w.wrong_form);
    };
    if !f.writes() {
        return forbidden(&f);
    }
    let act = handed.act.clone();
    let place = alter(&mut handed, &act);
    handed.typed.name_rows(&desk.klient.random);
    propose(handed.kind, &mut handed.typed);
    match desk.keep(&f, &id, &handed).await {
        Ok(Done::Yes) => desk.go_on(&f, &id, &act, &place).await,
        Ok(_) => desk.conflict(&f, &id, handed).await,
        Err(error) => failed(&f, &error),
    }
}

/// Do what a button asks for with the rows; answers where to look.
fn alter(handed: &mut Handed, act: &str) -> String {
    let (what, at) = act.split_once(':').unwrap_or((act, ""));
    let change = match what {
        "legg" => Change::Add,
        "fjern" => Change::Remove,
        "opp" => Change::Up,
        "ned" => Change::Down,
        "vask" => {
            if let Some((row, name)) = at.rsplit_once('.')
                && let Some(row) = handed.typed.at(row)
            {
                row.set(name, "");
            }
            return at.to_owned();
        }
        _ => return String::new(),
    };
    handed.typed.change(change, at).unwrap_or_default()
}

impl Desk {
    async fn keep(&self, f: &Frame, id: &str, handed: &Handed) -> Result<Done, Error> {
        let save = Save {
            id: id.to_owned(),
            kind: handed.kind,
            seen: handed.seen,
            title: handed.typed.title(handed.kind),
            typed: handed.typed.clone(),
            who: f.who().to_owned(),
            at: self.klient.clock.now(),
        };
        form::save(&self.klient.db, save).await
    }

    /// It is kept: show it again, or take the next step.
    async fn go_on(&self, f: &Frame, id: &str, act: &str, place: &str) -> Response {
        let here = format!("/skjema/{id}");
        match act {
            "kontroll" => to(&format!("{here}?kontroll=1#innhold")),
            "lever" => match self.deliver(f, id).await {
                Ok(true) => to(&here),
                Ok(false) => to(&format!("{here}?kontroll=1#innhold")),
                Err(error) => failed(f, &error),
            },
            _ if place.is_empty() => to(&here),
            _ => to(&format!("{here}#{place}")),
        }
    }

    /// Hand it in to be let go by another; answers whether it was fit for that.
    async fn deliver(&self, f: &Frame, id: &str) -> Result<bool, Error> {
        let Some(form) = form::find(&self.klient.db, id).await? else {
            return Ok(false);
        };
        let (_, found) = self.judged(f, form.kind, &form.typed).await?;
        if !may_go(&found) {
            return Ok(false);
        }
        let step = Step {
            id: form.id,
            seen: form.version,
            from: &[Stage::Draft],
            to: Stage::Waiting,
            what: "handed-in",
            note: String::new(),
            who: f.who().to_owned(),
            at: self.klient.clock.now(),
            four_eyes: false,
            files: Vec::new(),
            heads: None,
        };
        Ok(form::step(&self.klient.db, step).await? == Done::Yes)
    }

    /// Somebody was before: what was typed is shown again, and can be kept over theirs.
    async fn conflict(&self, f: &Frame, id: &str, handed: Handed) -> Response {
        let known = match form::find(&self.klient.db, id).await {
            Ok(Some(known)) => known,
            Ok(None) => return not_found(f),
            Err(error) => return failed(f, &error),
        };
        if known.state != Stage::Draft {
            let status = StatusCode::CONFLICT;
            return message(f, status, f.w.wrong_title, f.w.wrong_state);
        }
        let mine = Form {
            typed: handed.typed,
            ..known
        };
        let shown = self.answer(f, &mine, false, Some(f.w.conflict)).await;
        (StatusCode::CONFLICT, shown).into_response()
    }
}

/// What is wrong with what is being typed, and how the washed halves could read. Nothing
/// is kept.
pub(super) async fn check(
    State(desk): State<Arc<Desk>>,
    f: Frame,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Response {
    let Some(mut handed) = Handed::of(&pairs) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let proposed = propose(handed.kind, &mut handed.typed);
    let proposals: serde_json::Map<String, serde_json::Value> = proposed
        .into_iter()
        .filter_map(|at| {
            let (row, name) = at.rsplit_once('.')?;
            let text = handed.typed.at(row)?.text(name).to_owned();
            Some((at.clone(), text.into()))
        })
        .collect();
    match desk.judged(&f, handed.kind, &handed.typed).await {
        Ok((_, found)) => {
            let found: Vec<_> = found
                .iter()
                .map(|found| {
                    json!({
                        "felt": found.at,
                        "nivaa": found.level.as_str(),
                        "tekst": found.words,
                        "hjelp": found.hint,
                        "mangler": found.missing,
                    })
                })
                .collect();
            Json(json!({"funn": found, "forslag": proposals})).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a form could not be checked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_form_has_makes_no_row() {
        let handed = |name: &str| {
            let pairs = [("slag", "journalpost"), ("versjon", "1"), (name, "x")];
            let pairs = pairs.map(|(n, v)| (n.to_owned(), v.to_owned()));
            Handed::of(&pairs).unwrap().typed
        };
        assert!(!handed("post.0.part.3.navn").is_blank());
        for name in [
            "post.0.0.0.0.0.0.navn",
            "post.part.0.navn",
            "sak.0.tittel",
            "post.0.part.0.part.0.navn",
            &"a.0.".repeat(100_000),
            &"post.0.".repeat(100_000),
        ] {
            assert!(handed(name).is_blank(), "{name:.40}");
        }
    }
}
