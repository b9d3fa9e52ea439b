//! A stand-in for einnsyn.no: search what was published, order access, send the
//! kvittering.
//!
//! It stands on eInnsyn's access point as every case system stands on its own, through
//! the public API alone. What comes in is imported and the kvittering noted in one
//! commit; what goes out has its ids chosen before it is sent.

mod answer;
mod archive;
mod error;
mod imports;
mod letter;
mod order;
mod publication;
mod run;
mod settings;
mod tables;
mod trial;
mod wash;
mod web;
mod words;

pub use error::{Error, Refusal};
pub use run::Portal;
pub use settings::{Enhet, Settings};
pub use web::router;
