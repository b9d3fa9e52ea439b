//! `/api/messages/in`: list, peek, pop, delete.

use axum::extract::State;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use flow::incoming::{self, Popped};
use store::page::Ask;

use crate::door::{Here, Id};
use crate::error::Answer;
use crate::filter;
use crate::negotiate::TakesJson;
use crate::paging::{Order, Paging};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::{label, reply};

/// GET /api/messages/in
pub(crate) async fn list(_: TakesJson, State(here): Here, query: Query) -> Answer {
    let paging = Paging::read(&query, &ORDER)?;
    let ask = filtered(paging.ask(), &query)?;
    Ok(paging.answer(&incoming::list(&here.point, ask).await?))
}

/// GET /api/messages/in/peek. HEAD looks and locks nothing: a safe method has no
/// effects (RFC 9110 §9.2.1).
pub(crate) async fn peek(
    _: TakesJson,
    State(here): Here,
    query: Query,
    method: Method,
) -> Answer {
    let ask = filtered(Ask::all(1), &query)?;
    let found = if method == Method::HEAD {
        incoming::look(&here.point, ask).await?
    } else {
        incoming::peek(&here.point, ask).await?
    };
    Ok(found.map_or_else(reply::empty_queue, reply::json))
}

/// GET /api/messages/in/pop/{messageId}
pub(crate) async fn pop(State(here): Here, id: Id) -> Answer {
    const ASIC: HeaderValue =
        HeaderValue::from_static("application/vnd.etsi.asic-e+zip");
    const FILE: HeaderValue = HeaderValue::from_static("attachment; filename=asic.zip");
    Ok(match incoming::pop(&here.point, &id.message()?).await? {
        Popped::Nothing => StatusCode::NO_CONTENT.into_response(),
        Popped::Package { asice, verdict } => {
            let headers = [
                (header::CONTENT_TYPE, ASIC),
                (header::CONTENT_DISPOSITION, FILE),
            ];
            let mut response = (headers, asice).into_response();
            if let Ok(verdict) = HeaderValue::from_str(&verdict) {
                response.headers_mut().insert("sendebud-signature", verdict);
            }
            response
        }
    })
}

/// DELETE /api/messages/in/{messageId}
pub(crate) async fn remove(_: TakesJson, State(here): Here, id: Id) -> Answer {
    let removed = incoming::remove(&here.point, &id.message()?).await?;
    Ok(reply::json(removed.to_json()))
}

fn filtered(ask: Ask, query: &Query) -> Result<Ask, Refusal> {
    let ask =
        filter::message(ask, query, ORDER.column, &["process", "processIdentifier"]);
    filter::service(ask, query, &label::ENUM_CONSTANT)
}

const ORDER: Order = Order {
    column: store::incoming::column,
    rows: "NextMoveInMessage",
    default: None,
};
