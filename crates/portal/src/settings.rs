//! What an operator sets of a portal.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sbd::Orgnr;
use serde::Deserialize;
use url::Url;

/// A portal's settings, as its TOML file has them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// eInnsyn's organisation number.
    pub orgnr: Orgnr,
    /// Its access point's API.
    pub access_point: Url,
    /// Address of the pages.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data: PathBuf,
    /// The bodies that publish and can be asked.
    #[serde(default)]
    pub enheter: Vec<Enhet>,
    /// Milliseconds between looks at the in-tray.
    #[serde(default = "poll")]
    pub poll_milliseconds: u64,
}

/// A public body.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enhet {
    /// Its organisation number.
    pub orgnr: Orgnr,
    /// Its name.
    pub navn: String,
    /// Its mailbox for innsynskrav.
    pub innsynskravepost: String,
    /// Which form of order.xml it reads.
    #[serde(default = "order_version")]
    pub order_versjon: u8,
}

impl Settings {
    /// Time between looks.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_milliseconds.max(10))
    }

    pub(crate) fn enhet(&self, orgnr: &str) -> Option<&Enhet> {
        self.enheter
            .iter()
            .find(|enhet| enhet.orgnr.as_str() == orgnr)
    }
}

fn poll() -> u64 {
    250
}

fn order_version() -> u8 {
    1
}
