//! The settings of an access point, as types.

use std::net::SocketAddr;
use std::path::PathBuf;

use sbd::Orgnr;
use secrecy::SecretString;
use serde::Deserialize;
use transport::Mode;
use url::Url;

use super::Rooted;

/// One organisation's access point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Serve {
    pub(crate) orgnr: Orgnr,
    #[serde(default = "innsyn")]
    pub(crate) mode: Mode,
    #[serde(default = "here")]
    pub(crate) listen: SocketAddr,
    /// Below which path of the address the organisation is; the root when empty.
    #[serde(default)]
    pub(crate) path: String,
    #[serde(default = "data")]
    pub(crate) data: PathBuf,
    #[serde(default)]
    pub(crate) database_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) blobs: Option<String>,
    #[serde(default)]
    pub(crate) conversations_kept_days: Option<u64>,
    #[serde(default)]
    pub(crate) expired_kept_days: Option<u64>,
    pub(crate) keys: Vec<Key>,
    pub(crate) message_service: MessageService,
    pub(crate) register: Register,
    #[serde(default)]
    pub(crate) packages: Packages,
    #[serde(default)]
    pub(crate) login: Option<bool>,
    #[serde(default)]
    pub(crate) users: Vec<User>,
    #[serde(default)]
    pub(crate) api_keys: Vec<ApiKey>,
    #[serde(default)]
    pub(crate) tls: Option<Tls>,
    #[serde(default)]
    pub(crate) webhooks: Webhooks,
    /// The door for archives that speak BEST/EDU; there is none without.
    #[serde(default)]
    pub(crate) bestedu: Option<Bestedu>,
    /// Mail to the operator; there is none without.
    #[serde(default)]
    pub(crate) alert: Option<Alert>,
    #[serde(default)]
    pub(crate) requests_per_second: Option<u32>,
    #[serde(default)]
    pub(crate) requests_max: Option<usize>,
    #[serde(default)]
    pub(crate) shutdown: bool,
    /// For demonstrations: whoever reads the folder reads the messages' envelopes.
    #[serde(default)]
    pub(crate) record: Option<PathBuf>,
    #[serde(default)]
    pub(crate) message_bytes_max: Option<u64>,
    #[serde(default)]
    pub(crate) lock_seconds: Option<u64>,
    #[serde(default)]
    pub(crate) levetid_hours: Option<u64>,
    #[serde(default)]
    pub(crate) receipt_process: Option<String>,
    #[serde(default)]
    pub(crate) receipt_queue: Option<String>,
    #[serde(default)]
    pub(crate) status_queue: bool,
    /// For whoever needs the tempo of an access point that polls.
    #[serde(default)]
    pub(crate) status_delay_seconds: u64,
}

fn innsyn() -> Mode {
    Mode::Innsyn
}

fn here() -> SocketAddr {
    ([127, 0, 0, 1], 9093).into()
}

fn data() -> PathBuf {
    "data".into()
}

/// Keys in a file: PKCS#12, JKS or PEM; or on a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// The file; with `token`, the PKCS#11 module of the token's maker.
    pub(crate) file: PathBuf,
    /// Its password; with `token`, the PIN.
    #[serde(default)]
    pub(crate) password: Option<SecretString>,
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    /// The token's label.
    #[serde(default)]
    pub(crate) token: Option<String>,
}

impl Key {
    /// Every path in it.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.file].into_iter().chain(&mut self.password_file)
    }
}

/// Where the message service is: a connection string, or its parts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageService {
    #[serde(default)]
    pub(crate) connection: Option<SecretString>,
    #[serde(default)]
    pub(crate) connection_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) host: Option<String>,
    #[serde(default)]
    pub(crate) key_name: Option<String>,
    #[serde(default)]
    pub(crate) key: Option<SecretString>,
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,
    /// Authorities (PEM) to believe in place of the machine's.
    #[serde(default)]
    pub(crate) authorities: Option<PathBuf>,
    #[serde(default = "yes")]
    pub(crate) https: bool,
    #[serde(default)]
    pub(crate) protocol: Protocol,
    #[serde(default)]
    pub(crate) tier: Option<Tier>,
    #[serde(default)]
    pub(crate) wire_bytes_max: Option<u64>,
    #[serde(default)]
    pub(crate) broker: Option<Broker>,
}

/// What Azure sells, by what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tier {
    Standard,
    Premium,
}

/// An AMQP 1.0 broker in Service Bus's place.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Broker {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) virtual_host: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) dead_letters: bool,
}

fn yes() -> bool {
    true
}

/// The languages of a message service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// HTTP requests and long polls.
    #[default]
    Rest,
    /// One AMQP connection.
    Amqp,
    /// The same inside a WebSocket.
    Websocket,
}

