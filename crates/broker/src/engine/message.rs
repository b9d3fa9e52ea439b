//! Messages as they come, as they go, and what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

use super::index::Slot;
use crate::log::{Kept, Put, Stage, Tail};

/// A message to be sent. What it says is the fronts' affair: the engine keeps bytes.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Its id; made when there is none.
    pub id: Option<String>,
    /// What its sender told the broker about it.
    pub notes: Bytes,
    /// The message itself.
    pub body: Bytes,
    /// The rest of it, if it is large.
    pub tail: Option<Arc<Kept>>,
    /// For how long it is of use.
    pub time_to_live: Option<Duration>,
    /// Nobody gets it before, in microseconds since 1970.
    pub scheduled_at: Option<i64>,
}

impl Message {
    /// Its size in bytes, as limits count it.
    pub(super) fn bytes(&self) -> usize {
        let tail = self.tail.as_ref().map_or(0, |tail| tail.bytes());
        let tail = usize::try_from(tail).unwrap_or(usize::MAX);
        tail.saturating_add(self.notes.len() + self.body.len())
    }
}

/// A message as a receiver gets it. Times are microseconds since 1970.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Number in its queue.
    pub sequence: u64,
    /// Number in the queue that it was first in.
    pub origin: u64,
    /// Its id.
    pub id: Box<str>,
    /// What its sender told the broker about it.
    pub notes: Bytes,
    /// What receivers have changed about it since.
    pub changes: Bytes,
    /// The message itself.
    pub body: Bytes,
    /// The rest of it, if it is large.
    pub tail: Option<Tail>,
    /// When it was sent, or its time came.
    pub enqueued_at: i64,
    /// For when it was scheduled, or 0.
    pub scheduled_at: i64,
    /// For how long it is of use, in microseconds, or 0.
    pub time_to_live: i64,
    /// How often it was delivered in vain.
    pub count: u16,
    /// What it waits for.
    pub stage: Stage,
    /// The lock, if it is locked for this receiver.
    pub lock: Option<Lock>,
    /// Why it lies in a dead-letter queue: reason, description, source.
    pub dead: Option<Box<[String; 3]>>,
}

impl Delivery {
    pub(super) fn new(put: Put, taken: &Taken) -> Self {
        let content = put.content;
        Self {
            sequence: taken.slot.sequence,
            origin: content.origin,
            id: content.id,
            notes: content.notes,
            changes: content.changes,
            body: content.body,
            tail: taken.tail,
            enqueued_at: content.enqueued_at,
            scheduled_at: content.scheduled_at,
            time_to_live: content.time_to_live,
            count: taken.slot.count,
            stage: taken.slot.stage,
            lock: taken.lock,
            dead: content.dead,
        }
    }

    /// When it is of no more use, or 0.
    pub fn expires_at(&self) -> i64 {
        match self.time_to_live {
            0 => 0,
            time => self.enqueued_at.saturating_add(time),
        }
    }
}

/// A lock on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// Its name.
    pub token: Uuid,
    /// Until when, in microseconds since 1970.
    pub until: i64,
}

/// What becomes of a message that was locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is done with.
    Complete,
    /// Not now; it counts as a delivery in vain. With what is changed about it.
    Abandon(Bytes),
    /// Not now, and it does not count: it was never looked at.
    Release,
    /// Only for who asks for its number. With what is changed about it.
    Defer(Bytes),
    /// Never: to the dead-letter queue.
    DeadLetter {
        /// In a word.
        reason: String,
        /// In many.
        description: String,
        /// What else is changed about it.
        changes: Bytes,
    },
}

/// A message found in the index, to be read outside the lock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) lane: u32,
    pub(super) slot: Slot,
    pub(super) lock: Option<Lock>,
    pub(super) tail: Option<Tail>,
}
