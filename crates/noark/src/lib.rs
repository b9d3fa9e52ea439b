//! What eInnsyn carries: publication data (JSON-LD), order.xml, kvittering.
//!
//! Pure: bytes in, types out, and back. Section numbers are those of `docs/einnsyn.md`
//! where they stand, else of the sources named there.

mod emailtext;
mod error;
mod graph;
pub mod kvittering;
pub mod order;
pub mod publisering;
pub mod sample;

pub use emailtext::{unescape, write as write_emailtext};
pub use error::Error;
