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
    /// An order that cannot be taken, in words for whoever ordered.
    #[error("{0}")]
    Order(String),
    /// A message that is not what its type promises.
    #[error("message {id}: {what}")]
    Message {
        /// Which.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// The settings cannot be used.
    #[error("portal settings: {0}")]
    Settings(String),
}

impl Error {
    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Fagsystem(error) => error.fault(),
            Self::Db(error) => error.fault(),
            Self::Order(_) => Fault::Caller,
            Self::Message { .. } => Fault::Peer,
            Self::Settings(_) => Fault::Ours,
        }
    }
}
