//! The log: every change of every queue, in order, in files of equal size.
//!
//! Files are allocated whole before they are written, so that a sync need not write
//! file sizes too, and are used again when nothing in them counts: no message, and no
//! word on a message in another file that still exists. Messages that outstay their
//! file are written again at the end. What counts is known to the index
//! (`engine::state`), which is told of everything that was written.
//!
//! What of a message is too large for that is in a file of its own (`tails`).

mod disk;
mod files;
mod layout;
mod op;
mod recover;
mod tails;
mod writer;

pub(crate) use disk::File;
pub use disk::{Disk, Event};
pub(crate) use files::{Files, bytes, failed, whole};
pub(crate) use op::{Content, Entry, Head, Note, Op, Position, Put};
pub use op::{Stage, Tail};
pub(crate) use recover::{recover, survey};
pub(crate) use tails::Tails;
pub use tails::{Kept, Reading, Spool};
pub(crate) use writer::{Answer, Applied, Log, Purpose};
