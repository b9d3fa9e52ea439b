//! One client: what it has shown, which links it holds, what is under way for it.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use amqp::sasl::{ANONYMOUS, Init, MSSBCBS};
use amqp::{
    Attach, Condition, Connection, Event, LinkId, Open, Outcome, SessionId, Settings,
    Value, condition,
};
use futures_util::Stream;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::Front;
use super::gather::Gathering;
use super::idle::Idle;
use super::mailbox::Mailbox;
use super::outgoing::Outbound;
use super::request::{Answers, Service};
use crate::Error;
use crate::engine::{Kept, Place, Spool};
use crate::sas::Granted;
use crate::settings::Right;

/// The largest frame that we take and send.
const FRAME_BYTES_MAX: u32 = 64 * 1024;
const CHANNEL_MAX: u16 = 4999;
const HANDLE_MAX: u32 = 255;
/// After this silence a client should hang up; after twice as long we do.
const IDLE_TIME: Duration = Duration::from_mins(4);
/// Who has not opened a connection by then is gone. Azure gives as long.
const OPEN_TIME_MAX: Duration = Duration::from_secs(20);
/// How often tokens and silence are looked at.
const TICK_TIME: Duration = Duration::from_secs(1);
/// Tokens that one connection may have shown.
const TOKENS_MAX: usize = 1000;
/// Bytes of messages that are being written to the log: beyond, reading pauses.
const UNDER_WAY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Requests that are being worked on: likewise.
const WORK_MAX: usize = 1024;
/// A message of which so much has come is written down as it comes.
pub(super) const PART_BYTES: usize = 1024 * 1024;
/// Bytes of messages that are not whole yet, beyond the largest of them.
const GATHERED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes that the client has not taken: beyond, nothing is read from it.
const BACKLOG_BYTES_MAX: usize = 1024 * 1024;

/// A client's connection.
pub(super) struct Peer {
    pub(super) front: Front,
    pub(super) connection: Connection,
    /// What its tokens allow.
    grants: Vec<Granted>,
    pub(super) inbound: HashMap<LinkId, Inbound>,
    pub(super) outbound: HashMap<LinkId, Outbound>,
    pub(super) requests: HashMap<LinkId, Service>,
    pub(super) answers: HashMap<LinkId, Answers>,
    /// Links that are to be fed, in turn.
    pub(super) hungry: VecDeque<LinkId>,
    pub(super) mailbox: Mailbox,
    letters: Vec<Done>,
    work: FuturesUnordered<Work>,
    /// Bytes of messages that are being written.
    pub(super) under_way: usize,
    /// Where the front of a message is put together.
    pub(super) scratch: Vec<u8>,
    heard: Instant,
    spoke: Instant,
    began: Instant,
    /// How it uses its links, where Azure's patience is imposed.
    pub(super) idle: Option<Idle>,
}

/// A link over which a client sends.
pub(super) struct Inbound {
    /// The queue's name, as rights are asked for.
    pub(super) queue: String,
    pub(super) place: Place,
    pub(super) gathering: Option<Box<Gathering>>,
}

pub(super) type Work = Pin<Box<dyn Future<Output = Done> + Send>>;

/// What the engine has done for the client.
pub(super) enum Done {
    /// A delivery of the client's has been kept, or not.
    Sent {
        session: SessionId,
        delivery: u32,
        settled: bool,
        bytes: usize,
        result: Result<(), Error>,
    },
    /// A delivery to the client has been settled, or not.
    Settled {
        session: SessionId,
        delivery: u32,
        outcome: Outcome,
        result: Result<(), Error>,
    },
    /// A request of so many bytes has its answer.
    Answer(SessionId, super::request::Answer, usize),
    /// The queue that a link is for has been looked for.
    Reached(LinkId, Box<Attach>, Result<Place, Error>),
    /// So many bytes of a large message have been written, or not.
    Spooled(LinkId, usize, Result<Spool, Error>),
    /// All of a large message has been written, or not.
    Kept(LinkId, Result<Kept, Error>),
    /// Something has come for a link.
    Stirred(LinkId),
}

