//! What is written to postmottak.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// A mail to postmottak.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Letter {
    /// The language of what the klient adds to an order's own text.
    pub language: Language,
    /// Signing and encryption of mails with orders; neither without.
    pub smime: Option<Smime>,
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

impl Letter {
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.smime.iter_mut().flat_map(|smime| {
            let keys = smime.key.iter_mut();
            let keys = keys.flat_map(|key| [&mut key.file, &mut key.password_file]);
            keys.chain(smime.certificates.values_mut())
        })
    }
}
