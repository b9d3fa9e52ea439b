//! A connection while it lasts: links, what waits for them, what is under way.

mod receiving;
mod sending;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use amqp::{
    Attach, Condition, Connection, Event, LinkId, Open, Outcome, SessionId, Settings,
    Value,
};
use tokio::time::Instant;

use super::inbox::Inbox;
use super::locks::Locks;
use super::run::{Run, Service};
use super::token::Tokens;
use super::{Answer, Command, refused};
use crate::servicebus::broker::Product;
use crate::{Error, Parcel};

const FRAME_BYTES_MAX: u32 = 64 * 1024;
/// After this silence the service should know us dead; after twice as long we know it
/// dead.
const IDLE_TIME: Duration = Duration::from_secs(30);

pub(super) struct Road {
    pub(super) connection: Connection,
    service: Service,
    /// What the other side says that it is.
    product: Product,
    own: String,
    prefetch: u32,
    inbox: Arc<Inbox>,
    session: Option<SessionId>,
    clock: Clock,
    tokens: Tokens,
    targets: HashMap<String, Target>,
    queues: HashMap<LinkId, String>,
    /// The link from our own queue.
    source: Option<LinkId>,
    /// Something has come over it.
    carried: bool,
    fetching: bool,
    /// Who waits to hear whether our own queue can be had.
    knocks: Vec<Answer>,
    /// Sends whose outcome is awaited, by what we called them.
    sent: HashMap<u128, Sent>,
    count: u128,
    locks: Locks,
    /// Settlements whose confirmation is awaited, by delivery.
    settling: BTreeMap<u32, Answer>,
    scratch: Vec<u8>,
    /// Why it ends.
    why: Option<Error>,
    heard: Instant,
    /// Nobody needs us any longer: what is on its way here is waited for.
    leaving: bool,
}

/// A queue that is sent to.
#[derive(Default)]
struct Target {
    link: Option<LinkId>,
    bytes_max: u64,
    waiting: VecDeque<(Parcel, Answer)>,
}

struct Sent {
    link: LinkId,
    bytes: usize,
    answer: Answer,
}

impl Road {
    /// How often time is looked at.
    pub(super) const TICK_TIME: Duration = Duration::from_secs(2);

    pub(super) fn new(run: &Run, fetching: bool) -> Self {
        let open = Open {
            container: format!("sendebud-{}", run.own),
            hostname: Some(run.service.hostname()),
            frame_bytes_max: FRAME_BYTES_MAX,
            channel_max: 255,
            idle_millis: u32::try_from(IDLE_TIME.as_millis()).ok(),
            properties: Value::Null,
        };
        let settings = Settings::new(open);
        Self {
            connection: Connection::client(settings, run.service.login()),
            service: run.service.clone(),
            product: Product::Other,
            own: run.own.clone(),
            prefetch: run.prefetch,
            inbox: Arc::clone(&run.inbox),
            session: None,
            clock: run.clock.clone(),
            tokens: Tokens::new(run.service.clone(), run.clock.clone()),
            targets: HashMap::new(),
            queues: HashMap::new(),
            source: None,
            carried: false,
            fetching,
            knocks: Vec::new(),
            sent: HashMap::new(),
            count: 0,
            locks: Locks::default(),
            settling: BTreeMap::new(),
            scratch: Vec::new(),
            why: None,
            heard: Instant::now(),
            leaving: false,
        }
    }

    pub(super) fn is_fetching(&self) -> bool {
        self.fetching
    }

    pub(super) fn was_open(&self) -> bool {
        self.session.is_some()
    }

