//! What can be wrong with a package, a key or a certificate.

use fault::Fault;

/// Why something could not be sealed, opened or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are no CMS EnvelopedData.
    #[error("not a dokumentpakke: {0}")]
    NotCms(String),
    /// The bytes end before they should.
    #[error("the dokumentpakke is cut off after {at} of its bytes")]
    Truncated {
        /// How many bytes there are.
        at: usize,
    },
    /// It is encrypted to certificates whose keys we do not have.
    #[error("the dokumentpakke is encrypted to {got}, but the keys here are {own}")]
    OtherRecipient {
        /// To whom it is.
        got: String,
        /// Whose keys we have.
        own: String,
    },
    /// An algorithm that we do not know.
    #[error("the dokumentpakke uses an unknown algorithm: {0}")]
    Algorithm(String),
    /// Key or content does not decrypt, or not to a container. Which of them is not said,
    /// on purpose.
    #[error(
        "the dokumentpakke cannot be decrypted: wrong key, damaged content, or no \
         container in it"
    )]
    Decrypt,
    /// A signature that does not hold. Readers of containers report it as a verdict.
    #[error("the signature does not hold: {0}")]
    Signature(String),
    /// The container inside is damaged.
    #[error("the container is damaged: {0}")]
    Container(String),
    /// The container is larger than is allowed.
    #[error("the container is too large: {what} over {max}")]
    TooLarge {
        /// What is.
        what: &'static str,
        /// The limit.
        max: u64,
    },
    /// A file name that cannot be an entry.
    #[error("file name {name:?} refused: {why}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The files are more than a container takes.
    #[error("the files are too large for a container: {what} over {max}")]
    Oversize {
        /// What is.
        what: &'static str,
        /// The limit.
        max: u64,
    },
    /// A stream that could not be read or written.
    #[error("the stream ended badly: {0}")]
    Stream(String),
    /// A certificate that cannot be read or used.
    #[error("certificate: {0}")]
    Certificate(String),
    /// A key or key store that cannot be read or used.
    #[error("key: {0}")]
    Key(String),
}

impl Error {
    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Name { .. } | Self::Oversize { .. } => Fault::Caller,
            Self::Key(_) | Self::Stream(_) => Fault::Ours,
            _ => Fault::Peer,
        }
    }
}
