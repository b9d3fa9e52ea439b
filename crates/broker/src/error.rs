//! What the broker refuses, and what may fail under it.

use fault::Fault;

/// Why an operation on a queue was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such queue, and none may be made of that name.
    #[error("the entity {0} could not be found")]
    NoQueue(String),
    /// The lock is unknown: it ran out, was settled, or never was.
    #[error("the lock supplied is invalid: it ran out, or the message was settled")]
    LockLost,
    /// The message is larger than the broker takes.
    #[error("a message of {bytes} bytes is larger than the {max} that are taken")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// The disk, or the quota, is full.
    #[error("no room: {0}")]
    Full(String),
    /// The log could not be written or read.
    #[error("log: {0}")]
    Log(String),
    /// A record in the log is not what was written.
    #[error("log: segment {segment}, offset {offset}: {what}")]
    Damaged {
        /// Number of the segment.
        segment: u64,
        /// Byte offset in it.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The settings cannot be used.
    #[error("broker settings: {0}")]
    Settings(String),
    /// The broker is closing.
    #[error("the broker is closing")]
    Closed,
}

impl Error {
    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoQueue(_) | Self::LockLost | Self::TooLarge { .. } => Fault::Caller,
            Self::Full(_) | Self::Closed => Fault::Link,
            Self::Log(_) | Self::Damaged { .. } | Self::Settings(_) => Fault::Ours,
        }
    }
}
