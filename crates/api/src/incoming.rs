//! `/api/messages/in`: list, peek, pop, delete.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;
use flow::incoming::{self, Peeked, Popped};
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
    if method == Method::HEAD {
        let found = incoming::look(&here.point, ask).await?;
        return Ok(found.map_or_else(reply::empty_queue, reply::json));
    }
    let Some(Peeked { sbd, token }) = incoming::peek(&here.point, ask).await? else {
        return Ok(reply::empty_queue());
    };
    let mut response = reply::json(sbd);
    if let Ok(token) = HeaderValue::from_str(&token) {
        response.headers_mut().insert(LOCK, token);
    }
    Ok(response)
}

/// Names the lock of a peek. A caller that sends it back with pop and delete is sure
/// that the message is still its own; one that does not is served as ever.
const LOCK: &str = "sendebud-lock";

fn token(headers: &HeaderMap) -> Option<&str> {
    // What is not text is the token of no lock.
    headers.get(LOCK).map(|value| value.to_str().unwrap_or(""))
}

/// GET /api/messages/in/pop/{messageId}
pub(crate) async fn pop(State(here): Here, id: Id, headers: HeaderMap) -> Answer {
    const ASIC: HeaderValue =
        HeaderValue::from_static("application/vnd.etsi.asic-e+zip");
    const FILE: HeaderValue = HeaderValue::from_static("attachment; filename=asic.zip");
    let popped = incoming::pop(&here.point, &id.message()?, token(&headers)).await?;
    Ok(match popped {
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
pub(crate) async fn remove(
    _: TakesJson,
    State(here): Here,
    id: Id,
    headers: HeaderMap,
) -> Answer {
    let id = id.message()?;
    let removed = incoming::remove(&here.point, &id, token(&headers)).await?;
    Ok(reply::json(removed.to_json()))
}

fn filtered(ask: Ask, query: &Query) -> Result<Ask, Refusal> {
    let ask = filter::equal(ask, query, ORDER.column, &filter::MESSAGE);
    // The Java access point knows the second name on the way out alone.
    let processes = ["process", "processIdentifier"];
    let ask = filter::equal(ask, query, ORDER.column, &processes);
    let service = query.bound("serviceIdentifier");
    filter::service(ask, service.as_deref(), &label::ENUM_CONSTANT)
}

const ORDER: Order = Order {
    column: store::incoming::column,
    rows: "NextMoveInMessage",
    default: None,
};