impl Peer {
    pub(super) fn new(front: Front) -> Self {
        let open = Open {
            container: "sendebud".into(),
            hostname: None,
            frame_bytes_max: FRAME_BYTES_MAX,
            channel_max: CHANNEL_MAX,
            idle_millis: u32::try_from(IDLE_TIME.as_millis()).ok(),
            properties: Value::Map(vec![(
                Value::Symbol("product".into()),
                "Sendebud".into(),
            )]),
        };
        let settings = Settings {
            handle_max: HANDLE_MAX,
            part_bytes: PART_BYTES,
            gathered_bytes_max: front.engine.message_bytes_max() + GATHERED_BYTES_MAX,
            ..Settings::new(open)
        };
        let now = front.clock.now();
        let idle = front.imposed.as_ref().map(|all| Idle::new(all, now));
        Self {
            front,
            idle,
            connection: Connection::server(settings),
            grants: Vec::new(),
            inbound: HashMap::new(),
            outbound: HashMap::new(),
            requests: HashMap::new(),
            answers: HashMap::new(),
            hungry: VecDeque::new(),
            mailbox: Mailbox::default(),
            letters: Vec::new(),
            work: FuturesUnordered::new(),
            under_way: 0,
            scratch: Vec::new(),
            heard: Instant::now(),
            spoke: Instant::now(),
            began: Instant::now(),
        }
    }

    /// React to what has been read.
    pub(super) fn hear(&mut self) {
        self.heard = Instant::now();
        loop {
            match self.connection.next() {
                Ok(Some(event)) => self.react(event),
                Ok(None) => return,
                Err(error) => {
                    tracing::debug!(%error, "a connection broke the protocol");
                    return;
                }
            }
        }
    }

    fn react(&mut self, event: Event) {
        match event {
            Event::Delivery(link, delivery) => self.receive(link, delivery),
            Event::Part(link) => self.part(link),
            Event::Aborted(link) => self.aborted(link),
            Event::Outcome {
                session,
                delivery,
                sent,
                settled,
                outcome,
            } => self.settle(session, delivery, sent, settled, outcome),
            Event::Flow(session, link) => self.flow(session, link),
            Event::Login(init) => self.login(&init),
            Event::Attach(link, attach) => self.attach(link, *attach),
            Event::Detach(link, _) => self.forget(|id| *id == link),
            Event::End(session, _) => self.forget(|id| id.session == session),
            Event::Open(_) => self.seat(),
            Event::Begin(_)
            | Event::Attached(..)
            | Event::Disposition(..)
            | Event::Close(_) => {}
        }
    }

    fn login(&mut self, init: &Init) {
        let good = match init.plain() {
            Some((name, key)) => match self.front.guard.plain(name, key) {
                Ok(granted) => self.grant(granted),
                Err(_) => self.front.guard.is_open(),
            },
            None => [MSSBCBS, ANONYMOUS].contains(&init.mechanism.as_str()),
        };
        self.connection.welcome(good);
    }

    /// Remember what a token allows, in place of an older one for the same path.
    pub(super) fn grant(&mut self, granted: Granted) -> bool {
        self.grants.retain(|old| old.path != granted.path);
        let room = self.grants.len() < TOKENS_MAX;
        if room {
            self.grants.push(granted);
        }
        room
    }

    /// Whether a token that was shown allows this, now.
    pub(super) fn allows(&self, queue: &str, right: Right) -> bool {
        let now = self.front.clock.now().as_second();
        self.front.guard.is_open()
            || self.grants.iter().any(|granted| {
                granted.expires > now && granted.allows(queue, right).is_ok()
            })
    }

    pub(super) fn forget(&mut self, gone: impl Fn(&LinkId) -> bool) {
        self.unwatch(&gone);
        let under_way = &mut self.under_way;
        self.inbound.retain(|id, link| {
            let gone = gone(id);
            if gone && let Some(gathering) = &link.gathering {
                *under_way -= gathering.bytes();
            }
            !gone
        });
        self.outbound.retain(|id, _| !gone(id));
        self.requests.retain(|id, _| !gone(id));
        self.answers.retain(|id, _| !gone(id));
    }

