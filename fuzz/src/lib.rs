//! What the targets call. Ordinary tests drive the same, file by file: a way in that is
//! fuzzed now and then is one that is tried each time.

pub mod answers;
pub mod packages;
