//! What an operator sets of a klient.

use std::path::PathBuf;
use std::time::Duration;

use sbd::Orgnr;
use serde::Deserialize;
use url::Url;

/// A klient's settings, as its TOML file has them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The body whose data it is.
    pub orgnr: Orgnr,
    /// eInnsyn's organisation number.
    #[serde(default = "einnsyn")]
    pub receiver: Orgnr,
    /// The access point's API.
    pub access_point: Url,
    /// The folder with `inn`, `behandles`, `sendt`, `feil`, `kvittering`.
    pub folder: PathBuf,
    /// Where the ledger is.
    pub data: PathBuf,
    /// How to reach postmottak; without it innsynskrav are left at the access point.
    #[serde(default)]
    pub mail: Option<Mail>,
    /// Milliseconds between looks at folder and in-tray.
    #[serde(default = "poll")]
    pub poll_milliseconds: u64,
}

/// A mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Its name or address.
    pub host: String,
    /// Its port.
    #[serde(default = "port")]
    pub port: u16,
    /// From whom: an address in the body's own domain, so that it is not taken for
    /// spam.
    pub from: String,
}

impl Settings {
    /// Time between looks.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_milliseconds.max(10))
    }
}

fn einnsyn() -> Orgnr {
    "991825827".parse().expect("nine digits")
}

fn poll() -> u64 {
    500
}

fn port() -> u16 {
    25
}
