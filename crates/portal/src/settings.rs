//! What an operator sets of a portal.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
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
    /// What browsers call it; links in mails begin so. From `listen` when not set.
    #[serde(default)]
    pub address: Option<Url>,
    /// Where everything is kept.
    pub data: PathBuf,
    /// The bodies that publish and can be asked.
    #[serde(default)]
    pub enheter: Vec<Enhet>,
    /// How to send mail to citizens; without it nobody can order.
    #[serde(default)]
    pub mail: Option<mail::Server>,
    /// For tests and training: the test console at `/test`, and, without `mail`, the
    /// link that verifies an order is shown where it was ordered.
    #[serde(default)]
    pub test: bool,
    /// Days that a file is kept after it came in; what it published stays.
    #[serde(default = "payload_days")]
    pub payload_days: u32,
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
    /// Its public address.
    #[serde(default)]
    pub enhetepost: Option<String>,
    /// Who receives its innsynskrav, if not the body itself.
    #[serde(default)]
    pub handteres_av: Option<Orgnr>,
    /// Who else may publish for it: its suppliers.
    #[serde(default)]
    pub leverandoerer: Vec<Orgnr>,
    /// Whether it wants kvitteringer.
    #[serde(default = "yes")]
    pub skal_motta_kvittering: bool,
    /// Which form of order.xml it reads.
    #[serde(default = "order_version")]
    pub order_versjon: u8,
}

impl Settings {
    /// Time between looks.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_milliseconds.max(10))
    }

    /// What links begin with, without a slash at the end.
    pub(crate) fn address(&self) -> String {
        match &self.address {
            Some(address) => address.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    pub(crate) fn enhet(&self, orgnr: &str) -> Option<&Enhet> {
        self.enheter
            .iter()
            .find(|enhet| enhet.orgnr.as_str() == orgnr)
    }

    /// The name of a body; its number where we do not know it.
    pub(crate) fn navn<'a>(&'a self, orgnr: &'a str) -> &'a str {
        self.enhet(orgnr).map_or(orgnr, |enhet| &enhet.navn)
    }

    pub(crate) fn payload_time(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.payload_days))
    }
}

impl Enhet {
    /// Whether this organisation may publish for the body.
    pub(crate) fn publishes(&self, sender: &str) -> bool {
        let mut all = self.leverandoerer.iter().chain([&self.orgnr]);
        all.any(|orgnr| orgnr.as_str() == sender)
    }

    /// Who receives its innsynskrav.
    pub(crate) fn receiver(&self) -> &Orgnr {
        self.handteres_av.as_ref().unwrap_or(&self.orgnr)
    }
}

fn poll() -> u64 {
    250
}

fn payload_days() -> u32 {
    30
}

fn order_version() -> u8 {
    1
}

fn yes() -> bool {
    true
}
