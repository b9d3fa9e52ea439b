//! Folders and mail for bodies without an integration.
//!
//! Loops on an access point's public API: [`publish`] takes files from a folder and
//! follows them until eInnsyn has published them, [`innsynskrav`] hands orders over to
//! postmottak or a case system, [`watch`] says what stands still. Each step can be cut
//! short anywhere and done again: the ledger says what was begun, ids are chosen before
//! they are used, and nothing is deleted at the access point before it is safe elsewhere.

mod before;
mod calendar;
pub mod desk;
mod error;
mod files;
mod form;
mod innsynskrav;
mod ledger;
pub mod old;
pub mod page;
pub mod postmottak;
mod publish;
mod run;
pub mod settings;
mod watch;
mod words;

pub use before::{Found, remember};
pub use error::Error;
pub use run::Klient;
pub use settings::Settings;
