//! The same for programs: JSON in, JSON out.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::frame::Frame;
use super::order::{refusal, status_of};
use super::search::Form;
use crate::archive::{self, Hit};
use crate::error::Refusal;
use crate::order::{Krav, State as Stage};
use crate::{Error, Portal};

type Known = State<Arc<Portal>>;

pub(super) async fn health() -> Json<Value> {
    Json(json!({"status": "UP"}))
}

pub(super) async fn search(
    State(portal): Known,
    f: Frame,
    Query(form): Query<Form>,
) -> Response {
    let wanted = match form.read() {
        Ok(wanted) => wanted,
        Err(date) => {
            let words = pages::fill(f.w.filter_bad_date, &[("dato", &date)]);
            return refused(StatusCode::BAD_REQUEST, "dato", &words);
        }
    };
    match archive::search(&portal.db, &wanted, portal.named_after()).await {
        Ok(found) => Json(json!({
            "antall": found.count,
            "flere": found.more,
            "side": wanted.page,
            "treff": found.hits.iter().map(shown).collect::<Vec<_>>(),
        }))
        .into_response(),
        Err(error) => failed(&f, &error),
    }
}

fn shown(hit: &Hit) -> Value {
    json!({
        "eier": hit.owner,
        "side": format!("/dokument/{}", hit.id),
        "registrering": {
            "iri": hit.iri,
            "type": hit.kind,
            "tittel": hit.tittel,
            "dato": hit.dato,
            "saksnr": hit.case_number(),
            "dokumentnr": hit.nummer,
            "mappe": hit.mappe_tittel,
            "unntatt": hit.withheld,
        },
    })
}

#[derive(Deserialize)]
pub(super) struct Bestilling {
    dokumenter: Vec<String>,
    epost: String,
}

/// Orders by IRI. Nothing is sent before the link in the mail has been followed.
pub(super) async fn order(
    State(portal): Known,
    f: Frame,
    body: Result<Json<Bestilling>, JsonRejection>,
) -> Response {
    let Json(wanted) = match body {
        Ok(wanted) => wanted,
        Err(error) => return refused(error.status(), "json", &error.body_text()),
    };
    let ordered = async {
        let mut ids = Vec::new();
        for iri in &wanted.dokumenter {
            let id = archive::number_of(&portal.db, iri).await?;
            ids.push(id.ok_or(Error::Order(Refusal::Gone))?);
        }
        ids.sort_unstable();
        ids.dedup();
        portal.order(&ids, &wanted.epost, f.language).await
    };
    match ordered.await {
        Ok(taken) => {
            let mut answer = json!({"id": taken.id, "bekreftet": false});
            if let Some(link) = taken.link {
                answer["bekreft"] = json!(link);
            }
            Json(answer).into_response()
        }
        Err(Error::Order(why)) => {
            let name = match why {
                Refusal::Unverified | Refusal::TooMany => "tooManyUnverifiedOrders",
                _ => "badRequest",
            };
            refused(status_of(why), name, refusal(f.w, why))
        }
        Err(error) => failed(&f, &error),
    }
}

pub(super) async fn follow(
    State(portal): Known,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    match portal.followed(&id).await {
        Ok(Some(found)) => Json(json!({
            "id": found.id,
            "bekreftet": found.verified,
            "innsynskrav": found.krav.iter().map(state).collect::<Vec<_>>(),
        }))
        .into_response(),
        Ok(None) => refused(StatusCode::NOT_FOUND, "notFound", f.w.not_found),
        Err(error) => failed(&f, &error),
    }
}

fn state(krav: &Krav) -> Value {
    let lines: Vec<&String> = krav.statuses.iter().map(|(status, ..)| status).collect();
    let state = match krav.state {
        Stage::Unverified => "ubekreftet",
        Stage::Waiting => "venter",
        Stage::Hindered => "hindret",
        Stage::Sent => "sendt",
        Stage::NotFetched => "ikkeHentet",
        Stage::Arrived => "mottatt",
        Stage::NotTaken => "ikkeTattInn",
        Stage::Delivered => "levert",
        Stage::Expired => "utloept",
        Stage::Failed => "feilet",
    };
    json!({
        "orgnr": krav.owner,
        "mottaker": krav.receiver,
        "messageId": krav.message_id,
        "tilstand": state,
        "statuser": lines,
    })
}

fn refused(status: StatusCode, name: &str, words: &str) -> Response {
    (status, Json(json!({"type": name, "feil": words}))).into_response()
}

fn failed(f: &Frame, error: &Error) -> Response {
    tracing::error!(%error, "a request failed");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    refused(status, "internalServerError", f.w.wrong_ours)
}
