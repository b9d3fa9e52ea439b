//! A queue's `$management`: locks renewed, messages looked at, scheduled, taken by
//! number, settled by token (servicebus §2.6). What we do not do is answered 501, and
//! the link lives on.

use std::sync::Arc;

use amqp::{SessionId, Value, condition};
use bytes::Bytes;
use uuid::Uuid;

use super::compose::{compose, encoded};
use super::peer::{Done, Peer};
use super::request::{Reply, Request, Service};
use crate::Error;
use crate::engine::{Delivery, Engine, Message, Place, Reading, Settlement};
use crate::settings::Right;

/// Messages shown in one answer, and the bytes after which no more are added.
const PEEKED_MAX: usize = 250;
const PEEKED_BYTES_MAX: u64 = 1024 * 1024;
/// Locks, numbers or messages in one request.
const ITEMS_MAX: usize = 5000;

type Answered = Result<Reply, Reply>;

impl Peer {
    pub(super) fn manage(&mut self, session: SessionId, request: Request) {
        let Service::Management(queue, place) = request.service.clone() else {
            return;
        };
        let right = match request.operation() {
            "com.microsoft:schedule-message"
            | "com.microsoft:cancel-scheduled-message" => Right::Send,
            _ => Right::Listen,
        };
        if !self.allows(&queue, right) {
            let words = "no token that was shown allows this";
            let reply = Reply::refused(401, condition::UNAUTHORIZED, words);
            return self.answer(session, request.reply(&reply));
        }
        let engine = self.front.engine.clone();
        let body = &request.body;
        let reply = match request.operation() {
            "com.microsoft:renew-lock" => renew(&engine, place, body),
            "com.microsoft:peek-message" => peek(&engine, place, body),
            "com.microsoft:schedule-message" => match self.scheduled(body) {
                Ok(messages) => {
                    return self.later(session, request, async move |_| {
                        schedule(&engine, place, messages).await
                    });
                }
                Err(reply) => Err(reply),
            },
            "com.microsoft:cancel-scheduled-message" => {
                return self.later(session, request, async move |request| {
                    let numbers = numbers(&request.body)?;
                    engine.cancel(place, &numbers).await.map_err(failed)?;
                    Ok(Reply::done(200, Value::Null))
                });
            }
            "com.microsoft:receive-by-sequence-number" => {
                return self.later(session, request, async move |request| {
                    receive(&engine, place, &request.body).await
                });
            }
            "com.microsoft:update-disposition" => {
                return self.later(session, request, async move |request| {
                    update(&engine, place, &request.body).await
                });
            }
            other => Err(not_implemented(other)),
        };
        let reply = reply.unwrap_or_else(|refused| refused);
        self.answer(session, request.reply(&reply));
    }

    /// Answer when it is done.
    fn later<F>(
        &mut self,
        session: SessionId,
        request: Request,
        work: impl FnOnce(Arc<Request>) -> F + Send + 'static,
    ) where
        F: Future<Output = Answered> + Send,
    {
        let (bytes, request) = (request.bytes, Arc::new(request));
        self.under_way += bytes;
        self.begin(Box::pin(async move {
            let reply = work(Arc::clone(&request)).await;
            let reply = reply.unwrap_or_else(|refused| refused);
            Done::Answer(session, request.reply(&reply), bytes)
        }));
    }

    /// The messages of a request to schedule them.
    fn scheduled(&self, body: &Value) -> Result<Vec<Message>, Reply> {
        let items = items(body, "messages")?;
        let one = |item: &Value| match item.field("message") {
            Some(Value::Binary(bytes)) => self.message(bytes).map_err(|e| {
                Reply::refused(400, condition::ARGUMENT_ERROR, e.to_string())
            }),
            _ => Err(malformed("messages")),
        };
        items.iter().map(one).collect()
    }
}

async fn schedule(engine: &Engine, place: Place, messages: Vec<Message>) -> Answered {
    let sent = engine.send(place, messages).await.map_err(failed)?;
    let long = |number: u64| Value::Long(i64::try_from(number).unwrap_or(i64::MAX));
    let numbers = Value::Array(sent.into_iter().map(long).collect());
    Ok(Reply::done(200, map([("sequence-numbers", numbers)])))
}

fn renew(engine: &Engine, place: Place, body: &Value) -> Answered {
    let mut ends = Vec::new();
    for token in tokens(body)? {
        let until = engine.renew(place, token).map_err(failed)?;
        ends.push(Value::Timestamp(until / 1000));
    }
    let ends = Value::Array(ends);
    Ok(Reply::done(200, map([("expirations", ends)])))
}

