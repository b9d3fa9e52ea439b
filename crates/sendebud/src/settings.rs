//! Settings: TOML in, types out, and words about what is wrong with the place marked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use miette::{NamedSource, SourceSpan};
use sbd::Orgnr;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use transport::Mode;
use url::Url;

use crate::run::shown;

/// Settings whose paths are relative to the file that they stand in.
pub(crate) trait Rooted {
    /// Every path in them.
    fn paths(&mut self) -> Vec<&mut PathBuf>;
}

/// Read a settings file.
pub(crate) fn load<S: DeserializeOwned + Rooted>(path: &Path) -> anyhow::Result<S> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        let path = shown(path);
        anyhow::anyhow!(
            "the settings {path} cannot be read: {e}; `sendebud init` writes settings \
             to start from"
        )
    })?;
    let mut settings: S = toml::from_str(&text).map_err(|e| wrong(path, &text, &e))?;
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    for place in settings.paths() {
        if place.is_relative() {
            *place = folder.join(&*place);
        }
    }
    Ok(settings)
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

/// An access point's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Serve {
    /// The organisation.
    pub(crate) orgnr: Orgnr,
    /// Which of its queues is read: innsyn, data or meeting.
    pub(crate) mode: Mode,
    /// Address of the REST API and the console.
    pub(crate) listen: SocketAddr,
    /// Where everything is kept that is not kept elsewhere.
    pub(crate) data: PathBuf,
    /// A file with the address of a PostgreSQL database,
    /// `postgresql://user:password@host/database`, that any number of nodes share. A
    /// file in `data` is the database when not given.
    #[serde(default)]
    pub(crate) database_file: Option<PathBuf>,
    /// Where large content is kept: a folder, `s3://bucket/prefix` or
    /// `az://container/prefix`. `content` in `data` when not given. Nodes that share a
    /// database must share this too.
    #[serde(default)]
    pub(crate) blobs: Option<String>,
    /// Days that a finished conversation is remembered; for good when not given.
    #[serde(default)]
    pub(crate) conversations_kept_days: Option<u64>,
    /// Days that an incoming message is kept for the operator after its levetid has run
    /// out; for good when not given.
    #[serde(default)]
    pub(crate) expired_kept_days: Option<u64>,
    /// Keys, the one in use first; older ones still open what was sent to them.
    pub(crate) keys: Vec<Key>,
    /// The message service.
    pub(crate) message_service: MessageService,
    /// The address register.
    pub(crate) register: Register,
    /// What is asked of packages that come in.
    #[serde(default)]
    pub(crate) packages: Packages,
    /// Who may use the API; anyone who reaches it when not given.
    #[serde(default)]
    pub(crate) user: Option<User>,
    /// Write a copy of each payload and package that is sent to this folder. For
    /// demonstrations: whoever reads the folder reads the messages' envelopes.
    #[serde(default)]
    pub(crate) record: Option<PathBuf>,
    /// Bytes of all files of a message together.
    #[serde(default)]
    pub(crate) message_bytes_max: Option<u64>,
    /// Seconds that a peek keeps a message from others.
    #[serde(default)]
    pub(crate) lock_seconds: Option<u64>,
    /// Seconds that a status waits before it is sent home, for whoever needs the tempo
    /// of an access point that polls.
    #[serde(default)]
    pub(crate) status_delay_seconds: u64,
}

/// Keys in a file: PKCS#12, JKS or PEM; or on a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// The file; with `token`, the PKCS#11 module of the token's maker.
    pub(crate) file: PathBuf,
    /// A file with its password; with `token`, with the PIN.
    pub(crate) password_file: PathBuf,
    /// The token's label.
    #[serde(default)]
    pub(crate) token: Option<String>,
}

