//! A `world.json`, and the settings files that its roles are started from.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::local;
use crate::processes::Role;

/// The prefix of queue names, which no setting changes.
const QUEUE_PREFIX: &str = "nextbestqueue";

/// What is to stand.
pub(super) struct World {
    described: Described,
    /// Where the paths in it begin.
    folder: PathBuf,
    base: u16,
}

#[derive(Deserialize)]
struct Described {
    message_service: MessageService,
    registry: Register,
    organisations: Vec<Organisation>,
}

#[derive(Deserialize)]
struct MessageService {
    rest_offset: u16,
    amqp_offset: u16,
    queue_prefix: String,
    lock_seconds: u64,
    max_delivery_count: u32,
}

#[derive(Deserialize)]
struct Register {
    offset: u16,
    signed: bool,
}

#[derive(Deserialize)]
struct Organisation {
    orgnr: String,
    name: String,
    mode: String,
    /// None: somebody else's access point; only the register knows it.
    offset: Option<u16>,
    keystore: PathBuf,
    password: String,
    certificate: PathBuf,
    records: Vec<Record>,
}

#[derive(Deserialize, Serialize)]
struct Record {
    process: String,
    document_types: Vec<String>,
    service: String,
    endpoint_url: String,
}

impl World {
    /// Read a description; ports are counted from `base`.
    pub(super) fn read(path: &Path, base: u16) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read(path).with_context(|| format!("{shown}"))?;
        let described: Described =
            serde_json::from_slice(&text).with_context(|| format!("{shown}"))?;
        let prefix = &described.message_service.queue_prefix;
        ensure!(
            prefix == QUEUE_PREFIX,
            "{shown}: queue_prefix is {prefix}; queue names begin with {QUEUE_PREFIX}"
        );
        if described.registry.signed {
            eprintln!("NOTE: the register's answers are not signed yet");
        }
        let path = std::path::absolute(path)?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self {
            described,
            folder,
            base,
        })
    }

    /// Write the settings into the folder; answers the roles in the order to start, and
    /// where each is found.
    pub(super) fn write(&self, folder: &Path) -> Result<Vec<(Role, String)>> {
        std::fs::create_dir_all(folder)?;
        let mut roles = vec![self.broker(folder)?, self.registry(folder)?];
        for organisation in &self.described.organisations {
            if let Some(offset) = organisation.offset {
                roles.push(self.access_point(folder, organisation, offset)?);
            }
        }
        Ok(roles)
    }

    fn broker(&self, folder: &Path) -> Result<(Role, String)> {
        let service = &self.described.message_service;
        let (http, amqp) = (
            self.port(service.rest_offset)?,
            self.port(service.amqp_offset)?,
        );
        let settings = json!({
            "data": "broker",
            "authentication": "none",
            "http": http,
            "amqp": amqp,
            "lock_seconds": service.lock_seconds,
            "max_delivery_count": service.max_delivery_count,
        });
        let role = Role {
            command: "broker",
            name: "message service, REST and AMQP".into(),
            settings: put(folder, "broker", &settings)?,
        };
        Ok((role, format!("http://{http} and amqp://{amqp}")))
    }

    fn registry(&self, folder: &Path) -> Result<(Role, String)> {
        let listen = self.port(self.described.registry.offset)?;
        let organisation = |one: &Organisation| {
            json!({
                "orgnr": one.orgnr,
                "name": one.name,
                "certificate": self.place(&one.certificate),
                "postadresse": postadresse(),
                "records": one.records,
            })
        };
        let known = self.described.organisations.iter().map(organisation);
        let settings = json!({
            "listen": listen,
            "organisations": known.collect::<Vec<_>>(),
        });
        let role = Role {
            command: "registry",
            name: "address register".into(),
            settings: put(folder, "registry", &settings)?,
        };
        Ok((role, format!("http://{listen}")))
    }

    fn access_point(
        &self,
        folder: &Path,
        own: &Organisation,
        offset: u16,
    ) -> Result<(Role, String)> {
        let listen = self.port(offset)?;
        let password = folder.join(format!("{}.password", own.orgnr));
        std::fs::write(&password, &own.password)?;
        let amqp = self.port(self.described.message_service.amqp_offset)?;
        let register = self.port(self.described.registry.offset)?;
        let connection = format!("Endpoint=sb://{amqp};UseDevelopmentEmulator=true");
        let settings = json!({
            "orgnr": own.orgnr,
            "mode": own.mode,
            "listen": listen,
            "data": own.orgnr,
            "keys": [{
                "file": self.place(&own.keystore),
                "password_file": password,
            }],
            "message_service": {"connection": connection, "protocol": "amqp"},
            // The recorded ones polled once a second, and the recordings ask for what
            // was true in between.
            "status_delay_seconds": 1,
            "register": {"url": format!("http://{register}"), "signed": false},
            // They handed over whatever they could decrypt.
            "packages": {"hand_over": true},
        });
        let role = Role {
            command: "serve",
            name: format!("{} {}", own.orgnr, own.name),
            settings: put(folder, &own.orgnr, &settings)?,
        };
        Ok((role, format!("http://{listen}")))
    }

    fn port(&self, offset: u16) -> Result<SocketAddr> {
        let port = self.base.checked_add(offset);
        Ok(local(port.context("the port base leaves no room")?))
    }

    fn place(&self, path: &Path) -> String {
        self.folder.join(path).display().to_string()
    }
}

/// The address that the recorded register gave for everyone.
fn postadresse() -> Value {
    json!({
        "adresse": "Testveien 1",
        "postnummer": "0001",
        "poststed": "OSLO",
        "land": "Norge",
    })
}

fn put(folder: &Path, name: &str, settings: &Value) -> Result<PathBuf> {
    let path = folder.join(format!("{name}.toml"));
    std::fs::write(&path, toml::to_string(settings)?)?;
    Ok(path)
}
