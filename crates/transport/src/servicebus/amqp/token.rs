//! Tokens shown to `$cbs`, one for each queue, and shown anew before they end.

use std::collections::{HashMap, VecDeque};

use ambient::Clock;
use amqp::message::{self, Properties};
use amqp::{
    Attach, Connection, Delivery, LinkId, Message, Outgoing, Role, SessionId, Tag,
    Terminus, Value,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;

use super::run::Service;
use crate::Error;
use crate::servicebus::token::sign;

/// How long a token is good for, and how long before its end it is replaced.
const TOKEN_TIME: SignedDuration = SignedDuration::from_mins(20);
const TOKEN_RENEW: SignedDuration = SignedDuration::from_mins(5);
/// Answers that may come before more are asked for.
const CREDIT: u32 = 100;

/// The tokens that one connection has shown.
pub(super) struct Tokens {
    service: Service,
    clock: Clock,
    requests: Option<LinkId>,
    answers: Option<LinkId>,
    /// When a queue's token ends; none while its answer is awaited.
    shown: HashMap<String, Option<Timestamp>>,
    wanted: VecDeque<String>,
    asked: HashMap<u64, String>,
    count: u64,
}

impl Tokens {
    pub(super) fn new(service: Service, clock: Clock) -> Self {
        Self {
            service,
            clock,
            requests: None,
            answers: None,
            shown: HashMap::new(),
            wanted: VecDeque::new(),
            asked: HashMap::new(),
            count: 0,
        }
    }

    /// The links to `$cbs`, unless nobody asks for tokens.
    pub(super) fn attach(&mut self, connection: &mut Connection, session: SessionId) {
        if self.service.policy.is_none() {
            return;
        }
        let mut link = |name: &str, role| {
            let end = || Terminus::new("$cbs");
            connection.attach(session, Attach::new(name, role, end(), end()))
        };
        self.requests = link("cbs-requests", Role::Sender);
        self.answers = link("cbs-answers", Role::Receiver);
        if let Some(answers) = self.answers {
            connection.grant(answers, CREDIT, false);
        }
    }

    /// Whether links to the queue may be opened; sees to it that they will be.
    pub(super) fn opens(&mut self, queue: &str) -> bool {
        if self.service.policy.is_none() {
            return true;
        }
        if let Some(end) = self.shown.get(queue) {
            return end.is_some();
        }
        self.shown.insert(queue.to_owned(), None);
        self.wanted.push_back(queue.to_owned());
        false
    }

    /// The queue's token was not good enough: the next to want it asks for another.
    pub(super) fn forget(&mut self, queue: &str) {
        self.shown.remove(queue);
    }

    /// Ask again for those whose end is near.
    pub(super) fn renew(&mut self) {
        let now = self.clock.now();
        for (queue, end) in &self.shown {
            let near = end.is_some_and(|end| end.duration_since(now) < TOKEN_RENEW);
            let asked = || self.asked.values().any(|asked| asked == queue);
            if near && !self.wanted.contains(queue) && !asked() {
                self.wanted.push_back(queue.clone());
            }
        }
    }

    /// Send what is to be asked, as far as there is credit.
    pub(super) fn ask(&mut self, connection: &mut Connection) {
        let Some((link, policy)) = self.requests.zip(self.service.policy.as_ref())
        else {
            return;
        };
        while connection.room(link) > 0
            && let Some(queue) = self.wanted.pop_front()
        {
            self.count += 1;
            let address = format!("sb://{}/{queue}", self.service.host);
            let end = self.clock.now() + TOKEN_TIME;
            let token = sign(&address, &policy.0, policy.1.expose_secret(), end);
            let message = put(self.count, &address, &token);
            let outgoing = Outgoing {
                tag: Tag::from(u32::try_from(self.count).unwrap_or_default()),
                key: 0,
                settled: true,
                format: 0,
                head: &[],
                body: &message,
                more: false,
            };
            connection.send(link, &outgoing);
            self.asked.insert(self.count, queue);
        }
    }

    /// Read an answer, if the link is the one for answers: which queue's token it is
    /// about, and what became of it.
    pub(super) fn answered(
        &mut self,
        connection: &mut Connection,
        link: LinkId,
        delivery: &Delivery,
    ) -> Option<(String, Result<(), Error>)> {
        if self.answers != Some(link) {
            return None;
        }
        if connection.credit(link) < CREDIT / 2 {
            connection.grant(link, CREDIT, false);
        }
        let message = Message::read(delivery.payload.as_ref()?).ok()?;
        let id = message.properties().ok()?.correlation_id?.integer()?;
        let queue = self.asked.remove(&u64::try_from(id).ok()?)?;
        let application = message.application().ok()?;
        let status = application
            .field("status-code")
            .and_then(Value::integer)
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(500);
        if (200..300).contains(&status) {
            let end = self.clock.now() + TOKEN_TIME;
            self.shown.insert(queue.clone(), Some(end));
            return Some((queue, Ok(())));
        }
        self.shown.remove(&queue);
        let words = application
            .field("status-description")
            .and_then(Value::text);
        let detail = words.unwrap_or("the token was refused").to_owned();
        Some((queue, Err(Error::Refused { status, detail })))
    }
}

/// A put-token request (servicebus §2.2).
fn put(id: u64, address: &str, token: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let properties = Properties {
        message_id: Some(Value::Ulong(id)),
        to: Some("$cbs".into()),
        reply_to: Some("$cbs".into()),
        ..Properties::default()
    };
    properties.write(&mut out);
    message::application(&mut out, |f| {
        for (name, value) in [
            ("operation", "put-token"),
            ("type", "servicebus.windows.net:sastoken"),
            ("name", address),
        ] {
            f.string(name);
            f.string(value);
        }
    });
    message::value(&mut out, &token.into());
    out
}
