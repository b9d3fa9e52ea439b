//! What a look-up may come to.

use fault::Fault;

/// Why a look-up gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The register knows no such organisation, process or certificate.
    #[error("the address register: {description}")]
    NotFound {
        /// The register's own code, as `not_found`.
        code: String,
        /// Its words.
        description: String,
    },
    /// The register refused the question.
    #[error("the address register answered {status}: {description}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words.
        description: String,
    },
    /// It did not answer, and nothing is remembered.
    #[error("the address register cannot be reached: {0}")]
    Unreachable(String),
    /// Its answer cannot be read.
    #[error("the address register's answer cannot be read: {0}")]
    Answer(String),
    /// The settings cannot be used.
    #[error("address register settings: {0}")]
    Settings(String),
}

impl Error {
    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NotFound { .. } => Fault::Caller,
            Self::Refused { status, .. } if *status < 500 => Fault::Ours,
            Self::Refused { .. } | Self::Unreachable(_) => Fault::Link,
            Self::Answer(_) => Fault::Peer,
            Self::Settings(_) => Fault::Ours,
        }
    }
}
