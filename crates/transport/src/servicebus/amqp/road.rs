//! A connection while it lasts: links, what waits for them, what is under way.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use amqp::sasl::Login;
use amqp::{
    Attach, Condition, Connection, Delivery, Disposition, Event, LinkId, Open, Outcome,
    Outgoing, Role, SessionId, Settings, Tag, Terminus, Value,
};
use jiff::Timestamp;
use tokio::time::Instant;

use super::inbox::Inbox;
use super::run::Run;
use super::token::Tokens;
use super::{Answer, Command, parcel, refused};
use crate::{Error, Parcel};

const FRAME_BYTES_MAX: u32 = 64 * 1024;
/// After this silence the service should know us dead; after twice as long we know it
/// dead.
const IDLE_TIME: Duration = Duration::from_secs(30);
/// Locks that are remembered; beyond, those that have run out are forgotten.
const HELD_MAX: usize = 50_000;

pub(super) struct Road {
    pub(super) connection: Connection,
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
    fetching: bool,
    /// Sends whose outcome is awaited, by what we called them.
    sent: HashMap<u128, Sent>,
    count: u128,
    /// Deliveries by the token of their lock.
    held: HashMap<u128, (u32, Option<Timestamp>)>,
    /// Settlements whose confirmation is awaited, by delivery.
    settling: BTreeMap<u32, Answer>,
    scratch: Vec<u8>,
    words: Option<String>,
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
            hostname: Some(run.service.host.clone()),
            frame_bytes_max: FRAME_BYTES_MAX,
            channel_max: 255,
            idle_millis: u32::try_from(IDLE_TIME.as_millis()).ok(),
            properties: Value::Null,
        };
        let settings = Settings::new(open);
        Self {
            connection: Connection::client(settings, Login::Anonymous),
            own: run.own.clone(),
            prefetch: run.prefetch,
            inbox: Arc::clone(&run.inbox),
            session: None,
            clock: run.clock.clone(),
            tokens: Tokens::new(run.service.clone(), run.clock.clone()),
            targets: HashMap::new(),
            queues: HashMap::new(),
            source: None,
            fetching,
            sent: HashMap::new(),
            count: 0,
            held: HashMap::new(),
            settling: BTreeMap::new(),
            scratch: Vec::new(),
            words: None,
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
    pub(super) fn last_words(&mut self) -> String {
        let words = self.words.take();
        words.unwrap_or_else(|| "the message service hung up".into())
    }

    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Send(parcel, answer) => {
                let queue = parcel.queue.clone();
                let target = self.targets.entry(queue.clone()).or_default();
                target.waiting.push_back((parcel, answer));
                self.flush(&queue);
            }
            Command::Settle(token, outcome, answer) => {
                self.settle(token, outcome, answer);
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
                    self.words = Some(error.to_string());
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
            Event::Open(_) => self.open(),
            Event::Attached(link, attach) => self.attached(link, &attach),
            Event::Detach(link, error) => self.detached(link, error.as_ref()),
            Event::End(_, error) | Event::Close(error) => {
                self.words = error.map(|e| e.to_string());
                self.connection.close(None);
            }
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

    /// Open the link from our own queue, once someone receives and the token is good.
    fn open_source(&mut self) {
        let open = self
            .session
            .filter(|_| self.fetching && self.source.is_none());
        let Some(session) = open else { return };
        if !self.tokens.opens(&self.own) {
            return;
        }
        let (from, to) = (Terminus::new(self.own.as_str()), Terminus::new("here"));
        let name = format!("{}-receive", self.own);
        let mut attach = Attach::new(name, Role::Receiver, from, to);
        // Settlements are confirmed.
        attach.rcv_settle_mode = 1;
        self.source = self.connection.attach(session, attach);
    }

    /// Send what waits for the queue, as far as there is credit; open its link first.
    fn flush(&mut self, queue: &str) {
        let Some(target) = self.targets.get_mut(queue) else {
            return;
        };
        let Some(link) = target.link else {
            if let Some(session) = self.session
                && !target.waiting.is_empty()
                && self.tokens.opens(queue)
            {
                let (from, to) = (Terminus::new("here"), Terminus::new(queue));
                let name = format!("{queue}-send");
                let attach = Attach::new(name, Role::Sender, from, to);
                let link = self.attach(session, attach);
                if let Some(target) = self.targets.get_mut(queue) {
                    target.link = link;
                }
                self.queues
                    .extend(link.map(|link| (link, queue.to_owned())));
            }
            return;
        };
        while self.connection.room(link) > 0
            && let Some((parcel, answer)) = target.waiting.pop_front()
        {
            let bytes = parcel.body.len();
            self.scratch.clear();
            parcel::front(&parcel, &mut self.scratch);
            let whole = (self.scratch.len() + bytes) as u64;
            if target.bytes_max > 0 && whole > target.bytes_max {
                let _ = answer.send(Err(Error::TooLarge { bytes }));
                continue;
            }
            self.count += 1;
            let message = Outgoing {
                tag: Tag::from(u32::try_from(self.count & 0xffff_ffff).unwrap_or(0)),
                key: self.count,
                settled: false,
                format: 0,
                head: &self.scratch,
                body: &parcel.body,
                more: false,
            };
            self.connection.send(link, &message);
            let sent = Sent {
                link,
                bytes,
                answer,
            };
            self.sent.insert(self.count, sent);
        }
    }

    /// A link in the session, or in a new one when that takes no more.
    fn attach(&mut self, session: SessionId, attach: Attach) -> Option<LinkId> {
        if let Some(link) = self.connection.attach(session, attach.clone()) {
            return Some(link);
        }
        let session = self.connection.begin()?;
        self.session = Some(session);
        self.connection.attach(session, attach)
    }

    fn flush_all(&mut self) {
        let waiting = self.targets.iter().filter(|(_, t)| !t.waiting.is_empty());
        let queues: Vec<String> = waiting.map(|(queue, _)| queue.clone()).collect();
        for queue in queues {
            self.flush(&queue);
        }
    }

    fn attached(&mut self, link: LinkId, attach: &Attach) {
        if self.source == Some(link) && attach.source.is_some() {
            self.inbox.mend();
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
            self.source = None;
            self.forget_source();
            self.inbox.fail(refused(error, 0));
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

    /// Tell whoever waits for this queue why not; the next to send tries again.
    fn refuse(&mut self, queue: &str, error: &Error) {
        for (_, answer) in self
            .targets
            .remove(queue)
            .into_iter()
            .flat_map(|t| t.waiting)
        {
            let _ = answer.send(Err(error.clone()));
        }
    }

    fn arrive(&mut self, link: LinkId, delivery: &Delivery) {
        let answered = self.tokens.answered(&mut self.connection, link, delivery);
        if let Some((queue, answer)) = answered {
            match answer {
                Ok(()) => {
                    self.flush(&queue);
                    self.open_source();
                }
                Err(error) => {
                    if queue == self.own && self.fetching {
                        self.inbox.fail(error.clone());
                    }
                    self.refuse(&queue, &error);
                }
            }
            return;
        }
        if self.source != Some(link) {
            return;
        }
        let Some((token, message)) = parcel::arrived(delivery) else {
            // Nobody could read it: not ours to judge, but not to be lost either.
            let words = "the delivery is not a Service Bus message";
            let outcome = parcel::dead_letter("Unreadable", words);
            self.dispose(link.session, delivery.id, outcome);
            return;
        };
        if self.held.len() >= HELD_MAX {
            let now = self.clock.now();
            self.held
                .retain(|_, (_, until)| until.is_some_and(|until| until > now));
        }
        self.held.insert(token, (delivery.id, message.until));
        self.inbox.push(message);
    }

    fn sent(&mut self, key: u128, outcome: &Outcome) {
        let Some(sent) = self.sent.remove(&key) else {
            return;
        };
        let _ = sent.answer.send(match outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Rejected(error) => Err(refused(error.as_deref(), sent.bytes)),
            _ => Err(Error::Refused {
                status: 503,
                detail: "it gave the message back".into(),
            }),
        });
    }

    fn settle(&mut self, token: u128, outcome: Outcome, answer: Answer) {
        let delivery = self.held.remove(&token);
        let Some(((delivery, _), link)) = delivery.zip(self.source) else {
            let _ = answer.send(Err(Error::LockLost));
            return;
        };
        self.settling.insert(delivery, answer);
        self.dispose(link.session, delivery, outcome);
    }

    fn dispose(&mut self, session: SessionId, delivery: u32, outcome: Outcome) {
        let (role, connection) = (Role::Receiver, &mut self.connection);
        connection.dispose(session, role, delivery, false, outcome);
    }

    /// The service confirms settlements, one or many.
    fn settled(&mut self, session: SessionId, disposition: &Disposition) {
        let ours = self.source.is_some_and(|source| source.session == session);
        if !ours || disposition.last < disposition.first {
            return;
        }
        let range = disposition.first..=disposition.last;
        // Only those that we wait for, however far the range reaches.
        let done: Vec<u32> = self.settling.range(range).map(|(id, _)| *id).collect();
        for delivery in done {
            let answer = self.settling.remove(&delivery);
            let result = match &disposition.outcome {
                Some(Outcome::Rejected(Some(error))) => Err(refused(Some(error), 0)),
                _ => Ok(()),
            };
            answer
                .into_iter()
                .for_each(|a| drop(a.send(result.clone())));
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

    /// Once nothing more can come, give everything back and go.
    fn leave(&mut self, source: LinkId) {
        if self.connection.credit(source) > 0 {
            return;
        }
        for received in self.inbox.clear() {
            let token = u128::from_str_radix(&received.lock.token, 16);
            let held = token.ok().and_then(|token| self.held.remove(&token));
            if let Some((delivery, _)) = held {
                self.dispose(source.session, delivery, Outcome::Released);
            }
        }
        self.connection.close(None);
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
        self.inbox.clear();
    }

    fn forget_source(&mut self) {
        self.inbox.clear();
        self.held.clear();
        for (_, answer) in std::mem::take(&mut self.settling) {
            let _ = answer.send(Err(Error::LockLost));
        }
    }
}
