//! The numbered faults of the Java access point (rest-api §12): one test a number, each
//! showing that ours does not have it.
//!
//! Other rooms show what is theirs, in tests that are named alike. Numbers that we keep on
//! purpose are in docs/quirks.md; `conformance/tests/faults.rs` knows them all.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod answers;
mod caller;
mod messages;
#[path = "../world/mod.rs"]
mod world;
