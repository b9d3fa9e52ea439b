//! The log: every change of every queue, in order, in files of equal size.
//!
//! Files are allocated whole before they are written, so that a sync need not write
//! file sizes too, and are freed from the oldest on once nothing in them is waited for:
//! a later file may say that a message in an earlier one is gone, so the earlier must
//! go first. Messages that outstay their file are written again at the end.

mod record;
mod recover;
mod segment;
mod writer;

pub use record::Origin;
pub(crate) use record::{Op, Put};
pub(crate) use recover::recover;
pub(crate) use segment::{Position, Segments, failed};
pub(crate) use writer::{Applied, Log, Written};
