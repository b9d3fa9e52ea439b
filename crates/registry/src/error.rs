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
    /// Its answer is not signed as it must be.
    #[error("the address register's answer is refused: {0}")]
    Signature(String),
    /// Its answer is about somebody or something else than was asked.
    #[error("the address register's answer is refused: it is about {got}, not {asked}")]
    Swapped {
        /// What was asked about.
        asked: String,
        /// What the answer is about.
        got: String,
    },
    /// Maskinporten gives no token for this scope.
    #[error("Maskinporten gives no token for {scope}: {words}")]
    Token {
        /// The scope.
        scope: String,
        /// Its words.
        words: String,
    },
    /// Maskinporten did not answer.
    #[error("Maskinporten cannot be reached: {0}")]
    TokenUnreachable(String),
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
            Self::Refused { .. } | Self::Unreachable(_) | Self::TokenUnreachable(_) => {
                Fault::Link
            }
            Self::Answer(_) | Self::Signature(_) | Self::Swapped { .. } => Fault::Peer,
            Self::Settings(_) | Self::Token { .. } => Fault::Ours,
        }
    }
}
