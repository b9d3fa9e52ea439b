//! The connection under a desk: one thing is asked, and waited for.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use ambient::Clock;
use amqp::message::{self, Properties};
use amqp::sasl::Login;
use amqp::{
    Attach, Condition, Connection, Delivery, Event, LinkId, Message, Open, Outcome,
    Outgoing, Role, SessionId, Settings, Tag, Terminus, Value,
};
use bytes::Bytes;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::Place;
use crate::Error;
use crate::servicebus::amqp::refused;
use crate::servicebus::dial::{Stream, dial};
use crate::servicebus::token::sign;

const FRAME_BYTES_MAX: u32 = 64 * 1024;
const READ_BYTES: usize = 64 * 1024;
/// An answer that takes longer than this is lost.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a token is good for; work that takes longer begins again.
const TOKEN_TIME: SignedDuration = SignedDuration::from_hours(12);
/// Answers that may come before more are asked for.
const CREDIT: u32 = 10;
const MANAGEMENT: &str = "/$management";

pub(super) struct Line {
    stream: Box<dyn Stream>,
    connection: Connection,
    session: Option<SessionId>,
    place: Place,
    clock: Clock,
    links: HashMap<String, LinkId>,
    /// Queues whose token has been shown.
    known: HashSet<String>,
    count: u64,
    heard: Heard,
    buffer: Box<[u8]>,
}

/// What the service has said, until someone asks for it.
#[derive(Default)]
struct Heard {
    attached: HashSet<LinkId>,
    detached: HashMap<LinkId, Option<Condition>>,
    inbox: HashMap<LinkId, VecDeque<Delivery>>,
    outcomes: HashMap<u128, Outcome>,
    /// Settlements of ours that are to be confirmed.
    settling: BTreeSet<u32>,
    /// What the service said of one instead.
    unsettled: Option<Error>,
    closed: Option<Error>,
}

impl Line {
    pub(super) async fn open(place: &Place, clock: Clock) -> Result<Self, Error> {
        let open = Open {
            container: "sendebud-queue".into(),
            hostname: Some(place.host.clone()),
            frame_bytes_max: FRAME_BYTES_MAX,
            channel_max: 255,
            idle_millis: None,
            properties: Value::Null,
        };
        let settings = Settings::new(open);
        let mut line = Self {
            stream: dial(place.address()).await?,
            connection: Connection::client(settings, Login::Anonymous),
            session: None,
            place: place.clone(),
            clock,
            links: HashMap::new(),
            known: HashSet::new(),
            count: 0,
            heard: Heard::default(),
            buffer: vec![0; READ_BYTES].into(),
        };
        line.until(|line| line.session.map(|_| Ok(()))).await?;
        Ok(line)
    }

    /// Ask a queue's `$management`; its answer's body.
    pub(super) async fn request(
        &mut self,
        queue: &str,
        operation: &str,
        body: &Value,
    ) -> Result<Value, Error> {
        self.authorise(queue).await?;
        let node = format!("{queue}{MANAGEMENT}");
        let fields = [("operation", operation)];
        let answer = self.ask(&node, &fields, body).await?;
        let message = Message::read(&answer).map_err(|e| strange(&e))?;
        let facts = message.application().map_err(|e| strange(&e))?;
        check(&facts, "statusCode", "statusDescription")?;
        let body = message.value().map_err(|e| strange(&e))?;
        Ok(body.unwrap_or(Value::Null))
    }

    /// What waits now, at most so many: locked, or for good.
    pub(super) async fn take(
        &mut self,
        queue: &str,
        max: u32,
        away: bool,
    ) -> Result<Vec<Delivery>, Error> {
        self.authorise(queue).await?;
        let name = format!("{}-{queue}", if away { "discard" } else { "take" });
        let link = self.link(name, queue, |name| {
            let (from, to) = (Terminus::new(queue), Terminus::new("here"));
            let mut attach = Attach::new(name, Role::Receiver, from, to);
            // Settled as it is sent, or settled by us and confirmed.
            (attach.snd_settle_mode, attach.rcv_settle_mode) =
                if away { (1, 0) } else { (0, 1) };
            attach
        });
        let link = link.await?;
        // All that it has, and then the credit back: no time is waited.
        self.connection.grant(link, max, true);
        self.until(|line| {
            let drained = line.connection.credit(link) == 0;
            line.lost(link).map(Err).or(drained.then_some(Ok(())))
        })
        .await?;
        let taken = self.heard.inbox.remove(&link).unwrap_or_default();
        Ok(taken.into())
    }

