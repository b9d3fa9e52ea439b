//! Over from the Java integrasjonspunkt, and back: the commands against a server that
//! plays its recorded answers, cut off at every step.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../world/mod.rs"]
mod world;

mod authorities;
mod back;
mod cut;
mod page;
mod place;
mod player;
mod queue;
mod record;
mod refusals;
mod settings;
