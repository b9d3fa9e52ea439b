//! A message's way through the access point, out and in: the only place that changes
//! a status.
//!
//! Out: [`outgoing::accept`] → [`outgoing::attach`] → [`outgoing::submit`] → the job
//! `deliver` → the message service. In: `incoming::receive` → [`incoming::peek`] →
//! [`incoming::pop`] → [`incoming::remove`]. Every step commits what it changes together
//! with the job that this causes; see [`run`](Point::run) for who carries the jobs out.

mod alert;
pub mod bestedu;
pub mod capabilities;
pub mod health;
pub mod incoming;
pub mod ledger;
pub mod outgoing;
pub mod subscription;

mod busy;
mod certificate;
mod error;
mod expiry;
mod job;
mod judging;
mod keys;
mod lease;
mod limits;
mod point;
mod push;
mod register;
mod report;
mod retention;
mod route;
mod run;
mod time;

pub use alert::Alert;
pub use error::Error;
pub use judging::Judging;
pub use limits::Limits;
pub use point::{Point, Setup};
pub use push::{Network, Webhooks};
