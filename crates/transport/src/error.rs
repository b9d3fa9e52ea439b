//! What can go wrong on the road.

use fault::Fault;

/// A failure between us and the message service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It did not answer.
    #[error("the message service cannot be reached: {0}")]
    Unreachable(String),
    /// It answered that it will not, now.
    #[error("the message service answered {status}: {detail}")]
    Refused {
        /// HTTP status, or the nearest to it.
        status: u16,
        /// Its words.
        detail: String,
    },
    /// The message is larger than the queue takes.
    #[error("the message service does not take a message of {bytes} bytes")]
    TooLarge {
        /// The size of the body.
        bytes: usize,
    },
    /// The lock has run out; the message will be delivered again.
    #[error("the lock on the message is lost")]
    LockLost,
    /// The settings cannot be used.
    #[error("message service settings: {0}")]
    Settings(String),
}

impl Error {
    /// A refusal may pass when someone mends the queue or the key, so it is retried
    /// like a road that is closed; a message that is too large will always be.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unreachable(_) | Self::Refused { .. } | Self::LockLost => Fault::Link,
            Self::TooLarge { .. } => Fault::Caller,
            Self::Settings(_) => Fault::Ours,
        }
    }
}
