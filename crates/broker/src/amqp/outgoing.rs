//! A client receives: messages are locked only for a link that has credit for them,
//! and settled in two steps, the second when the engine has written it.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use amqp::{Condition, LinkId, Outcome, Outgoing, Role, SessionId, Tag, condition};
use bytes::Bytes;
use uuid::Uuid;

use super::compose::{compose, encoded};
use super::peer::{Done, Peer};
use crate::Error;
use crate::engine::{Delivery, Reading, Receiver, Settlement};

/// Bytes that are taken from a queue at once, as far as their size can be foreseen.
const CHUNK_BYTES: usize = 256 * 1024;
const CHUNK_MESSAGES_MAX: usize = 64;

/// A link over which a client receives.
pub(super) struct Outbound {
    /// The queue's name, as rights are asked for.
    pub(super) queue: String,
    receiver: Receiver,
    bell: Waker,
    /// Receive-and-delete.
    for_good: bool,
    /// What the last message measured.
    bytes: usize,
    /// It stands among those that are to be fed.
    hungry: bool,
    /// What was taken and has to wait: for the window, or a large message before it.
    pending: VecDeque<Delivery>,
    /// The rest of a large message that is being sent.
    rest: Option<Rest>,
}

/// The rest of a message.
struct Rest {
    delivery: Delivery,
    reading: Reading,
}

/// What was taken and did not go is given back, uncounted.
impl Drop for Outbound {
    fn drop(&mut self) {
        let locks = self.pending.iter().filter_map(|delivery| delivery.lock);
        self.receiver.give_back(locks);
    }
}

impl Outbound {
    pub(super) fn new(
        queue: String,
        receiver: Receiver,
        bell: Waker,
        for_good: bool,
    ) -> Self {
        Self {
            queue,
            receiver,
            bell,
            for_good,
            bytes: CHUNK_BYTES,
            hungry: false,
            pending: VecDeque::new(),
            rest: None,
        }
    }

    /// How many messages to take at once.
    fn chunk(&self) -> usize {
        (CHUNK_BYTES / self.bytes.max(1)).clamp(1, CHUNK_MESSAGES_MAX)
    }
}

impl Peer {
    /// See to it that a link gets what it has credit for.
    pub(super) fn feed_soon(&mut self, id: LinkId) {
        if let Some(link) = self.outbound.get_mut(&id)
            && !std::mem::replace(&mut link.hungry, true)
        {
            self.hungry.push_back(id);
        }
    }

    /// Send what waits to every link that has credit, in turn; whether anything was
    /// sent.
    pub(super) fn deliver(&mut self, backlog: usize) -> bool {
        let mut moved = false;
        for _ in 0..self.hungry.len() {
            if backlog + self.connection.output().len() > CHUNK_BYTES * 2 {
                return moved;
            }
            let Some(id) = self.hungry.pop_front() else {
                return moved;
            };
            // Taken out, so that the rest of the peer can be used meanwhile.
            let Some(mut link) = self.outbound.remove(&id) else {
                continue;
            };
            link.hungry = false;
            let fed = self.feed(id, &mut link);
            moved |= fed;
            if let Some(link) = self.keep(id, link)
                && fed
                && !std::mem::replace(&mut link.hungry, true)
            {
                self.hungry.push_back(id);
            }
        }
        moved
    }

    fn keep(&mut self, id: LinkId, link: Outbound) -> Option<&mut Outbound> {
        if self.connection.is_attached(id) {
            return Some(self.outbound.entry(id).or_insert(link));
        }
        None
    }

    /// Take messages from the queue and send them; whether there were any.
    fn feed(&mut self, id: LinkId, link: &mut Outbound) -> bool {
        if let Some(rest) = link.rest.take() {
            return self.send_rest(id, link, rest);
        }
        let room = self.connection.room(id) as usize;
        if room == 0 {
            link.receiver.rest();
            return false;
        }
        if let Some(delivery) = link.pending.pop_front() {
            self.send(id, link, delivery);
            return true;
        }
        let cx = Context::from_waker(&link.bell);
        let max = room.min(link.chunk());
        match link.receiver.poll_take(&cx, max) {
            Poll::Ready(Ok(taken)) => {
                link.pending.extend(taken);
                // What follows a large one waits until that has gone.
                while link.rest.is_none()
                    && self.connection.room(id) > 0
                    && let Some(delivery) = link.pending.pop_front()
                {
                    self.send(id, link, delivery);
                }
                true
            }
            Poll::Ready(Err(error)) => {
                let error = super::condition(&error);
                self.connection.detach(id, Some(error));
                false
            }
            Poll::Pending if self.connection.drains(id) => {
                link.receiver.rest();
                self.connection.drained(id);
                true
            }
            Poll::Pending => false,
        }
    }

    fn send(&mut self, id: LinkId, link: &mut Outbound, delivery: Delivery) {
        let Some(lock) = delivery.lock else { return };
        let reading = match delivery.tail.map(|tail| self.front.engine.tail(tail)) {
            None => None,
            Some(Ok(reading)) => Some(reading),
            Some(Err(error)) => return self.front.engine.spoiled(&delivery, &error),
        };
        let mut head = std::mem::take(&mut self.scratch);
        head.clear();
        let body = compose(&delivery, None, &mut head);
        let tail = delivery.tail.map_or(0, |tail| tail.bytes);
        link.bytes = body.len() + usize::try_from(tail).unwrap_or(usize::MAX / 2);
        let message = Outgoing {
            // The lock token as .NET writes it (servicebus §2.5).
            tag: Tag::from(lock.token.to_bytes_le()),
            key: lock.token.as_u128(),
            settled: link.for_good,
            format: 0,
            head: &head,
            body: &body,
            more: reading.is_some(),
        };
        self.connection.send(id, &message);
        self.scratch = head;
        match reading {
            Some(reading) => link.rest = Some(Rest { delivery, reading }),
            None => {
                self.sent(link, &delivery);
                self.used(id, 1);
            }
        }
    }

