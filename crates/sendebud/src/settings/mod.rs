//! Settings: TOML in, types out, and words about what is wrong with the place marked.

mod gather;
pub(crate) mod java;
mod old;
mod properties;
pub(crate) mod serve;
mod table;
mod translate;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use miette::{NamedSource, SourceSpan};
use sbd::Orgnr;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

pub(crate) use serve::{Key, Maskinporten, Register, Serve};

pub(crate) use gather::{Gathered, gather, put, source};
pub(crate) use old::alike;
pub(crate) use table::reference;
pub(crate) use translate::{Became, named, translate};

use crate::run::shown;

/// Settings whose paths are relative to the file that they stand in.
pub(crate) trait Rooted {
    /// Every path in them.
    fn paths(&mut self) -> Vec<&mut PathBuf>;
}

/// Read a settings file.
pub(crate) fn load<S: DeserializeOwned + Rooted>(path: &Path) -> anyhow::Result<S> {
    let text = read(path)?;
    let mut settings: S = toml::from_str(&text).map_err(|e| wrong(path, &text, &e))?;
    root(&mut settings, path);
    Ok(settings)
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).map_err(|e| {
        let path = shown(path);
        anyhow::anyhow!(
            "the settings {path} cannot be read: {e}; `sendebud init` writes settings \
             to start from"
        )
    })
}

/// Paths are relative to the file that they stand in.
fn root<S: Rooted>(settings: &mut S, path: &Path) {
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    for place in settings.paths() {
        if place.is_relative() {
            *place = folder.join(&*place);
        }
    }
}

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the settings cannot be used: {what}")]
struct Wrong {
    what: String,
    #[source_code]
    source_code: NamedSource<String>,
    #[label("here")]
    place: Option<SourceSpan>,
}

fn wrong(path: &Path, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let report = miette::Report::new(Wrong {
        what: error.message().to_owned(),
        source_code: NamedSource::new(shown(path), text.to_owned()),
        place: error.span().map(SourceSpan::from),
    });
    anyhow::anyhow!("{report:?}")
}

/// An address register's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registry {
    /// Address.
    pub(crate) listen: SocketAddr,
    /// Whom it knows, as long as `data` holds nothing.
    #[serde(default)]
    pub(crate) organisations: Vec<Organisation>,
    /// A file (JSON) with those whom it knows, changed by `sendebud register` and by the
    /// desk; it may change while the register answers.
    #[serde(default)]
    pub(crate) data: Option<PathBuf>,
    /// Signs its answers.
    #[serde(default)]
    pub(crate) signing_key: Option<Key>,
    /// A file with the password of the desk, at /admin; there is no desk without.
    #[serde(default)]
    pub(crate) desk_password_file: Option<PathBuf>,
    /// A file with the message service's key, which is then given to whoever asks.
    #[serde(default)]
    pub(crate) sas_key_file: Option<PathBuf>,
}

/// An organisation in the register.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organisation {
    /// Its number.
    pub(crate) orgnr: Orgnr,
    /// Its name.
    pub(crate) name: String,
    /// A file with its certificate in PEM.
    pub(crate) certificate: PathBuf,
    /// Where letters reach it.
    #[serde(default)]
    pub(crate) postadresse: Option<registry::server::Postadresse>,
    /// What it receives.
    pub(crate) records: Vec<registry::server::Record>,
}

impl Rooted for Registry {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let organisations = self.organisations.iter_mut();
        let mut all: Vec<&mut PathBuf> =
            organisations.map(|o| &mut o.certificate).collect();
        all.extend(&mut self.data);
        let key = self.signing_key.iter_mut();
        all.extend(key.flat_map(Key::paths));
        all.extend(&mut self.desk_password_file);
        all.extend(&mut self.sas_key_file);
        all
    }
}

/// A test mailbox's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Postmottak {
    /// Address of SMTP.
    pub(crate) listen: SocketAddr,
    /// Where mails are laid.
    pub(crate) folder: PathBuf,
}

impl Rooted for Postmottak {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        vec![&mut self.folder]
    }
}

impl Rooted for broker::Settings {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut all = vec![&mut self.data];
        all.extend(
            self.tls
                .iter_mut()
                .flat_map(|t| [&mut t.certificate, &mut t.key]),
        );
        all
    }
}

impl Rooted for portal::Settings {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut all = vec![&mut self.data];
        all.extend(self.mail.iter_mut().flat_map(mail::Server::paths));
        all
    }
}

impl Rooted for klient::Settings {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        self.paths()
    }
}

/// A secret in a file, without the line's end.
pub(crate) fn secret(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("the secret in {} cannot be read", shown(path)))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
}

/// A secret that is given here or in a file.
pub(crate) fn either(
    what: &str,
    here: Option<&SecretString>,
    file: Option<&Path>,
) -> anyhow::Result<Zeroizing<String>> {
    match (here, file) {
        (Some(secret), None) => Ok(secret.expose_secret().to_owned().into()),
        (None, Some(path)) => secret(path),
        _ => anyhow::bail!("{what}: give it, or a file with it, and not both"),
    }
}
