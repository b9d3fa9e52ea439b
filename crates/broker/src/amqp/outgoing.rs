//! A client receives: messages are locked only for a link that has credit for them,
//! and settled in two steps, the second when the engine has written it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use amqp::{
    Condition, LinkId, Outcome, Outgoing, Role, SessionId, Tag, Value, condition,
};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use uuid::Uuid;

use super::compose::compose;
use super::peer::{Done, Peer};
use crate::Error;
use crate::engine::{Delivery, Settlement};

/// Bytes that are taken from a queue at once, as far as their size can be foreseen.
const CHUNK_BYTES: usize = 256 * 1024;
const CHUNK_MESSAGES_MAX: usize = 64;

/// A link over which a client receives.
pub(super) struct Outbound {
    pub(super) queue: Arc<str>,
    arrivals: Arc<Notify>,
    /// Our place among those who wait for messages; only while there is credit, or
    /// we would be told what others should be.
    told: Option<Pin<Box<OwnedNotified>>>,
    /// Messages may be there: nobody has looked since we were told.
    ready: bool,
    /// Receive-and-delete.
    for_good: bool,
    /// What the last message measured.
    bytes: usize,
}

impl Outbound {
    pub(super) fn new(queue: Arc<str>, arrivals: Arc<Notify>, for_good: bool) -> Self {
        Self {
            queue,
            arrivals,
            told: None,
            ready: true,
            for_good,
            bytes: CHUNK_BYTES,
        }
    }

    /// How many messages to take at once.
    fn chunk(&self) -> usize {
        (CHUNK_BYTES / self.bytes.max(1)).clamp(1, CHUNK_MESSAGES_MAX)
    }

    /// Wait to be told of a message; whether we have been.
    fn wait(&mut self, cx: &mut Context<'_>) -> bool {
        let told = self.told.get_or_insert_with(|| {
            // Nobody has looked since we last waited.
            self.ready = true;
            Box::pin(Arc::clone(&self.arrivals).notified_owned())
        });
        let done = told.as_mut().poll(cx).is_ready();
        if done {
            self.told = None;
        }
        done
    }
}

impl Peer {
    /// Send what waits to every link that has credit; whether anything was sent.
    pub(super) fn deliver(&mut self, cx: &mut Context<'_>, backlog: usize) -> bool {
        let mut moved = false;
        // Taken out, so that the rest of the peer can be used meanwhile.
        let mut outbound = std::mem::take(&mut self.outbound);
        for (id, link) in &mut outbound {
            moved |= self.feed(*id, link, cx, backlog);
        }
        self.outbound = outbound;
        moved
    }

    fn feed(
        &mut self,
        id: LinkId,
        link: &mut Outbound,
        cx: &mut Context<'_>,
        backlog: usize,
    ) -> bool {
        let mut moved = false;
        loop {
            let room = self.connection.room(id) as usize;
            let full = backlog + self.connection.output().len() > CHUNK_BYTES * 2;
            if room == 0 || full {
                link.told = None;
                return moved;
            }
            // First wait, then look: what comes in between is told.
            if link.wait(cx) {
                continue;
            }
            if link.ready {
                let count = room.min(link.chunk());
                let sent = self.take(id, link, count);
                moved |= sent > 0;
                link.ready = sent == count;
                continue;
            }
            if self.connection.drains(id) {
                self.connection.drained(id);
                moved = true;
            }
            return moved;
        }
    }

    /// Take messages from the queue and send them; how many.
    fn take(&mut self, id: LinkId, link: &mut Outbound, count: usize) -> usize {
        let taken = match self.front.engine.take(&link.queue, count) {
            Ok(taken) => taken,
            Err(error) => {
                let error = super::condition(&error);
                self.connection.detach(id, Some(error));
                return 0;
            }
        };
        for delivery in &taken {
            link.bytes = delivery.body.len();
            self.send(id, link, delivery);
        }
        taken.len()
    }

    fn send(&mut self, id: LinkId, link: &Outbound, delivery: &Delivery) {
        let Some(lock) = delivery.lock else { return };
        let mut head = std::mem::take(&mut self.scratch);
        head.clear();
        let body = compose(delivery, None, &mut head);
        let message = Outgoing {
            // The lock token as .NET writes it (servicebus §2.5).
            tag: Tag::from(lock.token.to_bytes_le()),
            key: lock.token.as_u128(),
            settled: link.for_good,
            format: 0,
            head: &head,
            body: &body,
        };
        self.connection.send(id, &message);
        self.scratch = head;
        if link.for_good {
            // Gone once it is on its way. Should we end before that is written, it
            // comes a second time rather than never.
            let (engine, queue) = (self.front.engine.clone(), link.queue.clone());
            self.begin(Box::pin(async move {
                let done = Settlement::Complete;
                let _ = engine.settle(&queue, lock.token, done).await;
                Done::Nothing
            }));
        }
    }

    /// Credit or window has changed.
    pub(super) fn flow(&mut self, _: SessionId, link: Option<LinkId>) {
        if let Some(id) = link
            && self.answers.contains_key(&id)
        {
            self.flush_answers(id);
        }
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
        let link = sent.and_then(|(id, key)| Some((self.outbound.get(&id)?, key)));
        let Some((link, key)) = link else {
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
                let words = "not implemented: defer";
                let error = Condition::new(condition::NOT_IMPLEMENTED, words);
                let outcome = Outcome::rejected(error);
                self.connection.settle(session, delivery, outcome);
            }
            return;
        };
        let (engine, queue) = (self.front.engine.clone(), link.queue.clone());
        let token = Uuid::from_u128(key);
        self.begin(Box::pin(async move {
            let result = engine.settle(&queue, token, settlement).await;
            if settled {
                return Done::Nothing;
            }
            Done::Settled {
                session,
                delivery,
                outcome,
                result,
            }
        }));
    }

    /// Confirm it: the same outcome with nothing in it, or why not.
    pub(super) fn settled(
        &mut self,
        session: SessionId,
        delivery: u32,
        outcome: &Outcome,
        result: Result<(), Error>,
    ) {
        let answer = match result {
            Ok(()) => outcome.bare(),
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
            undeliverable: false,
            ..
        } => Some(Settlement::Abandon),
        Outcome::Rejected(error) => {
            let (reason, description) = words(error.as_deref());
            Some(Settlement::DeadLetter(reason, description))
        }
        _ => None,
    }
}

fn words(error: Option<&Condition>) -> (String, String) {
    let Some(error) = error else {
        return (String::new(), String::new());
    };
    let field = |name: &str| {
        let value = error.info.field(name).and_then(Value::text);
        value.map(str::to_owned)
    };
    if error.name == condition::DEAD_LETTER {
        let reason = field("DeadLetterReason").unwrap_or_default();
        let words = field("DeadLetterErrorDescription").unwrap_or_default();
        return (reason, words);
    }
    let words = error.description.clone().unwrap_or_default();
    (error.name.clone().into_owned(), words)
}
