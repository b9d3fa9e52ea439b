//! Requests of administration: which queue, what of it, and what comes of it.

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::description::read;
use super::feed::Place;
use crate::Error;
use crate::queue::{QueueName, QueueSettings};
use crate::rest::{Front, Refusal};
use crate::sas::decode;
use crate::settings::Right;

/// Queues in a page when the client does not say; Azure gives no more at once.
const PAGE: usize = 100;

/// What a client asks.
pub(crate) struct Asked<'a> {
    pub(crate) method: Method,
    /// Decoded, without the slash in front.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// `http`, or `https`.
    pub(crate) scheme: &'a str,
    pub(crate) body: &'a [u8],
}

/// Carry it out. Everything here takes the right to manage.
pub(crate) async fn answer(
    front: &Front,
    asked: &Asked<'_>,
) -> Result<Response, Refusal> {
    let header = |name| asked.headers.get(name).and_then(|v| v.to_str().ok());
    let token = header(header::AUTHORIZATION);
    let now = front.clock.now();
    front.guard.check(token, asked.path, Right::Manage, now)?;
    let place = Place {
        scheme: asked.scheme,
        host: header(header::HOST).unwrap_or("localhost"),
        now,
        message_bytes_max: front.engine.queue_bytes_max(),
    };
    let path = asked.path.to_ascii_lowercase();
    match (&asked.method, path.as_str()) {
        (&Method::GET, "$namespaceinfo") => Ok(namespace(front, &place)),
        (&Method::GET, "$resources/queues") => list(front, &place, asked.query),
        // There are none, and asking does no harm.
        (&Method::GET, "$resources/topics") => {
            Ok(feed(place.feed("Topics", &[], None)))
        }
        (&Method::GET, _) => Ok(show(front, &place, asked.path)),
        (&Method::PUT, _) => put(front, &place, asked).await,
        (&Method::DELETE, _) => delete(front, asked.path).await,
        _ => Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "no such operation")),
    }
}

fn namespace(front: &Front, place: &Place<'_>) -> Response {
    let queues = front.engine.queues();
    let oldest = queues.iter().map(|queue| queue.created_at).min();
    entry(StatusCode::OK, place.namespace(oldest.unwrap_or(place.now)))
}

fn list(front: &Front, place: &Place<'_>, query: &str) -> Result<Response, Refusal> {
    let skip = number(query, "$skip")?.unwrap_or(0);
    let top = number(query, "$top")?.unwrap_or(PAGE).clamp(1, PAGE);
    let queues = front.engine.queues();
    let after = queues.iter().skip(skip).take(top).cloned();
    let page: Vec<_> = after.collect();
    let more = skip + page.len() < queues.len();
    let next = format!("$Resources/Queues?$skip={}&$top={top}", skip + page.len());
    let next = more.then_some(next.as_str());
    Ok(feed(place.feed("Queues", &page, next)))
}

/// A field of a query that is a number.
fn number(query: &str, name: &str) -> Result<Option<usize>, Refusal> {
    for pair in query.split('&') {
        let (field, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode(field).as_deref() != Some(name) {
            continue;
        }
        let number = decode(value).and_then(|value| value.parse().ok());
        let wrong = || Refusal::bad(format!("{name} is no number"));
        return number.map(Some).ok_or_else(wrong);
    }
    Ok(None)
}

/// What is missing is an empty feed: from that the clients tell that it is not there.
fn show(front: &Front, place: &Place<'_>, path: &str) -> Response {
    let name: Result<QueueName, Error> = path.parse();
    match name.and_then(|name| front.engine.queue(&name)) {
        Ok(queue) => entry(StatusCode::OK, place.queue(&queue)),
        Err(_) => feed(place.feed("Publicly Listed Services", &[], None)),
    }
}

async fn put(
    front: &Front,
    place: &Place<'_>,
    asked: &Asked<'_>,
) -> Result<Response, Refusal> {
    let body = std::str::from_utf8(asked.body);
    let body = body.map_err(|_| Refusal::bad("the body is no UTF-8"))?;
    let body = body.trim_start_matches('\u{feff}');
    let engine = &front.engine;
    if asked.headers.contains_key(header::IF_MATCH) {
        let name: QueueName = asked.path.parse().map_err(refused)?;
        let before = engine.queue(&name).map_err(refused)?.settings;
        let after = read(body, before.clone()).map_err(refused)?;
        kept(&before, &after)?;
        let queue = engine.update(&name, after).await.map_err(refused)?;
        return Ok(entry(StatusCode::OK, place.queue(&queue)));
    }
    // What is asked for comes before its name: a topic is refused as one.
    let settings = read(body, QueueSettings::default()).map_err(refused)?;
    let name: QueueName = asked.path.parse().map_err(refused)?;
    let queue = engine.create(&name, settings).await.map_err(refused)?;
    Ok(entry(StatusCode::CREATED, place.queue(&queue)))
}

/// Refuse to change what Azure lets nobody change once the queue is made.
fn kept(before: &QueueSettings, after: &QueueSettings) -> Result<(), Refusal> {
    for name in ["RequiresDuplicateDetection", "EnablePartitioning"] {
        if before.get(name) != after.get(name) {
            return Err(Refusal::bad(format!(
                "SubCode=40000. {name} of a queue that exists cannot be changed: \
                 delete the queue and make it again"
            )));
        }
    }
    Ok(())
}

async fn delete(front: &Front, path: &str) -> Result<Response, Refusal> {
    let name: QueueName = path.parse().map_err(refused)?;
    front.engine.delete(&name).await.map_err(refused)?;
    Ok(StatusCode::OK.into_response())
}

/// As administration has it: what is missing is 404 here, not 410 as for messages.
fn refused(error: Error) -> Refusal {
    let words = error.to_string();
    match &error {
        Error::NoQueue(_) => refusal(
            StatusCode::NOT_FOUND,
            &format!("SubCode=40400. Not Found. {words}"),
        ),
        Error::Exists(_) => refusal(
            StatusCode::CONFLICT,
            &format!("SubCode=40900. Conflict. {words}"),
        ),
        Error::Name { .. } | Error::Setting { .. } | Error::UnknownSetting(_) => {
            Refusal::bad(format!("SubCode=40000. Bad Request. {words}"))
        }
        _ => Refusal::from(error),
    }
}

fn refusal(status: StatusCode, words: &str) -> Refusal {
    let words = words.to_owned();
    Refusal { status, words }
}

fn entry(status: StatusCode, xml: String) -> Response {
    let kind = "application/atom+xml;type=entry;charset=utf-8";
    (status, [(header::CONTENT_TYPE, kind)], xml).into_response()
}

fn feed(xml: String) -> Response {
    let kind = "application/atom+xml;type=feed;charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], xml).into_response()
}