fn peek(engine: &Engine, place: Place, body: &Value) -> Answered {
    let number = |name| body.field(name).and_then(Value::integer);
    let from = number("from-sequence-number").unwrap_or(0);
    let count = number("message-count").unwrap_or(1);
    let count = usize::try_from(count).unwrap_or(0).min(PEEKED_MAX);
    let from = u64::try_from(from).unwrap_or(0);
    let seen = engine.peek(place, from, count, PEEKED_BYTES_MAX);
    let seen = seen.map_err(failed)?;
    if seen.is_empty() {
        return Ok(Reply {
            words: "No messages".into(),
            ..Reply::done(204, Value::Null)
        });
    }
    let one = |seen: &Delivery| Ok(map([("message", whole(engine, seen, None)?)]));
    let messages = seen.iter().map(one).collect::<Result<_, Reply>>();
    let messages = Value::List(messages?);
    Ok(Reply::done(200, map([("messages", messages)])))
}

/// Take what was put off. Java and Go read the token from different places.
async fn receive(engine: &Engine, place: Place, body: &Value) -> Answered {
    let mode = body.field("receiver-settle-mode").and_then(Value::integer);
    let numbers = numbers(body)?;
    let taken = engine.take_deferred(place, &numbers).await;
    let taken = taken.map_err(failed)?;
    let mut messages = Vec::with_capacity(taken.len());
    for delivery in taken {
        let Some(lock) = delivery.lock else { continue };
        let token = Value::Uuid(*lock.token.as_bytes());
        let message = whole(engine, &delivery, Some(lock.token))?;
        messages.push(map([("message", message), ("lock-token", token)]));
        if mode == Some(0) {
            let done = Settlement::Complete;
            engine
                .settle(place, lock.token, done)
                .await
                .map_err(failed)?;
        }
    }
    let messages = Value::List(messages);
    Ok(Reply::done(200, map([("messages", messages)])))
}

async fn update(engine: &Engine, place: Place, body: &Value) -> Answered {
    let text = |name| {
        let value = body.field(name).and_then(Value::text);
        value.unwrap_or_default().to_owned()
    };
    let changes = body.field("properties-to-modify").map(Value::pairs);
    let changes: Bytes = encoded(changes.unwrap_or_default().to_vec());
    let settlement = match text("disposition-status").as_str() {
        "completed" => Settlement::Complete,
        "abandoned" => Settlement::Abandon(changes),
        "defered" | "deferred" => Settlement::Defer(changes),
        "suspended" => Settlement::DeadLetter {
            reason: text("deadletter-reason"),
            description: text("deadletter-description"),
            changes,
        },
        _ => return Err(malformed("disposition-status")),
    };
    for token in tokens(body)? {
        let settled = engine.settle(place, token, settlement.clone()).await;
        settled.map_err(failed)?;
    }
    Ok(Reply::done(200, Value::Null))
}

/// A message in full, as one binary.
fn whole(
    engine: &Engine,
    delivery: &Delivery,
    named: Option<Uuid>,
) -> Result<Value, Reply> {
    let mut message = Vec::new();
    let body = compose(delivery, named, &mut message);
    message.extend_from_slice(&body);
    if let Some(tail) = delivery.tail {
        let rest = engine.tail(tail).and_then(Reading::all);
        message.extend_from_slice(&rest.map_err(failed)?);
    }
    Ok(Value::Binary(message.into()))
}

fn items<'a>(body: &'a Value, name: &'static str) -> Result<&'a [Value], Reply> {
    let items = body.field(name).and_then(Value::items);
    let items = items.filter(|items| items.len() <= ITEMS_MAX);
    items.ok_or_else(|| malformed(name))
}

/// Lock tokens: an array of uuids, which some send as a list.
fn tokens(body: &Value) -> Result<Vec<Uuid>, Reply> {
    let uuid = |value: &Value| match value {
        Value::Uuid(bytes) => Ok(Uuid::from_bytes(*bytes)),
        _ => Err(malformed("lock-tokens")),
    };
    items(body, "lock-tokens")?.iter().map(uuid).collect()
}

fn numbers(body: &Value) -> Result<Vec<u64>, Reply> {
    let number = |value: &Value| {
        let number = value
            .integer()
            .and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| malformed("sequence-numbers"))
    };
    items(body, "sequence-numbers")?
        .iter()
        .map(number)
        .collect()
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    let pairs = pairs.map(|(name, value)| (Value::from(name), value));
    Value::Map(pairs.into())
}

fn malformed(what: &str) -> Reply {
    let words = format!("{what} is missing or malformed");
    Reply::refused(400, condition::ARGUMENT_ERROR, words)
}

fn not_implemented(operation: &str) -> Reply {
    let words = format!("not implemented: {operation}");
    Reply::refused(501, condition::NOT_IMPLEMENTED, words)
}

fn failed(error: Error) -> Reply {
    let status = match &error {
        Error::LockLost => 410,
        Error::NoQueue(_) | Error::NoMessage(_) => 404,
        Error::Full(_) | Error::Quota { .. } | Error::Disabled(..) => 403,
        Error::TooLarge { .. } => 413,
        Error::NotImplemented(_) => 501,
        Error::Closed => 503,
        _ => 500,
    };
    let condition = super::condition(&error);
    Reply {
        status,
        words: error.to_string(),
        condition: Some(condition.name),
        body: Value::Null,
    }
}
