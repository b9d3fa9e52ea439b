//! Pages of a document, a case, a meeting, a month of meetings, and a body.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::frame::Frame;
use super::{failed, message, not_found, page};
use crate::archive::{self, Agenda, Case, Full, Meeting, Newest};
use crate::settings::Enhet;
use crate::{Error, Portal};

type Known = State<Arc<Portal>>;

#[derive(Deserialize)]
pub(super) struct Iri {
    iri: String,
}

/// By the IRI that the body gave it; says so when it was withdrawn.
pub(super) async fn by_iri(
    State(portal): Known,
    f: Frame,
    Query(which): Query<Iri>,
) -> Response {
    let found = async {
        if let Some(id) = archive::number_of(&portal.db, &which.iri).await? {
            return Ok(Redirect::to(&format!("/dokument/{id}")).into_response());
        }
        let last = archive::event_of(&portal.db, &which.iri).await?;
        Ok::<_, Error>(match last {
            Some((at, what)) if what == "withdrawn" => {
                let words = f.n(f.w.withdrawn_lead, f.moment(&at));
                message(&f, StatusCode::GONE, f.w.withdrawn_title, &words)
            }
            _ => not_found(&f),
        })
    };
    found.await.unwrap_or_else(|error| failed(&f, &error))
}

#[derive(Template)]
#[template(path = "dokument.html")]
struct Document<'a> {
    f: &'a Frame,
    d: &'a Full,
    navn: &'a str,
    related: Option<i64>,
    takes_orders: bool,
}

pub(super) async fn document(
    State(portal): Known,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let found = async {
        let Some(d) = archive::full(&portal.db, number(&id)).await? else {
            return Ok(not_found(&f));
        };
        let related = match &d.referanse {
            Some(iri) => archive::number_of(&portal.db, iri).await?,
            None => None,
        };
        Ok::<_, Error>(page(&Document {
            f: &f,
            navn: portal.settings.navn(&d.hit.owner),
            takes_orders: portal.settings.enhet(&d.hit.owner).is_some(),
            d: &d,
            related,
        }))
    };
    found.await.unwrap_or_else(|error| failed(&f, &error))
}

#[derive(Template)]
#[template(path = "sak.html")]
struct CasePage<'a> {
    f: &'a Frame,
    c: &'a Case,
    navn: &'a str,
}

pub(super) async fn case(
    State(portal): Known,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    match archive::case(&portal.db, number(&id)).await {
        Ok(Some(c)) => page(&CasePage {
            f: &f,
            navn: portal.settings.navn(&c.owner),
            c: &c,
        }),
        Ok(None) => not_found(&f),
        Err(error) => failed(&f, &error),
    }
}

#[derive(Template)]
#[template(path = "moete.html")]
struct MeetingPage<'a> {
    f: &'a Frame,
    a: &'a Agenda,
    navn: &'a str,
}

pub(super) async fn meeting(
    State(portal): Known,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    match archive::agenda(&portal.db, number(&id)).await {
        Ok(Some(a)) => page(&MeetingPage {
            f: &f,
            navn: portal.settings.navn(&a.meeting.owner),
            a: &a,
        }),
        Ok(None) => not_found(&f),
        Err(error) => failed(&f, &error),
    }
}

#[derive(Deserialize)]
pub(super) struct Month {
    #[serde(default)]
    maaned: String,
    #[serde(default)]
    virksomhet: String,
}

#[derive(Template)]
#[template(path = "kalender.html")]
struct Calendar<'a> {
    f: &'a Frame,
    /// Days with their meetings.
    days: Vec<(String, Vec<Meeting>)>,
    title: String,
    month: String,
    previous: String,
    next: String,
    enheter: &'a [Enhet],
    virksomhet: &'a str,
    portal: &'a Portal,
}

impl Calendar<'_> {
    fn navn<'s>(&'s self, meeting: &'s Meeting) -> &'s str {
        self.portal.settings.navn(&meeting.owner)
    }

    fn is_body(&self, enhet: &Enhet) -> bool {
        self.virksomhet == enhet.orgnr.as_str()
    }
}

pub(super) async fn calendar(
    State(portal): Known,
    f: Frame,
    Query(asked): Query<Month>,
) -> Response {
    let first = format!("{}-01", asked.maaned).parse::<Date>();
    let first = first.unwrap_or_else(|_| portal.today().first_of_month());
    let shown = |date: Date| date.strftime("%Y-%m").to_string();
    let owner = Some(asked.virksomhet.as_str()).filter(|orgnr| !orgnr.is_empty());
    let (from, to) = (first.to_string(), first.last_of_month().to_string());
    let meetings = match archive::meetings(&portal.db, &from, &to, owner).await {
        Ok(meetings) => meetings,
        Err(error) => return failed(&f, &error),
    };
    let mut days: Vec<(String, Vec<Meeting>)> = Vec::new();
    for meeting in meetings {
        let day = meeting.dato.clone().unwrap_or_default();
        match days.last_mut() {
            Some((known, list)) if *known == day => list.push(meeting),
            _ => days.push((day, vec![meeting])),
        }
    }
    let before = first.yesterday().unwrap_or(first);
    let after = first.last_of_month().tomorrow().unwrap_or(first);
    page(&Calendar {
        title: format!("{} {}", f.language.month(first.month()), first.year()),
        month: shown(first),
        previous: f.with(&[("maaned", &shown(before))]),
        next: f.with(&[("maaned", &shown(after))]),
        f: &f,
        days,
        enheter: &portal.settings.enheter,
        virksomhet: &asked.virksomhet,
        portal: &portal,
    })
}

#[derive(Template)]
#[template(path = "virksomheter.html")]
struct Bodies<'a> {
    f: &'a Frame,
    enheter: &'a [Enhet],
}

pub(super) async fn bodies(State(portal): Known, f: Frame) -> Response {
    page(&Bodies {
        f: &f,
        enheter: &portal.settings.enheter,
    })
}

#[derive(Template)]
#[template(path = "virksomhet.html")]
struct Body<'a> {
    f: &'a Frame,
    orgnr: &'a str,
    navn: &'a str,
    enhet: Option<&'a Enhet>,
    handled_by: Option<&'a str>,
    b: &'a Newest,
}

pub(super) async fn body(
    State(portal): Known,
    f: Frame,
    Path(orgnr): Path<String>,
) -> Response {
    let today = portal.today().to_string();
    let b = match archive::body(&portal.db, &orgnr, &today).await {
        Ok(b) => b,
        Err(error) => return failed(&f, &error),
    };
    let enhet = portal.settings.enhet(&orgnr);
    if enhet.is_none() && b.counts.is_empty() {
        return not_found(&f);
    }
    let handled_by = enhet.and_then(|enhet| enhet.handteres_av.as_ref());
    page(&Body {
        f: &f,
        orgnr: &orgnr,
        navn: portal.settings.navn(&orgnr),
        enhet,
        handled_by: handled_by.map(|orgnr| portal.settings.navn(orgnr.as_str())),
        b: &b,
    })
}

/// A number that no page has where it cannot be read.
fn number(text: &str) -> i64 {
    text.parse().unwrap_or(-1)
}
