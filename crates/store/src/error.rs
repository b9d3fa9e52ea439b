//! What can go wrong in the store.

use fault::Fault;

/// A failure of the store. Never the caller's doing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// The folder cannot be used, or is in use.
    #[error("the folder {folder} cannot be used: {reason}")]
    Folder {
        /// Which.
        folder: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The place for blobs cannot be used.
    #[error("store: blobs cannot be kept in {place}: {reason}")]
    Place {
        /// The folder or address.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A blob could not be written, read or removed.
    #[error("store: blob {id}: {source}")]
    Blob {
        /// The blob's name.
        id: String,
        /// What the system or the service said.
        source: Box<object_store::Error>,
    },
    /// Content does not open under the data key: damaged, moved or another key's.
    #[error("store: the content of message {message} does not open under the data key")]
    Damaged {
        /// The message that it belongs to.
        message: String,
    },
    /// A row holds text that our own types refuse.
    #[error("store: a row holds {got:?} where {expected} is expected")]
    Row {
        /// What we expected to read.
        expected: &'static str,
        /// What was there.
        got: String,
    },
}

impl Error {
    /// What is busy, full or out of reach passes; the rest is ours.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Db(error) => error.fault(),
            // One that is gone does not come back; a disk may be emptied, a service
            // may answer again.
            Self::Blob { source, .. } => match **source {
                object_store::Error::NotFound { .. } => Fault::Ours,
                _ => Fault::Link,
            },
            _ => Fault::Ours,
        }
    }
}

/// Parse a column that our own types wrote.
pub(crate) fn typed<T: std::str::FromStr>(
    text: &str,
    expected: &'static str,
) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Row {
        expected,
        got: text.to_owned(),
    })
}
