//! What makes an envelope unreadable or useless.

use fault::Fault;

use crate::MessageType;

/// Why an SBD, or a payload around one, was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not JSON.
    #[error("JSON parse error: {0}")]
    Json(String),
    /// Nothing but `null` or white space.
    #[error("the body is empty")]
    Empty,
    /// Top level or business message of a type that nobody knows.
    #[error(
        "Unknown BusinessMessageType = {}. Expecting one of {}",
        .0.as_deref().unwrap_or("null"), MessageType::names()
    )]
    UnknownType(Option<String>),
    /// The document has another shape than two members with objects in them.
    #[error("Expected token {expected}, but found {found}")]
    Token {
        /// What should stand there.
        expected: &'static str,
        /// What does.
        found: &'static str,
    },
    /// The business message goes by another name than the header says.
    #[error("Expected to find field named {expected}, but found {found}")]
    Name {
        /// The name by the header.
        expected: String,
        /// The name that is there.
        found: String,
    },
    /// The header names no type.
    #[error("documentIdentification.type is missing")]
    MissingType,
    /// A member that we need is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A member has a value that it cannot have.
    #[error("{member} cannot be {got:?}: {expected} is expected")]
    Value {
        /// Which member.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        got: String,
    },
    /// A party that is no organisation as ISO 6523 writes it.
    #[error("Unable to parse identifier = '{0}'")]
    Party(String),
    /// An authority that we know nothing of.
    #[error("Unknown authority = {0}")]
    Authority(String),
    /// The package does not come out of its Base64.
    #[error("asic: {layer} Base64 layer: {what}")]
    Base64 {
        /// `outer` or `inner`.
        layer: &'static str,
        /// What is wrong.
        what: String,
    },
}

impl Error {
    /// Whoever wrote the document must mend it. On the wire that is the peer; at the
    /// REST API the caller, who is told as such there.
    pub fn fault(&self) -> Fault {
        Fault::Caller
    }
}
