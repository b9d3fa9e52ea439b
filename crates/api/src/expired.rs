//! `/manage/expired`: incoming messages whose levetid ran out, kept for the operator, who
//! may give them back. Not in the Java access point.

use axum::extract::State;
use flow::incoming;
use sbd::WireTime;
use serde::Serialize;
use store::incoming::Expired;

use crate::door::{Here, Id};
use crate::error::Answer;
use crate::negotiate::TakesJson;
use crate::paging::{Order, Paging};
use crate::query::Query;
use crate::reply;

/// GET /manage/expired
pub(crate) async fn list(_: TakesJson, State(here): Here, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let page = incoming::expired(&here.point, paging.ask()).await?;
    Ok(paging.answer(&page.map(|expired| wire(&expired))))
}

/// POST /manage/expired/{messageId}: offer it to the case system after all.
pub(crate) async fn restore(State(here): Here, id: Id) -> Answer {
    incoming::restore(&here.point, &id.message()?).await?;
    Ok(reply::nothing())
}

const ORDER: Order = Order {
    column: store::incoming::column,
    rows: "NextMoveInMessage",
    default: Some(("id", false)),
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    message_id: &'a str,
    conversation_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    process: &'a str,
    sender_identifier: &'a str,
    received: WireTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<WireTime>,
}

fn wire(expired: &Expired) -> String {
    let wire = Wire {
        message_id: &expired.message_id,
        conversation_id: &expired.conversation_id,
        kind: &expired.kind,
        process: &expired.process,
        sender_identifier: &expired.sender_identifier,
        received: WireTime::oslo(expired.received_at),
        expiry: expired.expires_at.map(WireTime::oslo),
    };
    serde_json::to_string(&wire).expect("texts and times only")
}
