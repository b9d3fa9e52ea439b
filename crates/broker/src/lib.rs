//! A Service Bus-compatible broker: queues on a durable log, AMQP and REST in front.
//!
//! [`queue`] is what an owner says of a queue; [`engine`] is what is in them and knows
//! nothing of either protocol; the log under it keeps every change before it is
//! confirmed; the fronts translate.

mod admin;
mod amqp;
mod azure;
pub mod emulator;
pub mod engine;
mod error;
mod log;
pub mod port;
pub mod queue;
#[doc(hidden)]
pub mod raw;
mod rest;
mod run;
pub mod sas;
mod settings;
mod websocket;

pub use azure::{Azure, Tier};
pub use error::Error;
pub use run::{Listening, run};
pub use settings::{
    Authentication, Declared, FirstUse, Policy, Properties, Right, Settings, Tls,
};
