//! Who must act before a failed thing can succeed: caller, peer, link or ours.
//!
//! Every crate's `Error` answers `fault()`. Retry, HTTP status and log level follow
//! from the answer and from nothing else.

use std::fmt;

/// Who must act before this can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The caller's message breaks a rule: 4xx with a label, never retried.
    Caller,
    /// The other side broke the protocol: FEIL or dead letter, never retried.
    Peer,
    /// The road between us: retried with backoff until levetid runs out.
    Link,
    /// Us: 500, logged as an error, dead letter.
    Ours,
}

impl Fault {
    /// Whether the same attempt may succeed later with nobody changing anything.
    pub fn is_passing(self) -> bool {
        self == Self::Link
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "caller",
            Self::Peer => "peer",
            Self::Link => "link",
            Self::Ours => "ours",
        })
    }
}
