//! What an operator may set of a broker.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

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
    /// Who may do what.
    #[serde(default)]
    pub authentication: Authentication,
    /// Named keys.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// For how long a received message is locked.
    #[serde(default = "lock_seconds")]
    pub lock_seconds: u64,
    /// After how many deliveries a message is put aside.
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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The key.
    pub key: SecretString,
    /// A second key, so that the first can be changed without a gap.
    #[serde(default)]
    pub secondary_key: Option<SecretString>,
    /// What it allows; all of it when nothing is named.
    #[serde(default = "all_rights")]
    pub rights: Vec<Right>,
}

/// What a policy may allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
    /// For how long a received message is locked.
    pub fn lock_time(&self) -> Duration {
        Duration::from_secs(self.lock_seconds)
    }
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
