//! A queue as its owner describes it: name, settings, and who may use it.

mod fields;
mod name;
mod period;
mod register;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use fields::FIELDS;
pub(crate) use name::Address;
pub use name::{Pattern, QueueName};
pub(crate) use register::{Change, Described, Known, Register};

use crate::settings::Policy;

/// What an owner may set of a queue. The names on the wire, and how each value is
/// written there, are in [`QueueSettings::set`] and [`QueueSettings::get`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QueueSettings {
    /// For how long a received message is locked.
    pub lock_time: Duration,
    /// How large all of its messages together may be.
    pub megabytes_max: u64,
    /// Whether a message whose id was seen within the window is dropped.
    pub detects_duplicates: bool,
    /// For how long an id is remembered.
    pub duplicate_window: Duration,
    /// How long a message is of use when its sender does not say; for ever if none.
    /// A sender may say less, not more.
    pub time_to_live: Option<Duration>,
    /// Whether a message that has outlived its use goes to the dead-letter queue; it is
    /// dropped if not.
    pub dead_letters_expired: bool,
    /// After so many deliveries in vain a message goes to the dead-letter queue.
    pub max_delivery_count: u32,
    /// What may be done with the queue.
    pub status: Status,
    /// Words of the owner's own.
    pub user_metadata: String,
    /// Largest message; the broker's own limit if none.
    pub message_kilobytes_max: Option<u64>,
    /// The queue is deleted when nobody has used it for so long; never if none.
    pub idle_time_max: Option<Duration>,
    /// Kept for those who ask; every queue works in batches.
    pub batched_operations: bool,
    /// Kept for those who ask; there is one partition.
    pub partitioned: bool,
    /// Kept for those who ask; every message is on disk before it is confirmed.
    pub express: bool,
    /// Who may use it, beside those whom the whole broker knows.
    pub policies: Vec<Policy>,
}

/// What may be done with a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Status {
    /// Everything.
    #[default]
    Active,
    /// Nothing.
    Disabled,
    /// Only to receive.
    SendDisabled,
    /// Only to send.
    ReceiveDisabled,
}

impl Status {
    /// Whether messages are taken in.
    pub fn sends(self) -> bool {
        matches!(self, Self::Active | Self::ReceiveDisabled)
    }

    /// Whether messages are given out.
    pub fn receives(self) -> bool {
        matches!(self, Self::Active | Self::SendDisabled)
    }
}

/// What Azure gives a queue of which nothing is said.
impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            lock_time: Duration::from_secs(60),
            megabytes_max: 1024,
            detects_duplicates: false,
            duplicate_window: Duration::from_mins(10),
            time_to_live: None,
            dead_letters_expired: false,
            max_delivery_count: 10,
            status: Status::Active,
            user_metadata: String::new(),
            message_kilobytes_max: None,
            idle_time_max: None,
            batched_operations: true,
            partitioned: false,
            express: false,
            policies: Vec::new(),
        }
    }
}

/// A queue as it is.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its name, as it was made.
    pub name: QueueName,
    /// What its owner has set.
    pub settings: QueueSettings,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was last sent to or received from, as far as this process knows.
    pub accessed_at: Timestamp,
    /// What is in it.
    pub counts: Counts,
}

/// What is in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Messages that wait or are held by receivers.
    pub active: u64,
    /// Of these, those that a receiver would get now.
    pub ready: u64,
    /// Of these and of the deferred, those held by receivers.
    pub locked: u64,
    /// Messages that wait for their time.
    pub scheduled: u64,
    /// Messages that were put off.
    pub deferred: u64,
    /// Messages in its dead-letter queue.
    pub dead_letter: u64,
    /// Bytes of them all.
    pub bytes: u64,
}
