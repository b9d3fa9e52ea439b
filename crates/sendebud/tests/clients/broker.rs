//! A broker process with a queue for each case.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;
use tempfile::TempDir;

use crate::cases::Cases;

/// How the client speaks to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Plain,
    Tls,
}

/// Queues beside those that are named after the cases.
const MORE_QUEUES: [&str; 1] = ["names/med/skråstrek"];
/// Who may do what: name, key, right.
const POLICIES: [[&str; 3]; 3] = [
    ["RootManageSharedAccessKey", "SAS_KEY_VALUE", "Manage"],
    ["SendOnly", "SEND_KEY", "Send"],
    ["ListenOnly", "LISTEN_KEY", "Listen"],
];

pub(crate) struct Broker {
    folder: TempDir,
    wire: Wire,
    at: Addresses,
    process: Child,
}

/// Where it listens.
#[derive(Clone, Copy)]
struct Addresses {
    http: SocketAddr,
    amqp: SocketAddr,
    amqps: SocketAddr,
    https: SocketAddr,
}

impl Broker {
    /// Start it on an empty folder, from a file such as the emulator's.
    pub(crate) fn start(cases: &Cases, wire: Wire) -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("config.json");
        fs::write(config, configuration(cases)).unwrap();
        certify(&folder);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let all = Addresses {
            http: any,
            amqp: any,
            amqps: any,
            https: any,
        };
        let (process, at) = spawn(&folder, all);
        Self {
            folder,
            wire,
            at,
            process,
        }
    }

    /// What a client is given.
    pub(crate) fn connection(&self) -> String {
        let [name, key, _] = POLICIES[0];
        let (port, emulator) = match self.wire {
            Wire::Plain => (self.at.amqp.port(), ";UseDevelopmentEmulator=true"),
            Wire::Tls => (self.at.amqps.port(), ""),
        };
        format!(
            "Endpoint=sb://localhost:{port};SharedAccessKeyName={name};\
             SharedAccessKey={key}{emulator}"
        )
    }

    /// The authority that has signed its certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Whether the client is to speak TLS throughout.
    pub(crate) fn is_secure(&self) -> bool {
        self.wire == Wire::Tls
    }

    /// Where it speaks https, and AMQP in web sockets.
    pub(crate) fn https(&self) -> String {
        format!("localhost:{}", self.at.https.port())
    }

    /// Where it is administered.
    pub(crate) fn admin(&self) -> String {
        format!("http://{}", self.at.http)
    }

    /// SIGKILL, and start again where it was.
    pub(crate) fn restart(&mut self) {
        self.kill();
        (self.process, _) = spawn(&self.folder, self.at);
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = fs::read_to_string(log(&self.folder)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn kill(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn log(folder: &TempDir) -> PathBuf {
    folder.path().join("log")
}

/// Start the process; it has said where it listens when this returns.
fn spawn(folder: &TempDir, at: Addresses) -> (Child, Addresses) {
    let place = |name: &str| folder.path().join(name);
    let log = File::options().create(true).append(true).open(log(folder));
    let mut process = Command::new(env!("CARGO_BIN_EXE_sendebud"))
        .args(["broker", "--emulator-config"])
        .args([&place("config.json"), Path::new("--data"), &place("data")])
        .args(["--http", &at.http.to_string()])
        .args(["--amqp", &at.amqp.to_string()])
        .args(["--amqps", &at.amqps.to_string()])
        .args(["--https", &at.https.to_string()])
        .args([Path::new("--tls-certificate"), &place("own.pem")])
        .args([Path::new("--tls-key"), &place("own.key")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(process.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    let at = |scheme: &str| {
        let address = line
            .split(scheme)
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let address = address.and_then(|address| address.trim().parse().ok());
        address.unwrap_or_else(|| panic!("the broker does not listen: {line:?}"))
    };
    let at = Addresses {
        http: at("http://"),
        amqp: at("amqp://"),
        amqps: at("amqps://"),
        https: at("https://"),
    };
    (process, at)
}

/// An authority of our own, and a certificate for this machine under it.
fn certify(folder: &TempDir) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "Prøve");
    let key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&own_key, &issuer).unwrap();
    for (name, pem) in [
        ("ca.pem", root.pem()),
        ("own.pem", own.pem()),
        ("own.key", own_key.serialize_pem()),
    ] {
        fs::write(folder.path().join(name), pem).unwrap();
    }
}

/// With a comment, as the emulator's own sample has them.
fn configuration(cases: &Cases) -> String {
    let named = cases
        .cases
        .iter()
        .map(|case| json!({"Name": case.name, "Properties": case.queue}));
    let more = MORE_QUEUES.iter().map(|name| json!({"Name": name}));
    let queues: Vec<_> = named.chain(more).collect();
    let rule = |[name, key, right]: [&str; 3]| json!({"KeyName": name, "PrimaryKey": key, "Rights": [right]});
    let namespace = json!({
        "Name": "sbemulatorns",
        "Queues": queues,
        "AuthorizationRules": POLICIES.map(rule),
    });
    let config = json!({"UserConfig": {"Namespaces": [namespace]}});
    format!("// Written by a test.\n{config:#}")
}
