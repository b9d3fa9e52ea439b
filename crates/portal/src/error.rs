//! What can go wrong in the portal.

use fault::Fault;

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The access point.
    #[error(transparent)]
    Fagsystem(#[from] fagsystem::Error),
    /// The portal's own memory.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// An order that cannot be taken.
    #[error("the order is refused: {0:?}")]
    Order(Refusal),
    /// A message that is not what its type promises.
    #[error("message {id}: {what}")]
    Message {
        /// Which.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// A mail was not taken.
    #[error("the mail server: {0}")]
    Mail(String),
    /// The settings cannot be used.
    #[error("portal settings: {0}")]
    Settings(String),
}

/// Why an order cannot be taken; the pages have the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No documents, or more than one order may have.
    Documents,
    /// A document is not there any longer.
    Gone,
    /// The address does not look like one.
    Address,
    /// A body takes no orders here.
    Body,
    /// Mail is not set up.
    NoMail,
    /// An order from this address waits to be verified.
    Unverified,
    /// Too many orders wait to be verified.
    TooMany,
}

impl Error {
    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Fagsystem(error) => error.fault(),
            Self::Db(error) => error.fault(),
            Self::Order(Refusal::NoMail) | Self::Settings(_) => Fault::Ours,
            Self::Order(_) => Fault::Caller,
            Self::Message { .. } => Fault::Peer,
            Self::Mail(_) => Fault::Link,
        }
    }
}

impl From<mail::Error> for Error {
    /// Without the server's words: they may hold the citizen's address.
    fn from(error: mail::Error) -> Self {
        match error {
            mail::Error::Settings(words) => Self::Settings(words),
            mail::Error::Unsent { code, .. } => {
                Self::Mail(code.unwrap_or("no answer".into()))
            }
        }
    }
}
