//! Look a receiver up, verify the answer, remember it; and serve a registry.
//!
//! The address register (adressetjeneste, SR) says who receives what, by which service,
//! at which queue and under which certificate. [`Registry`] asks one; [`server`] is one.

mod client;
mod error;
mod record;
pub mod server;

pub use client::{Registry, Settings};
pub use error::Error;
pub use record::ServiceRecord;
