//! Requests: which queue, which operation, what comes of it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Front;
use super::answer::{Refusal, message};
use super::head::{Head, Sent};
use crate::engine::{Message, Origin, Settlement};
use crate::sas::decode;
use crate::settings::Right;

const BATCH: &str = "application/vnd.microsoft.servicebus.json";
/// Longest wait that a request may ask for.
const WAIT_TIME_MAX: Duration = Duration::from_secs(240);

pub(super) async fn health() -> Response {
    axum::Json(json!({"status": "healthy", "message": "Service is healthy."}))
        .into_response()
}

/// Prometheus text: how many messages each queue has.
pub(super) async fn metrics(State(front): State<Arc<Front>>) -> String {
    let mut text = String::from("# TYPE sendebud_broker_messages gauge\n");
    for queue in front.engine.queues() {
        let (name, counts) = (queue.name.as_str(), queue.counts);
        let ready = counts.active - counts.locked;
        for (state, number) in [("ready", ready), ("locked", counts.locked)] {
            text += "sendebud_broker_messages";
            text += &format!("{{queue=\"{name}\",state=\"{state}\"}} {number}\n");
        }
    }
    text
}

/// `<entity>/messages[/head | /<id>/<token>]`
pub(super) async fn dispatch(
    State(front): State<Arc<Front>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let Some(path) = decode(&path.replace('+', "%2B")) else {
        return Refusal::bad("the path is no UTF-8").into_response();
    };
    let missing = || Refusal {
        status: StatusCode::NOT_FOUND,
        words: "there is no such operation".into(),
    };
    let path = path.trim_start_matches('/').trim_end_matches('/');
    let Some(at) = path.rfind("/messages") else {
        return missing().into_response();
    };
    let (entity, rest) = (&path[..at], &path[at + "/messages".len()..]);
    let rest: Vec<&str> = rest.split('/').skip(1).collect();
    let query = query.unwrap_or_default();
    let method = request.method().clone();
    let headers = request.headers().clone();
    let done = match (method, rest.as_slice()) {
        (Method::POST, []) => send(&front, entity, request).await,
        (Method::POST, ["head"]) => {
            receive(&front, entity, &query, request, false).await
        }
        (Method::DELETE, ["head"]) => {
            receive(&front, entity, &query, request, true).await
        }
        (Method::DELETE, [id, token]) => {
            settle(
                &front,
                entity,
                id,
                token,
                &headers,
                Some(Settlement::Complete),
            )
            .await
        }
        (Method::PUT, [id, token]) => {
            settle(
                &front,
                entity,
                id,
                token,
                &headers,
                Some(Settlement::Abandon),
            )
            .await
        }
        (Method::POST, [id, token]) => {
            settle(&front, entity, id, token, &headers, None).await
        }
        _ => Err(missing()),
    };
    done.unwrap_or_else(IntoResponse::into_response)
}

fn allow(
    front: &Front,
    headers: &HeaderMap,
    entity: &str,
    right: Right,
) -> Result<(), Refusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok());
    Ok(front.guard.check(token, entity, right, front.clock.now())?)
}

async fn send(
    front: &Front,
    entity: &str,
    request: Request,
) -> Result<Response, Refusal> {
    allow(front, request.headers(), entity, Right::Send)?;
    let headers = request.headers().clone();
    let max = front.engine.message_bytes_max();
    let body = Bytes::from_request(request, &()).await.map_err(|e| {
        let status = e.into_response().status();
        Refusal {
            status,
            words: format!("the body cannot be read, or is over {max}"),
        }
    })?;
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    let messages = if kind.as_ref().is_some_and(|kind| kind == BATCH) {
        batch(&body)?
    } else {
        let (head, sent) = Head::from_headers(&headers).map_err(Refusal::bad)?;
        vec![made(&head, sent, body)]
    };
    front.engine.send(entity, messages).await?;
    let mut answer = StatusCode::CREATED.into_response();
    if let Some(kind) = kind {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(answer)
}

fn made(head: &Head, sent: Sent, body: Bytes) -> Message {
    Message {
        id: sent.id,
        origin: Origin::Rest,
        head: head.to_bytes(),
        body,
        time_to_live: sent.seconds.map(Duration::from_secs_f64),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    body: String,
    #[serde(default)]
    broker_properties: Map<String, Value>,
    #[serde(default)]
    user_properties: Map<String, Value>,
}

fn batch(body: &[u8]) -> Result<Vec<Message>, Refusal> {
    let items: Vec<Item> = serde_json::from_slice(body)
        .map_err(|e| Refusal::bad(format!("the batch is no list of messages: {e}")))?;
    let one = |item: Item| {
        let custom = item.user_properties.into_iter();
        let custom = custom
            .map(|(name, value)| (name, value.to_string()))
            .collect();
        let head = Head {
            content_type: None,
            properties: item.broker_properties,
            custom,
        };
        let (head, sent) = head.sent().map_err(Refusal::bad)?;
        Ok(made(&head, sent, item.body.into()))
    };
    items.into_iter().map(one).collect()
}

/// A long poll: held until a message comes or the wait is over. Whoever hangs up while
/// waiting has taken nothing.
async fn receive(
    front: &Front,
    entity: &str,
    query: &str,
    request: Request,
    for_good: bool,
) -> Result<Response, Refusal> {
    allow(front, request.headers(), entity, Right::Listen)?;
    let wait = wait(query)?.unwrap_or(front.wait).min(WAIT_TIME_MAX);
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|v| v.to_str().ok());
    let host = host.unwrap_or("localhost").to_owned();
    let end = tokio::time::Instant::now() + wait;
    front.engine.reach(entity).await?;
    let arrivals = front.engine.arrivals(entity)?;
    loop {
        let mut told = std::pin::pin!(arrivals.notified());
        told.as_mut().enable();
        let mut taken = if for_good {
            front.engine.take_away(entity, 1).await?
        } else {
            front.engine.take(entity, 1)?
        };
        if let Some(delivery) = taken.pop() {
            let status = if for_good {
                StatusCode::OK
            } else {
                StatusCode::CREATED
            };
            return Ok(message(&delivery, status, &host, entity));
        }
        if tokio::time::timeout_at(end, told).await.is_err() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
}

fn wait(query: &str) -> Result<Option<Duration>, Refusal> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, value)) = pairs.find(|(name, _)| *name == "timeout") else {
        return Ok(None);
    };
    let seconds: u64 = value
        .parse()
        .map_err(|_| Refusal::bad("timeout is no whole number of seconds"))?;
    Ok(Some(Duration::from_secs(seconds)))
}

/// Settle by lock, or renew it when there is nothing to settle.
async fn settle(
    front: &Front,
    entity: &str,
    id: &str,
    token: &str,
    headers: &HeaderMap,
    settlement: Option<Settlement>,
) -> Result<Response, Refusal> {
    allow(front, headers, entity, Right::Listen)?;
    let token: Uuid = token
        .parse()
        .map_err(|_| Refusal::bad(format!("{token:?} is no lock token")))?;
    if id.is_empty() {
        return Err(Refusal::bad("the message id is missing"));
    }
    match settlement {
        Some(settlement) => front.engine.settle(entity, token, settlement).await?,
        None => drop(front.engine.renew(entity, token)?),
    }
    Ok(StatusCode::OK.into_response())
}
