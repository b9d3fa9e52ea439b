//! What is done with a form that is handed in, let go or published.
//!
//! Writes:  form, its history, and what is to be published or withdrawn, all or nothing.
//! Refuses: a form that is not what it was when somebody decided; whoever wrote it may
//!          not let it go; what must be mended first.

use std::sync::Arc;

use axum::Form as Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::frame::Frame;
use super::{Desk, failed, forbidden, not_found, to};
use crate::Error;
use crate::form::{Head, Kind, may_go};
use crate::ledger::form::State::{Approved, Draft, Waiting, Withdrawn};
use crate::ledger::form::{self, Done, Form, NewFile, Step};

/// Letters that a note may have.
const NOTE_MAX: usize = 2000;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    versjon: i64,
    #[serde(default)]
    merknad: String,
    /// Whether somebody has seen what should not go as it is.
    #[serde(default)]
    sett: Option<String>,
}

/// What came of it.
enum Came {
    /// It was done; show that page.
    To(String),
    /// It was not, for this reason.
    Not(&'static str),
    Forbidden,
    Missing,
}

pub(super) async fn act(
    State(desk): State<Arc<Desk>>,
    f: Frame,
    Path((id, act)): Path<(String, String)>,
    Body(asked): Body<Asked>,
) -> Response {
    let form = match form::find(&desk.klient.db, &id).await {
        Ok(Some(form)) => form,
        Ok(None) => return not_found(&f),
        Err(error) => return failed(&f, &error),
    };
    match desk.act(&f, &form, &act, asked).await {
        Ok(Came::To(path)) => to(&path),
        Ok(Came::Not(why)) => {
            // As it is now, not as it was.
            let now = form::find(&desk.klient.db, &id).await.ok().flatten();
            let form = now.unwrap_or(form);
            let shown = desk.answer(&f, &form, true, Some(why)).await;
            (StatusCode::CONFLICT, shown).into_response()
        }
        Ok(Came::Forbidden) => forbidden(&f),
        Ok(Came::Missing) => not_found(&f),
        Err(error) => failed(&f, &error),
    }
}

impl Desk {
    async fn act(
        &self,
        f: &Frame,
        form: &Form,
        act: &str,
        asked: Asked,
    ) -> Result<Came, Error> {
        let may = match act {
            "hent" | "rett" | "slett" => f.writes(),
            "godkjenn" | "returner" => f.approves(),
            "trekk" => f.writes() || f.approves(),
            _ => return Ok(Came::Missing),
        };
        if !may {
            return Ok(Came::Forbidden);
        }
        if act == "slett" {
            let done = form::discard(&self.klient.db, &form.id, asked.versjon).await?;
            return Ok(came(f, done, "/".to_owned()));
        }
        let here = format!("/skjema/{}", form.id);
        let step = self.plain(f, form, &asked);
        let step = match act {
            "hent" => Step {
                from: &[Waiting],
                to: Draft,
                what: "taken-back",
                ..step
            },
            "returner" => Step {
                from: &[Waiting],
                to: Draft,
                what: "returned",
                ..step
            },
            "rett" => Step {
                from: &[Approved, Withdrawn],
                to: Draft,
                what: "corrected",
                ..step
            },
            "trekk" => match self.withdrawal(form, step).await? {
                Some(step) => step,
                None => return Ok(Came::Not(f.w.wrong_state)),
            },
            _ => match self.approval(f, form, step, asked.sett.is_some()).await? {
                Ok(step) => step,
                Err(why) => return Ok(Came::Not(why)),
            },
        };
        let done = form::step(&self.klient.db, step).await?;
        Ok(came(f, done, here))
    }

    fn plain(&self, f: &Frame, form: &Form, asked: &Asked) -> Step {
        Step {
            id: form.id.clone(),
            seen: asked.versjon,
            from: &[],
            to: form.state,
            what: "",
            note: asked.merknad.trim().chars().take(NOTE_MAX).collect(),
            who: f.who().to_owned(),
            at: self.klient.clock.now(),
            four_eyes: false,
            files: Vec::new(),
            heads: None,
        }
    }

    /// Let it go: what is published by it, and what of it is published no longer.
    async fn approval(
        &self,
        f: &Frame,
        form: &Form,
        step: Step,
        seen: bool,
    ) -> Result<Result<Step, &'static str>, Error> {
        let (built, found) = self.judged(f, form.kind, &form.typed).await?;
        if !may_go(&found) {
            return Ok(Err(f.w.mend_first));
        }
        if !seen && found.iter().any(|found| found.held) {
            return Ok(Err(f.w.say_seen));
        }
        let before = form::heads(&self.klient.db, &form.id).await?;
        let gone = built.gone(before);
        let mut files = Vec::new();
        if !gone.is_empty() {
            files.push(self.withdrawn(&gone));
        }
        files.push(NewFile {
            payload: built.jsonld(),
            withdraws: false,
        });
        Ok(Ok(Step {
            from: &[Waiting],
            to: Approved,
            what: "approved",
            four_eyes: true,
            files,
            heads: Some(built.heads()),
            ..step
        }))
    }

    /// Take back what is published from it, a meeting itself too. One pair of eyes is
    /// enough: what should not be there must go at once.
    async fn withdrawal(&self, form: &Form, step: Step) -> Result<Option<Step>, Error> {
        let mut heads = form::heads(&self.klient.db, &form.id).await?;
        if heads.is_empty() {
            return Ok(None);
        }
        if form.kind == Kind::Moete
            && let Some(meeting) = self.meeting(form)
            && !heads.contains(&meeting)
        {
            heads.push(meeting);
        }
        Ok(Some(Step {
            from: &[Draft, Waiting, Approved],
            to: Withdrawn,
            what: "withdrawn",
            files: vec![self.withdrawn(&heads)],
            heads: Some(Vec::new()),
            ..step
        }))
    }

    fn meeting(&self, form: &Form) -> Option<Head> {
        let built = crate::form::build(form.kind, &form.typed, &self.owner);
        let mut rows = built.rows.into_iter();
        let meeting = rows.find(|(_, row)| row == "moete.0");
        meeting.map(|(iri, _)| (iri, "Moetemappe".to_owned()))
    }

    fn withdrawn(&self, heads: &[Head]) -> NewFile {
        let id = self.klient.random.uuid().to_string();
        let document = noark::withdrawal(&noark::withdrawal_graph(&id), heads);
        NewFile {
            payload: noark::write_jsonld(&document).into_bytes(),
            withdraws: true,
        }
    }
}

fn came(f: &Frame, done: Done, path: String) -> Came {
    match done {
        Done::Yes => Came::To(path),
        Done::Changed => Came::Not(f.w.wrong_state),
        Done::FourEyes => Came::Not(f.w.four_eyes),
    }
}
