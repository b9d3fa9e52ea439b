//! What makes a text no call of the contract.

use fault::Fault;

/// Why a text was not taken: what is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No XML that may be read.
    #[error("line {line}, column {column}: {what}")]
    Xml {
        /// What is wrong.
        what: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
    /// Another version of SOAP.
    #[error("this is SOAP 1.2; the contract is SOAP 1.1")]
    Version,
    /// Something that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An element that the contract does not have there.
    #[error("{found} is not known here; {expected} is wanted")]
    Unknown {
        /// The element.
        found: String,
        /// What the contract has.
        expected: &'static str,
    },
    /// The other side answered that our call cannot be carried out.
    #[error("the SOAP server says {code}: {text}")]
    Fault {
        /// `Client`, `Server` or the like.
        code: String,
        /// Its words.
        text: String,
    },
}

impl Error {
    /// Whoever wrote the text must mend it.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Fault { .. } => Fault::Peer,
            _ => Fault::Caller,
        }
    }

    /// The code of the SOAP fault that answers it (SOAP 1.1, 4.4.1).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Version => "VersionMismatch",
            _ => "Client",
        }
    }
}
