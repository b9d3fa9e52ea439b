//! `/manage/quarantine`: deliveries that could not be read, kept for the operator where the
//! message service has no place for them. Not in the Java access point.

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow::incoming;
use sbd::WireTime;
use serde::Serialize;
use store::quarantine::Quarantined;

use crate::door::{Here, Id};
use crate::error::Answer;
use crate::negotiate::TakesJson;
use crate::paging::{Order, Paging};
use crate::query::Query;
use crate::refusal::{Refusal, text};
use crate::{label, reply};

/// GET /manage/quarantine
pub(crate) async fn list(_: TakesJson, State(here): Here, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let page = incoming::quarantined(&here.point, paging.ask()).await?;
    Ok(paging.answer(&page.map(|kept| wire(&kept, None))))
}

/// GET /manage/quarantine/{id}: with the bytes as they came.
pub(crate) async fn find(_: TakesJson, State(here): Here, id: Id) -> Answer {
    let id = id.number()?;
    let found = incoming::unread(&here.point, id).await?;
    let (kept, bytes) = found.ok_or_else(|| unknown(id))?;
    Ok(reply::json(wire(&kept, Some(&bytes))))
}

/// DELETE /manage/quarantine/{id}: throw it away.
pub(crate) async fn remove(State(here): Here, id: Id) -> Answer {
    let id = id.number()?;
    match incoming::throw_away(&here.point, id).await? {
        true => Ok(reply::nothing()),
        false => Err(unknown(id)),
    }
}

fn unknown(id: i64) -> Refusal {
    let path = format!("manage/quarantine/{id}");
    Refusal::with(&label::NO_RESOURCE, [text(path)])
}

const ORDER: Order = Order {
    column: store::quarantine::column,
    rows: "Quarantined",
    default: Some(("id", false)),
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    id: i64,
    reason: &'a str,
    description: &'a str,
    received: WireTime,
    /// In Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

fn wire(kept: &Quarantined, bytes: Option<&[u8]>) -> String {
    let wire = Wire {
        id: kept.id,
        reason: &kept.reason,
        description: &kept.description,
        received: WireTime::oslo(kept.at),
        content: bytes.map(|bytes| STANDARD.encode(bytes)),
    };
    serde_json::to_string(&wire).expect("texts and a number only")
}