    pub(super) async fn send(
        &mut self,
        queue: &str,
        messages: &[Bytes],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        self.authorise(queue).await?;
        let link = self.link(format!("send-{queue}"), queue, |name| {
            let (from, to) = (Terminus::new("here"), Terminus::new(queue));
            Attach::new(name, Role::Sender, from, to)
        });
        let link = link.await?;
        let mut keys = Vec::with_capacity(messages.len());
        for message in messages {
            self.until(|line| {
                let room = line.connection.room(link) > 0;
                line.lost(link).map(Err).or(room.then_some(Ok(())))
            })
            .await?;
            keys.push((self.post(link, message, false), message.len()));
        }
        let mut became = Vec::with_capacity(keys.len());
        for (key, bytes) in keys {
            let outcome = self.until(|line| {
                let outcome = line.heard.outcomes.remove(&key).map(Ok);
                outcome.or_else(|| line.lost(link).map(Err))
            });
            became.push(match outcome.await? {
                Outcome::Accepted => Ok(()),
                Outcome::Rejected(error) => Err(refused(error.as_deref(), bytes)),
                _ => Err(refused(None, bytes)),
            });
        }
        Ok(became)
    }

    pub(super) async fn settle(
        &mut self,
        queue: &str,
        deliveries: &[u32],
        outcome: &Outcome,
    ) -> Result<(), Error> {
        let link = self.links.get(&format!("take-{queue}")).copied();
        let link = link.ok_or(Error::LockLost)?;
        for delivery in deliveries {
            self.heard.settling.insert(*delivery);
            let outcome = outcome.clone();
            let (session, role) = (link.session, Role::Receiver);
            self.connection
                .dispose(session, role, *delivery, false, outcome);
        }
        self.until(|line| {
            let done = line.heard.settling.is_empty();
            line.lost(link).map(Err).or(done.then_some(Ok(())))
        })
        .await?;
        self.heard.unsettled.take().map_or(Ok(()), Err)
    }

    pub(super) async fn close(&mut self) {
        self.connection.close(None);
        let _ = self.flush().await;
    }

    /// Show the token for a queue and what is in it, once.
    async fn authorise(&mut self, queue: &str) -> Result<(), Error> {
        let Some((policy, key)) = self.place.policy.clone() else {
            return Ok(());
        };
        if self.known.contains(queue) {
            return Ok(());
        }
        let address = format!("sb://{}/{queue}", self.place.host);
        let end = self.clock.now() + TOKEN_TIME;
        let token = sign(&address, &policy, key.expose_secret(), end);
        let fields = [
            ("operation", "put-token"),
            ("type", "servicebus.windows.net:sastoken"),
            ("name", &address),
        ];
        let answer = self.ask("$cbs", &fields, &token.as_str().into()).await?;
        let message = Message::read(&answer).map_err(|e| strange(&e))?;
        let facts = message.application().map_err(|e| strange(&e))?;
        check(&facts, "status-code", "status-description")?;
        self.known.insert(queue.to_owned());
        Ok(())
    }

    /// A request to a node that answers, and its answer.
    async fn ask(
        &mut self,
        node: &str,
        fields: &[(&str, &str)],
        body: &Value,
    ) -> Result<Bytes, Error> {
        let reply_to = format!("reply-{node}");
        let answers = self.link(reply_to.clone(), node, |name| {
            let (from, to) = (Terminus::new(node), Terminus::new(name.as_str()));
            Attach::new(name, Role::Receiver, from, to)
        });
        let answers = answers.await?;
        let requests = self.link(format!("request-{node}"), node, |name| {
            let (from, to) = (Terminus::new(reply_to.as_str()), Terminus::new(node));
            Attach::new(name, Role::Sender, from, to)
        });
        let requests = requests.await?;
        if self.connection.credit(answers) < CREDIT / 2 {
            self.connection.grant(answers, CREDIT, false);
        }
        self.until(|line| {
            let room = line.connection.room(requests) > 0;
            line.lost(requests).map(Err).or(room.then_some(Ok(())))
        })
        .await?;
        let id = self.count + 1;
        self.post(requests, &question(id, node, &reply_to, fields, body), true);
        self.until(|line| {
            let inbox = line.heard.inbox.entry(answers).or_default();
            let answer = inbox.pop_front().map(|delivery| Ok((answers, delivery)));
            answer.or_else(|| line.lost(answers).map(Err))
        })
        .await
        .map(|(_, delivery)| delivery.payload.unwrap_or_default())
    }

    /// The link of this name, opened when it is not there.
    async fn link(
        &mut self,
        name: String,
        node: &str,
        attach: impl FnOnce(String) -> Attach,
    ) -> Result<LinkId, Error> {
        if let Some(link) = self.links.get(&name) {
            return Ok(*link);
        }
        let session = self.session.ok_or_else(|| strange(&"no session"))?;
        let link = self.connection.attach(session, attach(name.clone()));
        let link = link.ok_or_else(|| strange(&"no further links"))?;
        let opened = self
            .until(|line| {
                // A refusal is an attach first, and then the detach that says why.
                let detached = line.lost(link).map(Err);
                let attached = line.heard.attached.contains(&link);
                detached.or(attached.then_some(Ok(())))
            })
            .await;
        opened.map_err(|error| match error {
            Error::Refused { status, detail } => Error::Refused {
                status,
                detail: format!("{node}: {detail}"),
            },
            other => other,
        })?;
        self.links.insert(name, link);
        Ok(link)
    }

