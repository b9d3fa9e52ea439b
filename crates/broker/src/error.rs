//! What the broker refuses, and what may fail under it.

use std::path::PathBuf;

use fault::Fault;

/// Why an operation on a queue was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such queue, and none may be made of that name.
    #[error("The messaging entity {0} could not be found.")]
    NoQueue(String),
    /// There is a queue of that name already.
    #[error("there is an entity {0} already")]
    Exists(String),
    /// No queue can have this name.
    #[error("{name:?} is no name of a queue: expected {expected}")]
    Name {
        /// What was given.
        name: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A queue's property cannot be this.
    #[error("{name} cannot be {value:?}: expected {expected}")]
    Setting {
        /// The property.
        name: String,
        /// What was given.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Queues have no such property.
    #[error("a queue has no property {0}")]
    UnknownSetting(String),
    /// Azure does this, and we do not.
    #[error("not implemented: {0}")]
    NotImplemented(&'static str),
    /// The queue's status does not allow it.
    #[error("the entity {0} is disabled for this: its status is {1}")]
    Disabled(String, &'static str),
    /// The lock is unknown: it ran out, was settled, or never was.
    #[error("the lock supplied is invalid: it ran out, or the message was settled")]
    LockLost,
    /// The message is larger than the broker takes.
    #[error("a message of {bytes} bytes is larger than the {max} that are taken")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// There is no such message, or it does not wait for that.
    #[error("there is no message with number {0} that this could be done to")]
    NoMessage(u64),
    /// The queue holds as much as it may.
    #[error("the entity is full: its messages may take {megabytes} MB together")]
    Quota {
        /// The limit.
        megabytes: u64,
    },
    /// The disk is full.
    #[error("no room: {0}")]
    Full(String),
    /// The log could not be written or read.
    #[error("log: {0}")]
    Log(String),
    /// A record in the log is not what was written.
    #[error("log: file {file}, offset {offset}: {what}")]
    Damaged {
        /// Number of the file.
        file: u32,
        /// Byte offset in it.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The rest of a large message is not what was written.
    #[error("tail {tail}, offset {offset}: it is not what was written")]
    DamagedTail {
        /// Number of its file.
        tail: u64,
        /// Byte offset in it.
        offset: u64,
    },
    /// The file that says which queues there are is not what was written.
    #[error(
        "{}, line {line}, is not what was written: put the line right, or take it out \
         if its queue may go",
        path.display()
    )]
    Register {
        /// The file.
        path: PathBuf,
        /// Its line, counted from 1.
        line: usize,
    },
    /// The settings cannot be used.
    #[error("broker settings: {0}")]
    Settings(String),
    /// Too many operations in this second, where Azure's limits are imposed. In Azure's
    /// words, which clients look into.
    #[error(
        "The request was terminated because the namespace is being throttled. Error \
         code: 50002. Please wait 2 seconds and try again."
    )]
    Busy,
    /// A message is not as Azure takes it.
    #[error("{0}")]
    Argument(&'static str),
    /// The broker is closing.
    #[error("the broker is closing")]
    Closed,
}

impl Error {
    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoQueue(_)
            | Self::Exists(_)
            | Self::Name { .. }
            | Self::Setting { .. }
            | Self::UnknownSetting(_)
            | Self::NotImplemented(_)
            | Self::Disabled(..)
            | Self::LockLost
            | Self::NoMessage(_)
            | Self::Argument(_)
            | Self::TooLarge { .. } => Fault::Caller,
            Self::Full(_) | Self::Quota { .. } | Self::Busy | Self::Closed => {
                Fault::Link
            }
            Self::Log(_)
            | Self::Damaged { .. }
            | Self::DamagedTail { .. }
            | Self::Register { .. }
            | Self::Settings(_) => Fault::Ours,
        }
    }
}
