//! What can go wrong between folders, mail and access point.

use fault::Fault;

/// Why a step was not taken. It will be tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The access point.
    #[error(transparent)]
    Fagsystem(#[from] fagsystem::Error),
    /// The ledger.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// A folder or file.
    #[error("folder: {0}")]
    Folder(#[from] std::io::Error),
    /// The mail server.
    #[error("mail: {0}")]
    Mail(String),
    /// Whoever takes orders said no, or nothing.
    #[error("target: {0}")]
    Target(String),
    /// The ledger does not hold what it must.
    #[error("ledger: {0}")]
    Ledger(String),
    /// The mail server says that it will never take this.
    #[error("mail refused for good: {0}")]
    Refused(String),
    /// The settings cannot be used.
    #[error("klient settings: {0}")]
    Settings(String),
    /// A message that is not what its type promises.
    #[error("message {id}: {what}")]
    Message {
        /// Which.
        id: String,
        /// What is wrong.
        what: String,
    },
}

impl Error {
    /// Whether the access point refused under this label.
    pub(crate) fn is(&self, label: &str) -> bool {
        matches!(self, Self::Fagsystem(error) if error.is(label))
    }

    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Fagsystem(error) => error.fault(),
            Self::Db(error) => error.fault(),
            Self::Mail(_) | Self::Target(_) => Fault::Link,
            Self::Refused(_) | Self::Message { .. } => Fault::Peer,
            Self::Folder(_) | Self::Settings(_) | Self::Ledger(_) => Fault::Ours,
        }
    }
}

impl From<mail::Error> for Error {
    fn from(error: mail::Error) -> Self {
        let words = error.to_string();
        match error.fault() {
            Fault::Ours | Fault::Caller => Self::Settings(words),
            Fault::Peer => Self::Refused(words),
            Fault::Link => Self::Mail(words),
        }
    }
}