    /// Send on a link that has room; by which key its outcome is known.
    fn post(&mut self, link: LinkId, message: &[u8], settled: bool) -> u128 {
        self.count += 1;
        let outgoing = Outgoing {
            tag: Tag::from(u32::try_from(self.count & 0xffff_ffff).unwrap_or(0)),
            key: self.count.into(),
            settled,
            format: 0,
            head: &[],
            body: message,
            more: false,
        };
        self.connection.send(link, &outgoing);
        self.count.into()
    }

    /// Why the link is no more, if it is not.
    fn lost(&self, link: LinkId) -> Option<Error> {
        let detached = self.heard.detached.get(&link);
        detached.map(|error| refused(error.as_ref(), 0))
    }

    /// Write and read until there is something to see.
    async fn until<T>(
        &mut self,
        mut look: impl FnMut(&mut Self) -> Option<Result<T, Error>>,
    ) -> Result<T, Error> {
        let end = Instant::now() + ANSWER_TIME_MAX;
        loop {
            loop {
                match self.connection.next() {
                    Ok(Some(event)) => self.hear(event),
                    Ok(None) => break,
                    Err(error) => return Err(strange(&error)),
                }
            }
            self.flush().await?;
            if let Some(seen) = look(self) {
                return seen;
            }
            if let Some(error) = self.heard.closed.take() {
                return Err(error);
            }
            let read = timeout_at(end, self.stream.read(&mut self.buffer)).await;
            let late = |_| Error::Unreachable("no answer in time".into());
            let read = read.map_err(late)?.map_err(|e| strange(&e))?;
            if read == 0 {
                return Err(strange(&"the message service hung up"));
            }
            self.connection
                .input()
                .extend_from_slice(&self.buffer[..read]);
        }
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let output = std::mem::take(self.connection.output());
        let written = self.stream.write_all(&output).await;
        written.map_err(|e| strange(&e))?;
        self.stream.flush().await.map_err(|e| strange(&e))
    }

    fn hear(&mut self, event: Event) {
        let heard = &mut self.heard;
        match event {
            Event::Open(_) => self.session = self.connection.begin(),
            // One without ends is the first half of a refusal.
            Event::Attached(link, attach)
                if attach.source.is_some() && attach.target.is_some() =>
            {
                heard.attached.insert(link);
            }
            Event::Detach(link, error) => {
                self.links.retain(|_, known| *known != link);
                heard.detached.insert(link, error);
            }
            Event::Delivery(link, delivery) => {
                heard.inbox.entry(link).or_default().push_back(delivery);
            }
            Event::Outcome {
                sent: Some((_, key)),
                outcome,
                ..
            } => {
                heard.outcomes.insert(key, outcome);
            }
            Event::Disposition(_, said) => {
                // Only those that we wait for, however far the range reaches.
                let range = said.first..=said.last.max(said.first);
                let done: Vec<u32> = heard.settling.range(range).copied().collect();
                for delivery in done {
                    heard.settling.remove(&delivery);
                }
                if let Some(Outcome::Rejected(Some(error))) = &said.outcome {
                    heard.unsettled = Some(refused(Some(error), 0));
                }
            }
            Event::End(_, error) | Event::Close(error) => {
                heard.closed = Some(refused(error.as_ref(), 0));
            }
            _ => {}
        }
    }
}

/// A request (servicebus §2.2, §2.6).
fn question(
    id: u64,
    node: &str,
    reply_to: &str,
    fields: &[(&str, &str)],
    body: &Value,
) -> Vec<u8> {
    let mut out = Vec::new();
    let properties = Properties {
        message_id: Some(Value::Ulong(id)),
        to: Some(node.into()),
        reply_to: Some(reply_to.into()),
        ..Properties::default()
    };
    properties.write(&mut out);
    message::application(&mut out, |f| {
        for (name, value) in fields {
            f.string(*name);
            f.string(*value);
        }
    });
    message::value(&mut out, body);
    out
}

/// Fails when an answer says that what was asked was not done.
fn check(facts: &Value, status: &str, words: &str) -> Result<(), Error> {
    let status = facts.field(status).and_then(Value::integer);
    let status = status.and_then(|status| u16::try_from(status).ok());
    match status {
        Some(200..300) => Ok(()),
        status => Err(Error::Refused {
            status: status.unwrap_or(500),
            detail: facts
                .field(words)
                .and_then(Value::text)
                .unwrap_or("it gave no reason")
                .chars()
                .take(300)
                .collect(),
        }),
    }
}

fn strange(what: &dyn std::fmt::Display) -> Error {
    Error::Unreachable(what.to_string())
}
