//! The queues without any protocol: against a model, through crashes and damage.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crash;
mod damage;
mod model;
mod queues;
mod run;
mod running;
mod tails;
mod world;
