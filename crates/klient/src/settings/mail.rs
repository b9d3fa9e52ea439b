//! A mail server, and what is written to postmottak.

use serde::Deserialize;

use super::User;

/// A mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Its name or address.
    pub host: String,
    /// Its port; 25, 587 or 465 after `security` where none is given.
    #[serde(default)]
    pub port: Option<u16>,
    /// From whom: an address in the body's own domain, so that it is not taken for
    /// spam.
    pub from: String,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// With which name and password, if it asks for them.
    #[serde(default)]
    pub user: Option<User>,
    /// The language of what the klient adds to an order's own text.
    #[serde(default)]
    pub language: Language,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Not at all: a server on the same machine or network.
    #[default]
    None,
    /// By STARTTLS, or there is no mail.
    Starttls,
    /// By TLS from the first byte.
    Tls,
}

/// A language of mails.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Bokmål.
    #[default]
    Nb,
    /// Nynorsk.
    Nn,
    /// English.
    En,
}

impl Mail {
    /// The port of the server.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::None => 25,
            Security::Starttls => 587,
            Security::Tls => 465,
        })
    }
}