    /// Send a part of a large message; whether that could be done.
    fn send_rest(&mut self, id: LinkId, link: &mut Outbound, mut rest: Rest) -> bool {
        if !self.connection.flows(id) {
            link.rest = Some(rest);
            return false;
        }
        match rest.reading.next_part() {
            Ok(part) => {
                let more = !rest.reading.is_over();
                let part = part.unwrap_or_default();
                self.connection.send_more(id, &part, more);
                if more {
                    link.rest = Some(rest);
                } else {
                    self.sent(link, &rest.delivery);
                }
            }
            Err(error) => {
                self.connection.abort(id);
                self.front.engine.spoiled(&rest.delivery, &error);
            }
        }
        true
    }

    /// A message has gone in full.
    fn sent(&self, link: &Outbound, delivery: &Delivery) {
        if let Some(lock) = delivery.lock.filter(|_| link.for_good) {
            // Gone once it is on its way. Should we end before that is written, it
            // comes a second time rather than never.
            let (engine, place) = (&self.front.engine, link.receiver.place());
            let unasked = Box::new(drop);
            let done = Settlement::Complete;
            drop(engine.post_settlement(place, lock.token, done, unasked));
        }
    }

    /// Credit or window has changed.
    pub(super) fn flow(&mut self, session: SessionId, link: Option<LinkId>) {
        let Some(id) = link else {
            let links = self.outbound.keys().filter(|id| id.session == session);
            let links: Vec<LinkId> = links.copied().collect();
            links.into_iter().for_each(|id| self.feed_soon(id));
            return;
        };
        if self.answers.contains_key(&id) {
            self.flush_answers(id);
        }
        self.used(id, 0);
        self.feed_soon(id);
    }

    /// The client says what became of a message.
    pub(super) fn settle(
        &mut self,
        session: SessionId,
        delivery: u32,
        sent: Option<(LinkId, u128)>,
        settled: bool,
        outcome: Outcome,
    ) {
        let place = sent.and_then(|(id, key)| {
            let link = self.outbound.get(&id)?;
            Some((link.receiver.place(), Uuid::from_u128(key)))
        });
        let Some((place, token)) = place else {
            if !settled {
                let lost = super::condition(&Error::LockLost);
                let (role, outcome) = (Role::Sender, Outcome::rejected(lost));
                let connection = &mut self.connection;
                connection.dispose(session, role, delivery, true, outcome);
            }
            return;
        };
        let Some(settlement) = settlement(&outcome) else {
            if !settled {
                let words = "not implemented: this outcome";
                let error = Condition::new(condition::NOT_IMPLEMENTED, words);
                let outcome = Outcome::rejected(error);
                self.connection.settle(session, delivery, outcome);
            }
            return;
        };
        let mailbox = self.mailbox.clone();
        let bare = outcome.bare();
        let answer = move |result| {
            if !settled {
                let outcome = bare;
                mailbox.put(Done::Settled {
                    session,
                    delivery,
                    outcome,
                    result,
                });
            }
        };
        let engine = self.front.engine.clone();
        let posted = engine.post_settlement(place, token, settlement, Box::new(answer));
        if let Err(error) = posted
            && !settled
        {
            self.settled(session, delivery, outcome, Err(error));
        }
    }

    /// Confirm it: the same outcome with nothing in it, or why not.
    pub(super) fn settled(
        &mut self,
        session: SessionId,
        delivery: u32,
        outcome: Outcome,
        result: Result<(), Error>,
    ) {
        let answer = match result {
            Ok(()) => outcome,
            Err(error) => Outcome::rejected(super::condition(&error)),
        };
        self.connection.settle(session, delivery, answer);
    }
}

/// What an outcome asks for; none for what we cannot do (servicebus §2.5).
fn settlement(outcome: &Outcome) -> Option<Settlement> {
    match outcome {
        Outcome::Accepted => Some(Settlement::Complete),
        Outcome::Released => Some(Settlement::Release),
        // Java abandons with no field set, so this counts as failed either way.
        Outcome::Modified {
            undeliverable,
            annotations,
            ..
        } => {
            let changes = encoded(annotations.pairs().to_vec());
            Some(match undeliverable {
                true => Settlement::Defer(changes),
                false => Settlement::Abandon(changes),
            })
        }
        Outcome::Rejected(error) => Some(dead_letter(error.as_deref())),
        _ => None,
    }
}

/// Why, and what else is to be known of it.
fn dead_letter(error: Option<&Condition>) -> Settlement {
    let (mut reason, mut description) = (String::new(), String::new());
    let mut changes = Bytes::new();
    if let Some(error) = error.filter(|error| error.name == condition::DEAD_LETTER) {
        let mut others = Vec::new();
        for (name, value) in error.info.pairs() {
            let text = value.text().unwrap_or_default().to_owned();
            match name.text() {
                Some("DeadLetterReason") => reason = text,
                Some("DeadLetterErrorDescription") => description = text,
                _ => others.push((name.clone(), value.clone())),
            }
        }
        changes = encoded(others);
    } else if let Some(error) = error {
        reason = error.name.clone().into_owned();
        description = error.description.clone().unwrap_or_default();
    }
    Settlement::DeadLetter {
        reason,
        description,
        changes,
    }
}