/// Where the address register is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    pub(crate) url: Url,
    #[serde(default = "yes")]
    pub(crate) signed: bool,
    /// The key that signs: a certificate or public key in PEM, or a JWK set.
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,
    /// Where that key is published, if there is no file.
    #[serde(default)]
    pub(crate) key_url: Option<Url>,
    /// How leave to ask is had from Maskinporten; none is asked for without.
    #[serde(default)]
    pub(crate) maskinporten: Option<Maskinporten>,
}

/// How tokens are had from Maskinporten.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Maskinporten {
    pub(crate) endpoint: Url,
    #[serde(default)]
    pub(crate) audience: Option<String>,
    #[serde(default)]
    pub(crate) client: Option<String>,
    #[serde(default)]
    pub(crate) key_id: Option<String>,
    #[serde(default)]
    pub(crate) key: Option<Key>,
}

/// What is asked of packages that come in, and how those that go are made.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Packages {
    pub(crate) trust: Vec<PathBuf>,
    pub(crate) policies: Vec<String>,
    pub(crate) revocation: Revocation,
    pub(crate) suppliers: Vec<Orgnr>,
    pub(crate) oaep_to: Vec<Orgnr>,
    pub(crate) refuse_sha1: bool,
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

/// Someone who enters with name and password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) password: Option<SecretString>,
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

/// A program that enters with a key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKey {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) key: Option<SecretString>,
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

/// Certificate and key of the listener: in PEM, or together in a key store.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    #[serde(default)]
    pub(crate) certificate: Option<PathBuf>,
    #[serde(default)]
    pub(crate) key: Option<PathBuf>,
    /// PKCS#12 or JKS.
    #[serde(default)]
    pub(crate) keystore: Option<PathBuf>,
    #[serde(default)]
    pub(crate) password: Option<SecretString>,
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
}

/// How subscribers are told.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhooks {
    #[serde(default)]
    pub(crate) allow: Vec<String>,
    #[serde(default)]
    pub(crate) secret_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) bearer_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) connect_seconds: Option<u64>,
    #[serde(default)]
    pub(crate) answer_seconds: Option<u64>,
}

/// How BEST/EDU is spoken.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Bestedu {
    pub(crate) einnsyn: Option<Orgnr>,
    pub(crate) ok_on_empty: bool,
    pub(crate) archive: Option<Archive>,
}

/// A mail for each message that ends in FEIL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alert {
    pub(crate) to: String,
    pub(crate) host: String,
    #[serde(default)]
    pub(crate) port: Option<u16>,
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) security: mail::Security,
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) password: Option<SecretString>,
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
}

/// The archive's own SOAP service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    pub(crate) url: Url,
    #[serde(default)]
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) domain: Option<String>,
    #[serde(default)]
    pub(crate) password: Option<SecretString>,
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    #[serde(default)]
    pub(crate) authorities: Option<PathBuf>,
    #[serde(default)]
    pub(crate) innsynskrav: bool,
}

impl Rooted for Serve {
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        let mut all = vec![&mut self.data];
        all.extend(&mut self.database_file);
        all.extend(self.keys.iter_mut().flat_map(Key::paths));
        all.extend(&mut self.register.key_file);
        let maskinporten = self.register.maskinporten.iter_mut();
        let key = maskinporten.filter_map(|m| m.key.as_mut());
        all.extend(key.flat_map(Key::paths));
        all.extend(&mut self.packages.trust);
        all.extend(&mut self.message_service.connection_file);
        all.extend(&mut self.message_service.key_file);
        all.extend(&mut self.message_service.authorities);
        let broker = self.message_service.broker.iter_mut();
        all.extend(broker.flat_map(|broker| &mut broker.password_file));
        all.extend(&mut self.record);
        all.extend(self.users.iter_mut().flat_map(|u| &mut u.password_file));
        all.extend(self.api_keys.iter_mut().flat_map(|k| &mut k.key_file));
        if let Some(tls) = &mut self.tls {
            let files = [&mut tls.certificate, &mut tls.key, &mut tls.keystore];
            all.extend(files.into_iter().flatten());
            all.extend(&mut tls.password_file);
        }
        let hooks = &mut self.webhooks;
        all.extend(&mut hooks.secret_file);
        all.extend(&mut hooks.bearer_file);
        let alert = self.alert.iter_mut();
        all.extend(alert.flat_map(|alert| &mut alert.password_file));
        let archive = self.bestedu.iter_mut().flat_map(|b| &mut b.archive);
        all.extend(archive.flat_map(|archive| {
            let files = [&mut archive.password_file, &mut archive.authorities];
            files.into_iter().flatten()
        }));
        all
    }
}
