//! The figures that an operator may set.

use std::time::Duration;

/// Times and sizes of one access point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files of one message together. The Java access point's
    /// `upload-size-limit`: 2 MB.
    pub message_bytes_max: u64,
    /// Bytes of a message as the message service takes it; not asked before it is sent,
    /// unless given.
    pub wire_bytes_max: Option<u64>,
    /// Levetid of a message for which the caller names none: 24 hours.
    pub levetid: Duration,
    /// For how long a peek keeps a message from others: 5 minutes.
    pub lock_time: Duration,
    /// How long a status waits before it is sent home: not at all.
    pub status_delay: Duration,
    /// Whether statuses wait in a queue of their own until a caller takes them.
    pub status_queue: bool,
    /// For how long a finished conversation is remembered: for good, unless given.
    pub conversations_kept: Option<Duration>,
    /// For how long an incoming message is kept for the operator after its levetid has
    /// run out: for good, unless given.
    pub expired_kept: Option<Duration>,
    /// How many jobs run at once.
    pub jobs_max: usize,
    /// How many received messages are worked on at once.
    pub receive_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes_max: 2 * 1024 * 1024,
            wire_bytes_max: None,
            levetid: Duration::from_secs(24 * 60 * 60),
            lock_time: Duration::from_secs(5 * 60),
            status_delay: Duration::ZERO,
            status_queue: false,
            conversations_kept: None,
            expired_kept: None,
            jobs_max: 64,
            receive_max: 64,
        }
    }
}
