//! Requests and answers: tokens to `$cbs`, and a queue's `$management`.
//!
//! An answer goes back within the session that the request came in: what clients give
//! as their reply-to is the same on every connection (servicebus §2.2).

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use amqp::message::{self, Properties};
use amqp::{
    Condition, Delivery, LinkId, Message as Sections, Outgoing, SessionId, Tag, Value,
    condition,
};

use super::peer::Peer;
use crate::engine::Place;

/// Answers that wait for credit on one link, and their bytes. Java gives credit one by
/// one.
const ANSWERS_MAX: usize = 1000;
const ANSWERS_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What answers requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Service {
    /// Tokens.
    Cbs,
    /// One queue's `$management`, by name and place.
    Management(Arc<str>, Place),
}

/// A link over which answers go.
pub(super) struct Answers {
    service: Service,
    name: String,
    address: Option<String>,
    waiting: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Answers {
    pub(super) fn new(service: Service, name: String, address: Option<String>) -> Self {
        Self {
            service,
            name,
            address,
            waiting: VecDeque::new(),
            bytes: 0,
        }
    }

    fn is_for(&self, reply_to: &str) -> bool {
        self.name == reply_to || self.address.as_deref() == Some(reply_to)
    }
}

/// A request, read.
pub(super) struct Request {
    pub(super) service: Service,
    id: Option<Value>,
    reply_to: Option<String>,
    application: Value,
    pub(super) body: Value,
    /// What it measured.
    pub(super) bytes: usize,
}

/// An answer, and where it goes.
pub(super) struct Answer {
    service: Service,
    reply_to: Option<String>,
    bytes: Vec<u8>,
}

/// What is said in an answer.
pub(super) struct Reply {
    pub(super) status: i32,
    pub(super) words: String,
    pub(super) condition: Option<Cow<'static, str>>,
    pub(super) body: Value,
}

impl Reply {
    /// It was done.
    pub(super) fn done(status: i32, body: Value) -> Self {
        let words = if status == 202 { "Accepted" } else { "OK" };
        Self {
            status,
            words: words.into(),
            condition: None,
            body,
        }
    }

    /// It was not.
    pub(super) fn refused(
        status: i32,
        condition: &'static str,
        words: impl Into<String>,
    ) -> Self {
        Self {
            status,
            words: words.into(),
            condition: Some(condition.into()),
            body: Value::Null,
        }
    }
}

impl Request {
    fn read(service: Service, payload: &[u8]) -> Result<Self, amqp::Error> {
        let sections = Sections::read(payload)?;
        let properties = sections.properties()?;
        Ok(Self {
            service,
            id: properties.message_id,
            reply_to: properties.reply_to,
            application: sections.application()?,
            body: sections.value()?.unwrap_or(Value::Null),
            bytes: payload.len(),
        })
    }

    /// What is asked for.
    pub(super) fn operation(&self) -> &str {
        let operation = self.application.field("operation");
        operation.and_then(Value::text).unwrap_or_default()
    }

    /// Write the answer. `$cbs` has its keys in one spelling and management in
    /// another, and Python reads neither in the other's place.
    pub(super) fn reply(&self, reply: &Reply) -> Answer {
        let (status, words, error) = match self.service {
            Service::Cbs => ("status-code", "status-description", "error-condition"),
            Service::Management(..) => {
                ("statusCode", "statusDescription", "errorCondition")
            }
        };
        let mut bytes = Vec::new();
        let properties = Properties {
            correlation_id: self.id.clone(),
            ..Properties::default()
        };
        properties.write(&mut bytes);
        message::application(&mut bytes, |f| {
            f.string(status);
            // Python reads an int of one byte as well, but it is sent in full by Azure.
            f.value(&Value::Int(reply.status));
            f.string(words);
            f.string(&*reply.words);
            if let Some(condition) = &reply.condition {
                f.string(error);
                f.symbol(&**condition);
            }
        });
        message::value(&mut bytes, &reply.body);
        Answer {
            service: self.service.clone(),
            reply_to: self.reply_to.clone(),
            bytes,
        }
    }
}

impl Peer {
    /// Someone asks for something.
    pub(super) fn request(&mut self, link: LinkId, delivery: Delivery) {
        let service = self.requests.get(&link).cloned();
        let Some((service, payload)) = service.zip(delivery.payload) else {
            return;
        };
        match Request::read(service, &payload) {
            Ok(request) if request.service == Service::Cbs => {
                let reply = self.put_token(&request);
                self.answer(link.session, request.reply(&reply));
            }
            Ok(request) => self.manage(link.session, request),
            Err(error) => tracing::debug!(%error, "a request could not be read"),
        }
    }

    fn put_token(&mut self, request: &Request) -> Reply {
        if request.operation() != "put-token" {
            let words = format!("not implemented: {}", request.operation());
            return Reply::refused(501, condition::NOT_IMPLEMENTED, words);
        }
        let token = match &request.body {
            Value::Binary(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            other => other.text().unwrap_or_default(),
        };
        if self.front.guard.is_open() {
            return Reply::done(202, Value::Null);
        }
        match self.front.guard.verify(token, None, self.front.clock.now()) {
            Ok(granted) => {
                if self.grant(granted) {
                    return Reply::done(202, Value::Null);
                }
                let words = "too many tokens on one connection";
                Reply::refused(403, condition::RESOURCE_LIMIT, words)
            }
            Err(reason) => {
                tracing::info!(%reason, "a token was refused");
                let words = "the token is not valid";
                Reply::refused(401, condition::AUTH_FAILED, words)
            }
        }
    }

    /// Send an answer, or keep it until its link has credit.
    pub(super) fn answer(&mut self, session: SessionId, answer: Answer) {
        let fits = |(_, link): &(&LinkId, &mut Answers)| link.service == answer.service;
        let links = self.answers.iter_mut().filter(fits);
        let best = |(id, link): &(&LinkId, &mut Answers)| {
            let named = answer.reply_to.as_deref().is_some_and(|to| link.is_for(to));
            (id.session == session, named)
        };
        let Some((id, link)) = links.max_by_key(best) else {
            return;
        };
        let id = *id;
        let full = link.waiting.len() >= ANSWERS_MAX || link.bytes > ANSWERS_BYTES_MAX;
        if full {
            // Who asks and does not take the answers has broken off.
            let words = "too many answers wait to be taken";
            let error = Condition::new(condition::RESOURCE_LIMIT, words);
            self.connection.detach(id, Some(error));
            self.answers.remove(&id);
            return;
        }
        link.bytes += answer.bytes.len();
        link.waiting.push_back(answer.bytes);
        self.flush_answers(id);
    }

    /// Send what has waited for credit.
    pub(super) fn flush_answers(&mut self, id: LinkId) {
        let Some(link) = self.answers.get_mut(&id) else {
            return;
        };
        while self.connection.room(id) > 0
            && let Some(bytes) = link.waiting.pop_front()
        {
            link.bytes -= bytes.len();
            let message = Outgoing {
                tag: Tag::from(0),
                key: 0,
                settled: true,
                format: 0,
                head: &[],
                body: &bytes,
                more: false,
            };
            self.connection.send(id, &message);
        }
        if link.waiting.is_empty() && self.connection.drains(id) {
            self.connection.drained(id);
        }
    }
}
