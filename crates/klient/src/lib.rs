//! Folders and mail for bodies without an integration.
//!
//! Three loops on an access point's public API: [`publish`] takes files from a folder,
//! [`innsynskrav`] mails orders to postmottak, [`kvittering`] writes eInnsyn's answers
//! beside the files that they answer. Each step can be cut short anywhere and done
//! again: the ledger says what was begun, ids are chosen before they are used, and
//! nothing is deleted at the access point before it is safe elsewhere.

mod error;
mod files;
mod innsynskrav;
mod kvittering;
mod ledger;
mod mail;
pub mod postmottak;
mod publish;
mod run;
mod settings;

pub use error::Error;
pub use run::Klient;
pub use settings::{Mail, Settings};
