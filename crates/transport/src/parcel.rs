//! What is carried.

use std::time::Duration;

use bytes::Bytes;

/// A message for a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The queue's name.
    pub queue: String,
    /// An id that a second copy of it bears too.
    pub message_id: String,
    /// JSON.
    pub body: Bytes,
    /// After this the message service may drop it.
    pub time_to_live: Option<Duration>,
}

/// A message from our queue, locked for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What was sent.
    pub body: Bytes,
    /// What to complete it by.
    pub lock: Lock,
    /// 1 at the first delivery.
    pub delivery_count: u32,
}

/// A lock on a received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The id that the message service knows the message by.
    pub(crate) message: String,
    /// The lock's own name.
    pub(crate) token: String,
}

/// Whether there is a place for what nobody can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadLettered {
    /// It lies there now; the lock is gone.
    Done,
    /// This road has none; the lock is still held.
    Unsupported,
}
