//! The klient as an operator sees it: folders, commands, and those who take orders.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../world/mod.rs"]
mod world;

mod browser;
mod certificate;
mod form;
mod innsynskrav;
mod move_in;
mod publish;
mod servers;
mod time;
