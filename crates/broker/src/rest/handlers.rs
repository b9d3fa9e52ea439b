//! Requests: which queue, which operation, what comes of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use amqp::message;
use axum::body::Bytes;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Front;
use super::answer::{Refusal, delivered, percent};
use super::headers::{self, Spelling};
use super::intake;
use super::run::Secure;
use super::tap::Lent;
use super::told::{Told, value};
use crate::Error;
use crate::admin::{self, Asked};
use crate::azure::Imposed;
use crate::engine::{Delivery, Message, Settlement};
use crate::sas::decode;
use crate::settings::Right;

const BATCH: &str = "application/vnd.microsoft.servicebus.json";
/// The largest entry of administration.
const ENTRY_BYTES_MAX: usize = 1024 * 1024;
/// Longest wait that a request may ask for.
const WAIT_TIME_MAX: Duration = Duration::from_secs(240);

/// `<entity>/messages[/head | /<id>/<token>]`
pub(super) async fn dispatch(
    State(front): State<Arc<Front>>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let missing = || Refusal {
        status: StatusCode::NOT_FOUND,
        words: "there is no such operation".into(),
    };
    // Taken apart before it is decoded: an id may have slashes in it.
    let path = request.uri().path().trim_matches('/').replace('+', "%2B");
    let query = query.unwrap_or_default();
    let unreadable = || Refusal::bad("the path is no UTF-8").into_response();
    let Some(at) = path.rfind("/messages") else {
        let Some(path) = decode(&path) else {
            return unreadable();
        };
        let done = administer(&front, &path, &query, request).await;
        return done.unwrap_or_else(IntoResponse::into_response);
    };
    let rest = path[at + "/messages".len()..]
        .split('/')
        .skip(1)
        .map(decode);
    let (entity, rest) = (decode(&path[..at]), rest.collect::<Option<Vec<_>>>());
    let Some((entity, rest)) = entity.zip(rest) else {
        return unreadable();
    };
    let entity = entity.as_str();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
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
                Some(Settlement::Abandon(Bytes::new())),
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

/// What is not about messages is about queues.
async fn administer(
    front: &Front,
    path: &str,
    query: &str,
    request: Request,
) -> Result<Response, Refusal> {
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let scheme = scheme(&request);
    let body = axum::body::to_bytes(request.into_body(), ENTRY_BYTES_MAX).await;
    let asked = Asked {
        method,
        path,
        query,
        headers: &headers,
        scheme,
        body: &body.map_err(|e| too_large(&e, ENTRY_BYTES_MAX))?,
    };
    admin::answer(front, &asked).await
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
    let place = front.engine.reach(entity).await?;
    front.charge()?;
    let headers = request.headers().clone();
    let spelling = request.extensions().get::<Spelling>().cloned();
    let max = front.largest(front.engine.largest(place)?);
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    let messages = if kind.as_ref().is_some_and(|kind| kind == BATCH) {
        let body = axum::body::to_bytes(request.into_body(), max).await;
        batch(front, &body.map_err(|e| too_large(&e, max))?)?
    } else {
        let told = headers::told(&headers, &spelling.unwrap_or_default());
        let told = told.map_err(Refusal::bad)?;
        let taken = intake::take(front, request.into_body(), max).await?;
        vec![taken.message(told, front.id()).map_err(Refusal::bad)?]
    };
    if front.imposed.is_some() {
        messages.iter().try_for_each(Imposed::fits)?;
    }
    front.engine.send(place, messages).await?;
    let mut answer = StatusCode::CREATED.into_response();
    if let Some(kind) = kind {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(answer)
}

fn too_large(error: &axum::Error, max: usize) -> Refusal {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if cause.is::<http_body_util::LengthLimitError>() {
            return Refusal {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                words: format!("the body is over {max} bytes"),
            };
        }
        source = cause.source();
    }
    Refusal::bad(format!("the body cannot be read: {error}"))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    body: String,
    #[serde(default)]
    broker_properties: Map<String, Value>,
    #[serde(default)]
    user_properties: Map<String, Value>,
    /// Whatever else there is: of interest is only whether the body is base64, of which
    /// we know how the name begins (servicebus §1.1).
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Item {
    fn body(&self) -> Result<Vec<u8>, Refusal> {
        let mut others = self.others.iter();
        let encoded = others.any(|(name, value)| {
            name.starts_with("IsBodyBase64") && *value == Value::Bool(true)
        });
        if !encoded {
            return Ok(self.body.as_bytes().to_vec());
        }
        let decoded = STANDARD.decode(&self.body);
        decoded.map_err(|e| Refusal::bad(format!("a body is no base64: {e}")))
    }
}

fn batch(front: &Front, body: &[u8]) -> Result<Vec<Message>, Refusal> {
    let items: Vec<Item> = serde_json::from_slice(body)
        .map_err(|e| Refusal::bad(format!("the batch is no list of messages: {e}")))?;
    let one = |item: Item| {
        let body = item.body()?;
        let custom = item.user_properties.into_iter();
        let told = Told {
            content_type: None,
            properties: item.broker_properties,
            custom: custom.map(|(name, json)| (name, value(json))).collect(),
        };
        let message = told.message(front.id(), |out| message::data(out, &body));
        message.map_err(Refusal::bad)
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
    let base = base(&request, entity);
    let place = front.engine.reach(entity).await?;
    front.charge()?;
    let mut receiver = front.engine.receiver(place);
    let taken = tokio::time::timeout(wait, receiver.take(1)).await;
    let Some(delivery) = taken.unwrap_or(Ok(Vec::new()))?.pop() else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let Some(lock) = delivery.lock else {
        return Err(Refusal::from(Error::LockLost));
    };
    // Whoever hangs up before the answer has left gives the message back.
    let lent = Lent::new(receiver, lock);
    if !for_good {
        let mut answer = delivered(front, &delivery, StatusCode::CREATED, &base)?;
        answer
            .extensions_mut()
            .insert(Arc::new(Mutex::new(Some(lent))));
        return Ok(answer);
    }
    let gone = Delivery {
        lock: None,
        ..delivery
    };
    let answer = delivered(front, &gone, StatusCode::OK, &base)?;
    let done = Settlement::Complete;
    front.engine.settle(place, lock.token, done).await?;
    drop(lent);
    Ok(answer)
}

/// How the client reached us.
fn scheme(request: &Request) -> &'static str {
    let secure = request.extensions().get::<Secure>().is_some_and(|s| s.0);
    if secure { "https" } else { "http" }
}

/// The address under which the client reached the queue's messages.
fn base(request: &Request, entity: &str) -> String {
    let scheme = scheme(request);
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|v| v.to_str().ok()).unwrap_or("localhost");
    let entity: Vec<String> = entity.split('/').map(percent).collect();
    format!("{scheme}://{host}/{}/messages", entity.join("/"))
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
    let place = front.engine.find(entity)?;
    front.engine.check_lock(place, token, id)?;
    match settlement {
        Some(settlement) => front.engine.settle(place, token, settlement).await?,
        None => drop(front.engine.renew(place, token)?),
    }
    Ok(StatusCode::OK.into_response())
}
