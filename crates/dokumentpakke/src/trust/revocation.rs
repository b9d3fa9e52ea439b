//! What is known of a certificate's being called back.

use jiff::Timestamp;

/// Whether a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// Whoever issued it says that it is good.
    Good,
    /// Nobody could say.
    Unknown,
    /// It was.
    Revoked(Timestamp),
}

impl Revocation {
    /// The heavier, the worse.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Unknown => 1,
            Self::Revoked(_) => 2,
        }
    }
}
