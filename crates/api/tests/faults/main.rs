//! The numbered faults of the Java access point (rest-api §12): one test a number, each
//! showing that ours does not have it.
//!
//! Numbers that other rooms show: 3, 6, 10 and 62 in `crates/flow/tests`, 12, 44 and 56
//! in `crates/api/tests/webhook.rs`, 29 and 60 in the tests of `crates/api`. Numbers that
//! we keep on purpose are in docs/quirks.md.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod answers;
mod caller;
mod messages;
#[path = "../world/mod.rs"]
mod world;
