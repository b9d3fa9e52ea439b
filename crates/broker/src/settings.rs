//! What an operator may set of a broker.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use crate::Error;
use crate::azure::Azure;
use crate::queue::{Pattern, QueueName, QueueSettings};

/// A broker's settings, as its TOML file has them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where messages are kept.
    pub data: PathBuf,
    /// Address of the REST API.
    pub http: SocketAddr,
    /// Address of AMQP.
    pub amqp: SocketAddr,
    /// Address of the REST API over TLS.
    #[serde(default)]
    pub https: Option<SocketAddr>,
    /// Address of AMQP over TLS; Azure has it at port 5671.
    #[serde(default)]
    pub amqps: Option<SocketAddr>,
    /// What TLS shows of us.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Who may do what.
    #[serde(default)]
    pub authentication: Authentication,
    /// Named keys.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// For how long a received message is locked, in queues made when first used.
    #[serde(default = "lock_seconds")]
    pub lock_seconds: u64,
    /// After how many deliveries a message is put aside, likewise.
    #[serde(default = "max_delivery_count")]
    pub max_delivery_count: u32,
    /// Largest message, in bytes.
    #[serde(default = "message_bytes_max")]
    pub message_bytes_max: usize,
    /// Size of one file of the log, in bytes.
    #[serde(default = "segment_bytes")]
    pub segment_bytes: u64,
    /// How long a request for a message waits when it does not say.
    #[serde(default = "wait_seconds")]
    pub wait_seconds: u64,
    /// What of Azure is imposed, for tests of whoever is to run against it.
    #[serde(default)]
    pub azure: Option<Azure>,
    /// Queues that are made when they are first used.
    #[serde(default)]
    pub first_use: FirstUse,
    /// Queues that there are from the start.
    #[serde(default)]
    pub queues: Vec<Declared>,
}

/// Queues that are made when they are first used.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstUse {
    /// Which: `*` stands for any characters.
    #[serde(default = "chain_names")]
    pub names: Vec<Pattern>,
    /// What they are like, where not as usual.
    #[serde(default)]
    pub properties: Properties,
}

/// A queue that there is from the start, with these settings at every start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Its name.
    pub name: QueueName,
    /// What it is like, where not as Azure has it.
    #[serde(default)]
    pub properties: Properties,
    /// Who may use it, beside those whom the whole broker knows.
    #[serde(default)]
    pub policies: Vec<Policy>,
}

/// Properties of queues under their names on the wire, as `LockDuration = "PT30S"`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "BTreeMap<String, Scalar>")]
pub struct Properties(Vec<(String, String)>);

/// A value as TOML and JSON write it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Truth(bool),
    Number(i64),
    Text(String),
}

impl TryFrom<BTreeMap<String, Scalar>> for Properties {
    type Error = Error;

    fn try_from(table: BTreeMap<String, Scalar>) -> Result<Self, Error> {
        let pairs = table.into_iter().map(|(name, value)| {
            let value = match value {
                Scalar::Truth(truth) => truth.to_string(),
                Scalar::Number(number) => number.to_string(),
                Scalar::Text(text) => text,
            };
            (name, value)
        });
        Self::new(pairs.collect())
    }
}

impl Properties {
    /// Names and values as text. Fails on what no queue can be.
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Result<Self, Error> {
        let properties = Self(pairs);
        properties.over(QueueSettings::default())?;
        Ok(properties)
    }

    /// These, and for the rest what the settings are.
    pub fn over(&self, mut settings: QueueSettings) -> Result<QueueSettings, Error> {
        for (name, value) in &self.0 {
            settings.set(name, value)?;
        }
        Ok(settings)
    }
}

impl Default for FirstUse {
    fn default() -> Self {
        let (names, properties) = (chain_names(), Properties::default());
        Self { names, properties }
    }
}

/// The queues of the chain: `nextbestqueue` and whose it is.
fn chain_names() -> Vec<Pattern> {
    vec![Pattern::from("nextbestqueue*".to_owned())]
}

/// Files that are read again when they have changed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those above it, in PEM, ours first.
    pub certificate: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// How callers prove who they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// By shared access signatures.
    #[default]
    Sas,
    /// Not at all: on loopback addresses only.
    None,
}

/// A key under a name, with what it allows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The key.
    #[serde(serialize_with = "exposed")]
    pub key: SecretString,
    /// A second key, so that the first can be changed without a gap.
    #[serde(default, serialize_with = "exposed_too")]
    pub secondary_key: Option<SecretString>,
    /// What it allows; all of it when nothing is named.
    #[serde(default = "all_rights")]
    pub rights: Vec<Right>,
}

/// What a policy may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// To receive and settle.
    Listen,
    /// To send.
    Send,
    /// Everything.
    Manage,
}

impl Settings {
    /// As usual, in this folder, at addresses of this machine that the system chooses.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            data: data.into(),
            http: local,
            amqp: local,
            https: None,
            amqps: None,
            tls: None,
            authentication: Authentication::default(),
            policies: Vec::new(),
            lock_seconds: lock_seconds(),
            max_delivery_count: max_delivery_count(),
            message_bytes_max: message_bytes_max(),
            segment_bytes: segment_bytes(),
            wait_seconds: wait_seconds(),
            azure: None,
            first_use: FirstUse::default(),
            queues: Vec::new(),
        }
    }

    /// What queues are like that are made when they are first used. Nothing vanishes
    /// from them: what outlives its use is put aside.
    pub fn first_use(&self) -> Result<QueueSettings, Error> {
        let usual = QueueSettings {
            lock_time: Duration::from_secs(self.lock_seconds),
            max_delivery_count: self.max_delivery_count,
            dead_letters_expired: true,
            ..QueueSettings::default()
        };
        self.first_use.properties.over(usual)
    }
}

/// Keys are written where queues are kept, in a file that only its owner may read.
fn exposed<S: Serializer>(key: &SecretString, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(key.expose_secret())
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference")]
fn exposed_too<S: Serializer>(
    key: &Option<SecretString>,
    to: S,
) -> Result<S::Ok, S::Error> {
    key.as_ref().map(ExposeSecret::expose_secret).serialize(to)
}

fn lock_seconds() -> u64 {
    60
}

fn max_delivery_count() -> u32 {
    10
}

fn message_bytes_max() -> usize {
    5 * 1024 * 1024
}

fn segment_bytes() -> u64 {
    32 * 1024 * 1024
}

fn wait_seconds() -> u64 {
    10
}

fn all_rights() -> Vec<Right> {
    vec![Right::Manage]
}
