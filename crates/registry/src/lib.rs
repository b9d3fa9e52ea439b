//! Look a receiver up, verify the answer, remember it; and serve a registry.
//!
//! The address register (adressetjeneste, SR) says who receives what, by which service,
//! at which queue and under which certificate. [`Registry`] asks one; [`server`] is one.

mod client;
pub mod desk;
mod error;
pub mod jws;
mod memory;
mod question;
mod record;
pub mod server;
mod signers;
mod token;

pub use client::{Keeper, Registry, Settings};
pub use error::Error;
pub use memory::State;
pub use record::ServiceRecord;
pub use token::Grant;
