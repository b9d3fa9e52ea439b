//! BEST/EDU: the old SOAP contract of archives, and what a Melding is to eInnsyn.
//!
//! Pure: text in, types out, and back. [`soap`] reads and writes the calls, [`payload`]
//! what they carry, [`publication`] turns a [`Melding`] into what is published. What the
//! dialects of P360, ePhorte and WebSak do differently is met by what is passed over
//! (prefixes, order, unknown elements), never by asking who calls. Section numbers are
//! those of the notes on the wire format that the project was started from.

pub mod contract;
pub mod melding;
pub mod payload;
pub mod publication;
pub mod soap;

mod error;
mod print;
mod receipt;
mod xml;

pub use error::Error;
pub use melding::Melding;
pub use payload::Payload;
pub use publication::{Complaint, Publication};
pub use receipt::{AppReceipt, Outcome, Remark};
