//! A stand-in for einnsyn.no: search what was published, order access, send the
//! kvittering.
//!
//! It stands on eInnsyn's access point as every case system stands on its own, through
//! the public API alone. What comes in is imported and the kvittering noted in one
//! commit; what goes out has its ids chosen before it is sent.

mod archive;
mod error;
mod imports;
mod order;
mod pages;
mod run;
mod settings;

pub use error::Error;
pub use pages::router;
pub use run::Portal;
pub use settings::{Enhet, Settings};
