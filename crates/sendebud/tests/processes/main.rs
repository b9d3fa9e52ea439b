//! The roles as processes, started from the files that `sendebud init` writes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../world/mod.rs"]
mod world;

mod alert;
mod chain;
mod demo;
mod emulator;
mod ending;
mod outage;
mod ring;
mod rotation;
mod secrets;
mod serve;
mod settings;
mod start;
mod traces;
mod trust;