    /// Why the connection ended, as far as the other side said.
    pub(super) fn last_words(&mut self) -> Error {
        let words = || Error::Unreachable("the message service hung up".into());
        self.why.take().unwrap_or_else(words)
    }

    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Send(parcel, answer) => {
                let queue = parcel.queue.clone();
                let target = self.targets.entry(queue.clone()).or_default();
                target.waiting.push_back((parcel, answer));
                self.flush(&queue);
            }
            Command::Settle(name, settlement, answer) => {
                self.settle(name, settlement, answer);
            }
            Command::Knock(answer) => {
                self.knocks.push(answer);
                let attached = |link: LinkId| self.connection.is_attached(link);
                if self.source.is_some_and(attached) {
                    self.tell_knocks(&Ok(()));
                }
                self.open_source();
            }
            Command::Fetch => {
                self.fetching = true;
                self.open_source();
            }
        }
    }

    /// Do what needs no event to be done.
    pub(super) fn work(&mut self) {
        self.tokens.ask(&mut self.connection);
        let Some(source) = self.source else { return };
        if self.leaving {
            return self.leave(source);
        }
        if !self.fetching {
            return;
        }
        let here = self.inbox.len();
        let coming = self.connection.credit(source) as usize;
        let prefetch = self.prefetch as usize;
        if here + coming <= prefetch / 2 {
            let room = u32::try_from(prefetch - here).unwrap_or(1);
            self.connection.grant(source, room, false);
        }
    }

    pub(super) fn hear(&mut self) {
        self.heard = Instant::now();
        loop {
            match self.connection.next() {
                Ok(Some(event)) => self.react(event),
                Ok(None) => return,
                Err(error) => {
                    self.why = Some(failed(&error));
                    return;
                }
            }
        }
    }

    fn react(&mut self, event: Event) {
        match event {
            Event::Delivery(link, delivery) => self.arrive(link, &delivery),
            Event::Outcome {
                sent: Some((_, key)),
                outcome,
                ..
            } => self.sent(key, &outcome),
            Event::Disposition(session, disposition) => {
                self.settled(session, &disposition);
            }
            Event::Flow(..) => self.flush_all(),
            Event::Open(open) => {
                self.product = Product::of(&open.properties);
                self.open();
            }
            Event::Attached(link, attach) => self.attached(link, &attach),
            Event::Detach(link, error) => self.detached(link, error.as_ref()),
            Event::End(session, error) => self.ended(session, error.as_ref()),
            Event::Close(error) => self.why = error.map(|error| closed(&error)),
            // The service opens no links of its own.
            Event::Attach(link, attach) => {
                let name = amqp::condition::NOT_ALLOWED;
                let error = Condition::new(name, "a client has no queues");
                self.connection.refuse(link, &attach, error);
            }
            _ => {}
        }
    }

    fn open(&mut self) {
        self.session = self.connection.begin();
        if let Some(session) = self.session {
            self.tokens.attach(&mut self.connection, session);
        }
        self.flush_all();
        self.open_source();
    }

    /// A link in the session, or in a new one when that takes no more. Where a refused
    /// link ends its session, each has one of its own as long as there are any.
    fn attach(&mut self, session: SessionId, attach: Attach) -> Option<LinkId> {
        if self.service.broker.is_some()
            && let Some(own) = self.connection.begin()
        {
            return self.connection.attach(own, attach);
        }
        if let Some(link) = self.connection.attach(session, attach.clone()) {
            return Some(link);
        }
        let session = self.connection.begin()?;
        self.session = Some(session);
        self.connection.attach(session, attach)
    }

    fn attached(&mut self, link: LinkId, attach: &Attach) {
        if self.source == Some(link) && attach.source.is_some() {
            self.inbox.mend();
            self.tell_knocks(&Ok(()));
        }
        let queue = self.queues.get(&link);
        if let Some(target) = queue.and_then(|queue| self.targets.get_mut(queue)) {
            target.bytes_max = attach.max_message_size;
        }
    }

    fn detached(&mut self, link: LinkId, error: Option<&Condition>) {
        let unauthorized = amqp::condition::UNAUTHORIZED;
        if error.is_some_and(|e| e.name == unauthorized) {
            let queue = self.queues.get(&link).unwrap_or(&self.own);
            self.tokens.forget(queue);
        }
        if self.source == Some(link) {
            self.source_lost(error);
        }
        let Some(queue) = self.queues.remove(&link) else {
            return;
        };
        let lost = self.sent.extract_if(|_, sent| sent.link == link);
        for (_, sent) in lost {
            let _ = sent.answer.send(Err(refused(error, sent.bytes)));
        }
        self.refuse(&queue, &refused(error, 0));
    }

    /// A session is gone, and its links with it: so RabbitMQ refuses one. Where tokens
    /// are shown in it, nothing works without.
    fn ended(&mut self, session: SessionId, error: Option<&Condition>) {
        if self.session == Some(session) {
            self.session = self.service.broker.as_ref().and(self.connection.begin());
            if self.session.is_none() {
                self.why = error.map(closed);
                return self.connection.close(None);
            }
        }
        let links = self.queues.keys().copied().chain(self.source);
        let gone: Vec<LinkId> = links.filter(|l| l.session == session).collect();
        for link in gone {
            self.detached(link, error);
        }
    }

    /// Until the next [`Road::tick`]: a quarter of the silence that the service
    /// suffers.
    pub(super) fn tick_time(&self) -> Duration {
        let millis = self.connection.peer().and_then(|open| open.idle_millis);
        let quarter = millis.map(|m| Duration::from_millis(u64::from(m) / 4));
        quarter.map_or(Self::TICK_TIME, |quarter| {
            quarter.clamp(Duration::from_millis(10), Self::TICK_TIME)
        })
    }

    /// Keep time; false when the service has been silent for too long.
    pub(super) fn tick(&mut self, spoke: bool) -> bool {
        if !spoke {
            self.connection.heartbeat();
        }
        if self.leaving {
            self.close();
            return true;
        }
        self.tokens.renew();
        // A link that was refused is tried again while someone receives.
        self.open_source();
        if let Some(source) = self.source {
            for delivery in self.locks.ended(self.clock.now()) {
                self.dispose(source.session, delivery, Outcome::Released);
            }
        }
        self.heard.elapsed() <= IDLE_TIME * 2
    }

    /// Nobody needs us any longer: ask for what is on its way (§2.6.7), so that it can be
    /// given back with all that was fetched in vain. Asked once more, that is not
    /// waited for.
    pub(super) fn close(&mut self) {
        match self.source {
            Some(source) if !self.leaving => {
                self.leaving = true;
                let credit = self.connection.credit(source);
                self.connection.grant(source, credit, true);
            }
            _ => self.connection.close(None),
        }
    }

    /// The connection is gone, and with it all that was under way. Locks that we hold
    /// run out by themselves.
    pub(super) fn fail(&mut self, error: &Error) {
        for (_, sent) in self.sent.drain() {
            let _ = sent.answer.send(Err(error.clone()));
        }
        for (_, target) in self.targets.drain() {
            for (_, answer) in target.waiting {
                let _ = answer.send(Err(error.clone()));
            }
        }
        for (_, answer) in std::mem::take(&mut self.settling) {
            let _ = answer.send(Err(error.clone()));
        }
        self.tell_knocks(&Err(error.clone()));
        self.inbox.clear();
    }
}

/// A login that was refused may be mended; everything else is a road that is closed.
fn failed(error: &amqp::Error) -> Error {
    let detail = error.to_string();
    match error {
        amqp::Error::Login(_) => Error::Refused {
            status: 401,
            detail,
        },
        _ => Error::Unreachable(detail),
    }
}

/// Why the service closed the connection: in its words, unless we know what to do.
fn closed(error: &Condition) -> Error {
    match refused(Some(error), 0) {
        known @ Error::Refused {
            status: 401 | 503, ..
        } => known,
        _ => Error::Unreachable(error.to_string()),
    }
}
