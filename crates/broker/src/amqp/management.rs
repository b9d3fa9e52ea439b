//! A queue's `$management`: locks renewed, messages looked at, settled by token
//! (servicebus §2.6). What we do not do is answered 501, and the link lives on.

use std::sync::Arc;

use amqp::{SessionId, Value, condition};
use uuid::Uuid;

use super::compose::compose;
use super::peer::{Done, Peer};
use super::request::{Reply, Request, Service};
use crate::Error;
use crate::engine::{Engine, Settlement};
use crate::settings::Right;

/// Messages shown in one answer, and the bytes after which no more are added.
const PEEKED_MAX: usize = 250;
const PEEKED_BYTES_MAX: usize = 1024 * 1024;
/// Locks in one request.
const TOKENS_MAX: usize = 5000;

impl Peer {
    pub(super) fn manage(&mut self, session: SessionId, request: Request) {
        let Service::Management(queue) = request.service.clone() else {
            return;
        };
        let reply = match request.operation() {
            _ if !self.allows(&queue, Right::Listen) => {
                let words = "no token that was shown allows this";
                Reply::refused(401, condition::UNAUTHORIZED, words)
            }
            "com.microsoft:renew-lock" => {
                renew(&self.front.engine, &queue, &request.body)
            }
            "com.microsoft:peek-message" => {
                peek(&self.front.engine, &queue, &request.body)
            }
            "com.microsoft:update-disposition" => {
                let engine = self.front.engine.clone();
                self.begin(Box::pin(async move {
                    let reply = update(&engine, &queue, &request.body).await;
                    Done::Answer(session, request.reply(&reply))
                }));
                return;
            }
            other => {
                let words = format!("not implemented: {other}");
                Reply::refused(501, condition::NOT_IMPLEMENTED, words)
            }
        };
        self.answer(session, &request.reply(&reply));
    }
}

fn renew(engine: &Engine, queue: &Arc<str>, body: &Value) -> Reply {
    let Some(tokens) = tokens(body) else {
        return malformed("lock-tokens");
    };
    let mut ends = Vec::with_capacity(tokens.len());
    for token in tokens {
        match engine.renew(queue, token) {
            Ok(until) => ends.push(Value::Timestamp(until / 1000)),
            Err(error) => return failed(&error),
        }
    }
    let ends = Value::Array(ends);
    Reply::done(200, map([("expirations", ends)]))
}

fn peek(engine: &Engine, queue: &Arc<str>, body: &Value) -> Reply {
    let number = |name| body.field(name).and_then(Value::integer);
    let from = number("from-sequence-number").unwrap_or(0).max(0);
    let count = number("message-count").unwrap_or(1);
    let count = usize::try_from(count).unwrap_or(0).min(PEEKED_MAX);
    let mut next = u64::try_from(from).unwrap_or(0);
    let (mut messages, mut bytes) = (Vec::new(), 0);
    while messages.len() < count && bytes < PEEKED_BYTES_MAX {
        // One by one: how large they are is not known before.
        let seen = match engine.peek(queue, next, 1) {
            Ok(mut seen) => seen.pop(),
            Err(error) => return failed(&error),
        };
        let Some(seen) = seen else { break };
        next = seen.sequence + 1;
        let mut message = Vec::new();
        let body = compose(&seen, None, &mut message);
        message.extend_from_slice(&body);
        bytes += message.len();
        messages.push(map([("message", Value::Binary(message.into()))]));
    }
    if messages.is_empty() {
        return Reply {
            words: "No messages".into(),
            ..Reply::done(204, Value::Null)
        };
    }
    let messages = Value::List(messages);
    Reply::done(200, map([("messages", messages)]))
}

async fn update(engine: &Engine, queue: &Arc<str>, body: &Value) -> Reply {
    let Some(tokens) = tokens(body) else {
        return malformed("lock-tokens");
    };
    let text = |name| {
        let value = body.field(name).and_then(Value::text);
        value.unwrap_or_default().to_owned()
    };
    let settlement = match text("disposition-status").as_str() {
        "completed" => Settlement::Complete,
        "abandoned" => Settlement::Abandon,
        "suspended" => {
            let reason = text("deadletter-reason");
            Settlement::DeadLetter(reason, text("deadletter-description"))
        }
        "defered" | "deferred" => {
            let words = "not implemented: defer";
            return Reply::refused(501, condition::NOT_IMPLEMENTED, words);
        }
        _ => return malformed("disposition-status"),
    };
    for token in tokens {
        if let Err(error) = engine.settle(queue, token, settlement.clone()).await {
            return failed(&error);
        }
    }
    Reply::done(200, Value::Null)
}

/// Lock tokens: an array of uuids, which some send as a list.
fn tokens(body: &Value) -> Option<Vec<Uuid>> {
    let tokens = body.field("lock-tokens")?.items()?;
    if tokens.len() > TOKENS_MAX {
        return None;
    }
    let uuid = |value: &Value| match value {
        Value::Uuid(bytes) => Some(Uuid::from_bytes(*bytes)),
        _ => None,
    };
    tokens.iter().map(uuid).collect()
}

fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    let pairs = pairs.map(|(name, value)| (Value::from(name), value));
    Value::Map(pairs.into())
}

fn malformed(what: &str) -> Reply {
    let words = format!("{what} is missing or malformed");
    Reply::refused(400, condition::ARGUMENT_ERROR, words)
}

fn failed(error: &Error) -> Reply {
    let (status, name) = match error {
        Error::LockLost => (410, condition::LOCK_LOST),
        Error::NoQueue(_) => (404, condition::NOT_FOUND),
        _ => (500, condition::INTERNAL_ERROR),
    };
    Reply::refused(status, name, error.to_string())
}
