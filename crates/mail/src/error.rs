//! Why a mail is not on its way.

use fault::Fault;
use lettre::transport::smtp;

/// Why a mail is not on its way.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings cannot be used.
    #[error("{0}")]
    Settings(String),
    /// The server said no, or nothing. Its words may hold an address.
    #[error("{words}")]
    Unsent {
        /// What it answered, if it did.
        code: Option<String>,
        /// It will never take this mail.
        for_good: bool,
        /// In its own words.
        words: String,
    },
}

impl Error {
    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Settings(_) => Fault::Ours,
            Self::Unsent { for_good: true, .. } => Fault::Peer,
            Self::Unsent { .. } => Fault::Link,
        }
    }
}

impl From<smtp::Error> for Error {
    fn from(error: smtp::Error) -> Self {
        Self::Unsent {
            code: error.status().map(|code| code.to_string()),
            for_good: error.is_permanent(),
            words: error.to_string(),
        }
    }
}