/// Where the message service is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageService {
    /// `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…`
    #[serde(default)]
    pub(crate) connection: Option<SecretString>,
    /// A file with the same, to keep the key out of this one. Without
    /// `SharedAccessKey` in it, the key is fetched from the address register.
    #[serde(default)]
    pub(crate) connection_file: Option<PathBuf>,
    /// How it is spoken to.
    pub(crate) protocol: Protocol,
}

/// The two languages of a message service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// HTTP requests and long polls.
    Rest,
    /// One AMQP connection.
    Amqp,
}

/// Where the address register is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    /// Its address.
    pub(crate) url: Url,
    /// Whether its answers are signed.
    pub(crate) signed: bool,
    /// A file with the key that signs them: a certificate or public key in PEM, or a JWK
    /// set. Needed when they are signed.
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,
    /// How leave to ask is had from Maskinporten; none is asked for without.
    #[serde(default)]
    pub(crate) maskinporten: Option<Maskinporten>,
}

/// How tokens are had from Maskinporten.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Maskinporten {
    /// The token endpoint, as `https://maskinporten.no/token`.
    pub(crate) endpoint: Url,
    /// Whom the grant is for; the endpoint's host when not given.
    #[serde(default)]
    pub(crate) audience: Option<String>,
    /// The client's id; `MOVE_IP_` and the organisation's number when not given.
    #[serde(default)]
    pub(crate) client: Option<String>,
    /// The id of a key that is registered there by itself, which then signs in place of
    /// the enterprise certificate's.
    #[serde(default)]
    pub(crate) key_id: Option<String>,
    /// The key that signs, if not the first of the access point's.
    #[serde(default)]
    pub(crate) key: Option<Key>,
}

/// What is asked of packages that come in, and how those that go are made.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Packages {
    /// Files with the authorities to believe (PEM, or a trust list in TOML); no chain is
    /// looked at without.
    pub(crate) trust: Vec<PathBuf>,
    /// What is done about revocation.
    pub(crate) revocation: Revocation,
    /// Organisations that may sign for any sender.
    pub(crate) suppliers: Vec<Orgnr>,
    /// Organisations that get the content key under OAEP with SHA-256; all others get it
    /// under PKCS#1 v1.5, as DPE peers expect it.
    pub(crate) oaep_to: Vec<Orgnr>,
    /// Refuse signatures over SHA-1, which today's Java access points make.
    pub(crate) refuse_sha1: bool,
    /// Hand over what can be decrypted whatever its signature is worth, with the
    /// verdict in a header, as the Java access point does.
    pub(crate) hand_over: bool,
}

/// What is done about revoked certificates.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Revocation {
    /// Ask; accept, and show, what nobody could be asked about.
    #[default]
    Ask,
    /// Ask; refuse what nobody could be asked about.
    Require,
    /// Ask nobody.
    Off,
}

/// A user of the API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    /// Name.
    pub(crate) name: String,
    /// A file with the password, or with `sha256:` and its digest.
    pub(crate) password_file: PathBuf,
}

impl Rooted for Serve {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut all = vec![&mut self.data];
        all.extend(
            self.keys
                .iter_mut()
                .flat_map(|k| [&mut k.file, &mut k.password_file]),
        );
        all.extend(&mut self.message_service.connection_file);
        all.extend(&mut self.register.key_file);
        let maskinporten = self.register.maskinporten.iter_mut();
        let key = maskinporten.filter_map(|m| m.key.as_mut());
        all.extend(key.flat_map(|k| [&mut k.file, &mut k.password_file]));
        all.extend(&mut self.record);
        all.extend(&mut self.database_file);
        all.extend(&mut self.packages.trust);
        all.extend(self.user.iter_mut().map(|u| &mut u.password_file));
        all
    }
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
        all.extend(key.flat_map(|k| [&mut k.file, &mut k.password_file]));
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
        vec![&mut self.data]
    }
}

impl Rooted for klient::Settings {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        self.paths()
    }
}

/// A secret in a file, without the line's end.
pub(crate) fn secret(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the secret in {} cannot be read", shown(path)))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
