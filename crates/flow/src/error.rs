//! What the access point refuses, and what may fail under it.

use fault::Fault;
use sbd::{ConversationId, MessageId, MessageType};

/// Why a step was not taken. The REST API has a label for each.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such message (any longer).
    #[error("message {0} was not found")]
    MessageNotFound(MessageId),
    /// Pop and delete need a peek first.
    #[error("message {0} is not locked")]
    NotLocked(MessageId),
    /// The id is taken, by a message or by the memory of one.
    #[error("message {0} exists already")]
    AlreadyExists(MessageId),
    /// Two files of one name would be one entry in the package.
    #[error("message {message} has a file of this name already")]
    DuplicateFilename {
        /// The message.
        message: MessageId,
        /// The name, for the caller's eyes alone.
        name: String,
    },
    /// The name cannot be an entry of a package.
    #[error("message {message}: a file name is refused: {reason}")]
    BadFilename {
        /// The message.
        message: MessageId,
        /// What is wrong with it.
        reason: String,
    },
    /// A message of this type needs at least one file.
    #[error("message {0} has no file")]
    MissingFile(MessageId),
    /// A member that its type must have is not there.
    #[error("message {message} has no {member}")]
    MissingMember {
        /// The message.
        message: MessageId,
        /// `innsynskrav.epost` and the like.
        member: &'static str,
    },
    /// Its files are too large together.
    #[error("message {message}: {bytes} bytes of files, at most {max} are taken")]
    TooLarge {
        /// The message.
        message: MessageId,
        /// What the files would come to.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// It is larger on the wire than the message service takes.
    #[error("message {message}: {bytes} bytes on the wire, the service takes {max}")]
    WireTooLarge {
        /// The message.
        message: MessageId,
        /// What it would come to, packed and encoded.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The envelope says too little or contradicts itself.
    #[error(transparent)]
    Envelope(#[from] sbd::Error),
    /// The receiver does not take this process or this document type.
    #[error("the receiver does not accept process {process}: {description}")]
    ReceiverRefuses {
        /// The receiver asked for.
        receiver: String,
        /// The process asked for.
        process: String,
        /// The conversation that it was asked for.
        conversation: ConversationId,
        /// The document type, when it is that and not the process.
        document_type: Option<String>,
        /// The address register's words, or ours.
        description: String,
    },
    /// The receiver is reached by a service that this access point does not run.
    #[error("service {0} is not enabled")]
    ServiceDisabled(String),
    /// `standard` must end in `::` and the type.
    #[error("message type {kind} does not match the document type {document_type}")]
    TypeMismatch {
        /// The business message's type.
        kind: MessageType,
        /// The `standard` that came with it.
        document_type: String,
    },
    /// Its levetid has run out.
    #[error("message {message}: levetid ran out at {expired_at}")]
    LevetidUtlopt {
        /// The message.
        message: MessageId,
        /// When, as on the wire.
        expired_at: String,
    },
    /// Our own certificate cannot be used.
    #[error("own certificate: {0}")]
    Certificate(String),
    /// The package of a received message cannot be opened. It is kept.
    #[error("message {message} cannot be opened: {reason}")]
    Unreadable {
        /// The message.
        message: MessageId,
        /// Why, in words for the operator.
        reason: String,
    },
    /// No such conversation.
    #[error("conversation {0} was not found")]
    ConversationNotFound(ConversationId),
    /// The record in the address register cannot be used to send.
    #[error("the address register's record is of no use: {0}")]
    Record(String),
    /// The address register failed.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// Packing or opening failed.
    #[error(transparent)]
    Package(#[from] dokumentpakke::Error),
    /// The message service failed.
    #[error(transparent)]
    Transport(#[from] transport::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A worker thread was lost.
    #[error("a worker thread was lost: {0}")]
    Worker(String),
}

impl Error {
    /// Who must act before this can succeed.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Certificate(_) | Self::Worker(_) => Fault::Ours,
            Self::Unreadable { .. } | Self::Record(_) => Fault::Peer,
            Self::Registry(error) => error.fault(),
            Self::Package(error) => error.fault(),
            Self::Transport(error) => error.fault(),
            Self::Store(error) => error.fault(),
            _ => Fault::Caller,
        }
    }
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Store(error.into())
    }
}
