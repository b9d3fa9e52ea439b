//! The test console: send what eInnsyn may send, see what came in.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawForm, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use noark::{Language as Words, shown};
use sbd::Orgnr;
use serde_json::Value;

use super::frame::Frame;
use super::order::{Fields, Shown};
use super::{failed, message, not_found, page};
use crate::Portal;
use crate::imports::{Came, explained};
use crate::order::Krav;
use crate::settings::Enhet;
use crate::trial::{Answer, Kind};
use pages::Language;

/// Rows of a list.
const ROWS_MAX: i64 = 25;

type Known = State<Arc<Portal>>;

pub(super) fn router() -> Router<Arc<Portal>> {
    Router::new()
        .route("/test", get(console))
        .route("/test/innsynskrav", post(krav))
        .route("/test/kvittering", post(kvittering))
        .route("/test/inn/{id}", get(import))
        .route("/test/inn/{id}/rapport", get(report))
        .route("/test/inn/{id}/fil", get(file))
}

#[derive(Template)]
#[template(path = "test.html")]
struct Console<'a> {
    f: &'a Frame,
    enheter: &'a [Enhet],
    kinds: Vec<(&'static str, &'static str)>,
    answers: Vec<(&'static str, &'static str)>,
    imports: Vec<Came>,
    sent: Vec<(i64, Krav)>,
    done: bool,
    portal: &'a Portal,
}

impl Console<'_> {
    fn navn<'s>(&'s self, orgnr: &'s str) -> &'s str {
        self.portal.settings.navn(orgnr)
    }

    fn stage(&self, krav: &Krav) -> Shown {
        Shown::of(self.f.w, krav.state)
    }
}

async fn console(State(portal): Known, f: Frame) -> Response {
    let read = async {
        let imports = portal.imports(ROWS_MAX).await?;
        let sent = portal.tested(ROWS_MAX).await?;
        Ok::<_, crate::Error>((imports, sent))
    };
    let (imports, sent) = match read.await {
        Ok(read) => read,
        Err(error) => return failed(&f, &error),
    };
    let w = f.w;
    let kinds = [
        w.v_v1,
        w.v_v2,
        w.v_old,
        w.v_duplicate,
        w.v_expired,
        w.v_escaped,
        w.v_fifty,
    ];
    let answers = [
        w.k_published,
        w.k_refused,
        w.k_warning,
        w.k_other,
        w.k_broken,
    ];
    page(&Console {
        kinds: Kind::ALL.iter().map(|(name, _)| *name).zip(kinds).collect(),
        answers: Answer::ALL
            .iter()
            .map(|(name, _)| *name)
            .zip(answers)
            .collect(),
        done: f.here().contains("sendt="),
        f: &f,
        enheter: &portal.settings.enheter,
        imports,
        sent,
        portal: &portal,
    })
}

async fn krav(State(portal): Known, f: Frame, RawForm(form): RawForm) -> Response {
    let fields = Fields::of(&form);
    let kind = Kind::ALL
        .iter()
        .find(|(name, _)| *name == fields.text("variant"));
    let receiver = fields.text("mottaker").trim().parse::<Orgnr>();
    let owner = match fields.text("eier").trim() {
        "" => receiver.clone(),
        owner => owner.parse(),
    };
    let (Some((_, kind)), Ok(receiver), Ok(owner)) = (kind, receiver, owner) else {
        return bad(&f);
    };
    let iri = fields.text("iri").trim();
    match portal.try_krav(*kind, &receiver, &owner, iri).await {
        Ok(_) => Redirect::to("/test?sendt=1#sendt").into_response(),
        Err(error) => failed(&f, &error),
    }
}

async fn kvittering(
    State(portal): Known,
    f: Frame,
    RawForm(form): RawForm,
) -> Response {
    let fields = Fields::of(&form);
    let kind = Answer::ALL
        .iter()
        .find(|(name, _)| *name == fields.text("variant"));
    let receiver = fields.text("mottaker").trim().parse::<Orgnr>();
    let (Some((_, kind)), Ok(receiver)) = (kind, receiver) else {
        return bad(&f);
    };
    let given = fields.text("iri").trim();
    let last = match given {
        "" => portal.last_published(receiver.as_str()).await,
        iri => Ok(Some(iri.to_owned())),
    };
    let iri = match last {
        Ok(iri) => iri.unwrap_or_else(|| "https://arkiv.fiktiv.example/id/1".into()),
        Err(error) => return failed(&f, &error),
    };
    match portal.try_kvittering(*kind, &receiver, &iri).await {
        Ok(()) => Redirect::to("/test?sendt=1").into_response(),
        Err(error) => failed(&f, &error),
    }
}

fn bad(f: &Frame) -> Response {
    message(f, StatusCode::BAD_REQUEST, f.w.wrong_title, f.w.test_bad)
}

#[derive(Template)]
#[template(path = "inn.html")]
struct Import<'a> {
    f: &'a Frame,
    i: &'a Came,
    findings: Vec<Value>,
    advice: Vec<Value>,
    /// Number, text, and whether something is wrong there.
    lines: Vec<(usize, String, bool)>,
    navn: &'a str,
}

impl Import<'_> {
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn text<'v>(&self, value: &'v Value, name: &str) -> &'v str {
        value[name].as_str().unwrap_or_default()
    }

    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn number(&self, value: &Value, name: &str) -> u64 {
        value[name].as_u64().unwrap_or_default()
    }
}

async fn import(State(portal): Known, f: Frame, Path(id): Path<i64>) -> Response {
    /// Lines of a file that a page shows.
    const LINES_MAX: usize = 2_000;
    let i = match portal.came(id).await {
        Ok(Some(i)) => i,
        Ok(None) => return not_found(&f),
        Err(error) => return failed(&f, &error),
    };
    let list = |report: &Value, name: &str| {
        report[name].as_array().cloned().unwrap_or_default()
    };
    let (mut findings, mut advice, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(payload) = &i.payload {
        let report = explained(&i.name, payload, in_words(f.language));
        findings = list(&report, "findings");
        advice = list(&report, "advice");
        let wrong: Vec<u64> =
            findings.iter().filter_map(|v| v["line"].as_u64()).collect();
        let text = shown(payload);
        for (number, line) in (1..).zip(text.lines().take(LINES_MAX)) {
            let marked = wrong.contains(&(number as u64));
            lines.push((number, line.to_owned(), marked));
        }
    }
    page(&Import {
        f: &f,
        navn: portal.settings.navn(&i.owner),
        i: &i,
        findings,
        advice,
        lines,
    })
}

fn in_words(language: Language) -> Words {
    match language {
        Language::English => Words::English,
        _ => Words::Bokmaal,
    }
}

/// The report as JSON, as `sendebud validate --format json` prints it.
async fn report(State(portal): Known, f: Frame, Path(id): Path<i64>) -> Response {
    match portal.came(id).await {
        Ok(Some(i)) => {
            let payload = i.payload.unwrap_or_default();
            Json(explained(&i.name, &payload, in_words(f.language))).into_response()
        }
        Ok(None) => not_found(&f),
        Err(error) => failed(&f, &error),
    }
}

/// The file as it came in.
async fn file(State(portal): Known, f: Frame, Path(id): Path<i64>) -> Response {
    match portal.came(id).await {
        Ok(Some(i)) => {
            let headers = [
                (header::CONTENT_TYPE, "application/octet-stream"),
                (header::CONTENT_DISPOSITION, "attachment"),
            ];
            (headers, i.payload.unwrap_or_default()).into_response()
        }
        Ok(None) => not_found(&f),
        Err(error) => failed(&f, &error),
    }
}