    /// Whether more may be read: not while too much of what was read is under way.
    pub(super) fn may_read(&self, backlog: usize) -> bool {
        backlog < BACKLOG_BYTES_MAX
            && self.under_way < UNDER_WAY_BYTES_MAX
            && self.work.len() < WORK_MAX
    }

    pub(super) fn begin(&mut self, work: Work) {
        self.work.push(work);
    }

    /// Tell the client what the engine has done meanwhile; whether there was anything.
    pub(super) fn finish(&mut self, cx: &mut Context<'_>) -> bool {
        let mut letters = std::mem::take(&mut self.letters);
        self.mailbox.empty(cx, &mut letters);
        let mut moved = !letters.is_empty();
        letters.drain(..).for_each(|done| self.tell(done));
        self.letters = letters;
        while let Poll::Ready(Some(done)) = Pin::new(&mut self.work).poll_next(cx) {
            moved = true;
            self.tell(done);
        }
        moved
    }

    fn tell(&mut self, done: Done) {
        match done {
            Done::Sent {
                session,
                delivery,
                settled,
                bytes,
                result,
            } => {
                self.under_way -= bytes;
                if !settled {
                    self.confirm(session, delivery, result);
                }
            }
            Done::Settled {
                session,
                delivery,
                outcome,
                result,
            } => self.settled(session, delivery, outcome, result),
            Done::Answer(session, answer, bytes) => {
                self.under_way -= bytes;
                self.answer(session, answer);
            }
            Done::Reached(link, attach, found) => self.reached(link, &attach, found),
            Done::Spooled(link, bytes, spool) => self.spooled(link, bytes, spool),
            Done::Kept(link, kept) => self.kept(link, kept),
            Done::Stirred(link) => self.feed_soon(link),
        }
    }

    /// How long until the next [`Peer::tick`].
    pub(super) fn tick_time(&self) -> Duration {
        let quarter = self.idle_time().map(|time| time / 4);
        quarter.map_or(TICK_TIME, |q| q.clamp(Duration::from_millis(10), TICK_TIME))
    }

    /// How long a silence the client suffers.
    fn idle_time(&self) -> Option<Duration> {
        let millis = self.connection.peer()?.idle_millis?;
        Some(Duration::from_millis(millis.into()))
    }

    /// Keep time: say something, look for tokens and clients that are no more.
    /// False ends the connection at once.
    pub(super) fn tick(&mut self, spoke: bool) -> bool {
        let silence = self.heard.elapsed();
        let opened = self.connection.peer().is_some();
        if silence > IDLE_TIME * 2 || (!opened && self.began.elapsed() > OPEN_TIME_MAX)
        {
            return false;
        }
        if spoke {
            self.spoke = Instant::now();
        }
        // Before half of its patience is over, reckoned from when we can next.
        let next = self.spoke.elapsed() + self.tick_time();
        if self.idle_time().is_some_and(|idle| next > idle / 2) {
            self.connection.heartbeat();
            self.spoke = Instant::now();
        }
        self.end_unauthorized();
        self.end_idle();
        true
    }

    /// Links whose token has run out end, as on Azure.
    fn end_unauthorized(&mut self) {
        if self.front.guard.is_open() {
            return;
        }
        let senders = self.inbound.iter();
        let senders = senders.map(|(id, link)| (*id, &*link.queue, Right::Send));
        let receivers = self.outbound.iter();
        let receivers = receivers.map(|(id, link)| (*id, &*link.queue, Right::Listen));
        let over: Vec<LinkId> = senders
            .chain(receivers)
            .filter(|(_, queue, right)| !self.allows(queue, *right))
            .map(|(id, ..)| id)
            .collect();
        for id in over {
            let words = "the token has expired";
            let error = Condition::new(condition::UNAUTHORIZED, words);
            self.connection.detach(id, Some(error));
            self.forget(|link| *link == id);
        }
    }
}
