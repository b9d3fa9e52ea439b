//! The page on which people fill in what is to be published.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// The page, and who may use it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its address.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// How browsers reach it, where something with TLS stands before it.
    #[serde(default)]
    pub address: Option<Url>,
    /// What the IRIs of what is filled in begin with; not to be changed once something
    /// was published.
    #[serde(default = "base")]
    pub base: Url,
    /// Who may use it.
    #[serde(default)]
    pub users: Vec<FormUser>,
}

/// Somebody who fills in, or lets go, or both: but never lets go what is their own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormUser {
    /// The name, as it is written into the history of each form.
    pub name: String,
    /// The password, `sha256:…` or `$argon2id$…` (`sendebud hash-password`).
    #[serde(default)]
    pub password: Option<SecretString>,
    /// A file with the same instead.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// What they may do.
    pub roles: Vec<FormRole>,
}

/// What somebody may do on the page.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum FormRole {
    /// Fill in, hand in, correct, withdraw.
    Write,
    /// Let go what others have handed in, and withdraw.
    Approve,
}

impl Form {
    /// How browsers reach it.
    pub fn address(&self) -> String {
        match &self.address {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

fn listen() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 9096).into()
}

/// As the old client named what came from a case system (einnsyn §3).
fn base() -> Url {
    let base = "http://data.einnsyn.no/noark5/";
    base.parse().expect("an absolute address")
}
