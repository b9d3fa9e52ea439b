//! A mail server, and what is written to postmottak.

use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// Signing and encryption of mails with orders; neither without.
    #[serde(default)]
    pub smime: Option<Smime>,
    /// The language of what the klient adds to an order's own text.
    #[serde(default)]
    pub language: Language,
}

/// S/MIME (RFC 8551).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smime {
    /// Who signs: a PKCS#12 file, and the file that its password is in.
    pub key: Option<KeyFile>,
    /// Certificates (PEM) by address: what goes there is encrypted. RSA keys only.
    pub certificates: BTreeMap<String, PathBuf>,
}

/// A key and its password.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// The PKCS#12 file.
    pub file: PathBuf,
    /// The file with its password.
    pub password_file: PathBuf,
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
    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut all = Vec::new();
        all.extend(self.user.as_mut().map(|user| &mut user.password_file));
        if let Some(smime) = &mut self.smime {
            let keys = smime.key.iter_mut();
            all.extend(keys.flat_map(|key| [&mut key.file, &mut key.password_file]));
            all.extend(smime.certificates.values_mut());
        }
        all
    }

    /// The port of the server.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::None => 25,
            Security::Starttls => 587,
            Security::Tls => 465,
        })
    }
}
