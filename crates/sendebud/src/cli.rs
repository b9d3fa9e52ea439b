//! The command line.

pub(crate) mod klient;
pub(crate) mod moving;
pub(crate) mod queue;
mod register;
pub(crate) mod validate;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

pub(crate) use register::{Register, RegisterConfig, RegisterPut};

/// eInnsyns meldingstjeneste: access point, message service, register, portal, klient.
#[derive(Debug, Parser)]
#[command(name = "sendebud", version, about, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  sendebud demo                     the whole chain on this machine, and stay up
  sendebud demo --once              the same, checked, then end
  sendebud init demo/               one settings file a role, with test keys
  sendebud serve --config demo/kommune.toml
  sendebud move-in --properties integrasjonspunkt-local.properties --check
  sendebud validate journal.jsonld --format html > kontroll.html
  sendebud queue list --connection-file tilkobling.txt
  sendebud package open melding.p7m --key 310000019.p12 --password-file passord";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole chain on this machine: order, publish, and see it all arrive
    Demo(Demo),
    /// Write one settings file for each role, with fresh test keys
    Init(Init),
    /// The message service: queues, REST and AMQP as Azure Service Bus speaks them
    Broker(Broker),
    /// The address register: who receives what, where, under which certificate
    Registry(Role),
    /// The access point (integrasjonspunkt) of one or more organisations
    Serve(Serve),
    /// Say what is wrong with an access point's set-up, in the order in which to mend it
    Check(Serve),
    /// Take over from a Java integrasjonspunkt: its settings, and what waits there
    MoveIn(moving::MoveIn),
    /// Hand what waits here over to another access point of the organisation
    MoveOut(moving::MoveOut),
    /// Print every setting of the access point
    Settings,
    /// Print the argon2 hash of the password on standard input
    HashPassword,
    /// A stand-in for einnsyn.no
    Portal(Role),
    /// Publish from folders, and hand innsynskrav over to those who answer them
    Klient(klient::Klient),
    /// A mailbox for tests: SMTP in, one file a mail
    Postmottak(Role),
    /// Open or seal a dokumentpakke by hand
    #[command(subcommand)]
    Package(Package),
    /// An access point's keys: list, add, renew, test
    #[command(subcommand)]
    Keys(Keys),
    /// An address register's organisations: list, put, remove, export, import
    #[command(subcommand)]
    Register(Register),
    /// Judge files of eInnsyn's: publications, Noark, orders, kvitteringer
    Validate(validate::Validate),
    /// Look after the queues of a message service, ours or Azure's
    #[command(subcommand)]
    Queue(queue::Queue),
    /// What became of a message
    Status(Status),
    /// What waits for the case system
    Inbox(Inbox),
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End when everything has happened and been checked
    #[arg(long)]
    pub(crate) once: bool,
    /// Folder for everything; a new temporary one when not given
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// First of eight ports in a row; free ones when not given
    #[arg(long, value_name = "PORT")]
    pub(crate) port_base: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to write to; it is made, and must not hold settings yet
    pub(crate) folder: PathBuf,
    /// First of eight ports in a row
    #[arg(long, value_name = "PORT", default_value_t = 9100)]
    pub(crate) port_base: u16,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Settings: TOML, or an integrasjonspunkt-local.properties. When not given,
    /// sendebud.toml or that file in the working folder
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting, above file and environment; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Role {
    /// The role's settings (TOML); paths in it are relative to the file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Broker {
    /// The role's settings (TOML); paths in it are relative to the file
    #[arg(long, value_name = "FILE", required_unless_present = "emulator_config")]
    pub(crate) config: Option<PathBuf>,
    /// Instead of settings: the config.json of Microsoft's Service Bus emulator
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "config",
        requires = "data"
    )]
    pub(crate) emulator_config: Option<PathBuf>,
    /// With --emulator-config: where messages are kept
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub(crate) data: Option<PathBuf>,
    /// With --emulator-config: address of AMQP
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:5672",
        conflicts_with = "config"
    )]
    pub(crate) amqp: SocketAddr,
    /// With --emulator-config: address of the REST API and of administration
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:5300",
        conflicts_with = "config"
    )]
    pub(crate) http: SocketAddr,
    /// With --emulator-config: certificate (PEM) for TLS beside the above
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "config",
        requires = "tls_key"
    )]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// With --tls-certificate: address of AMQP under TLS
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:5671",
        conflicts_with = "config"
    )]
    pub(crate) amqps: SocketAddr,
    /// With --tls-certificate: address of REST and administration under TLS
    #[arg(long, value_name = "ADDRESS", requires = "tls_certificate")]
    pub(crate) https: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Package {
    /// Decrypt, read and judge a package
    Open(Open),
    /// Sign files and encrypt them to a receiver
    Seal(Seal),
}

#[derive(Debug, Args)]
pub(crate) struct Open {
    /// The package (CMS)
    pub(crate) file: PathBuf,
    /// The receiver's key (PKCS#12, JKS or PEM); more than one may be given
    #[arg(long, required = true)]
    pub(crate) key: Vec<PathBuf>,
    /// A file with the key's password
    #[arg(long)]
    pub(crate) password_file: PathBuf,
    /// Write the files to this folder, if the package is good
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Authorities to believe (PEM); without, the chain is not looked at
    #[arg(long, value_name = "PEM")]
    pub(crate) trust: Vec<PathBuf>,
    /// Lists of revoked certificates (DER or PEM)
    #[arg(long, value_name = "CRL")]
    pub(crate) crl: Vec<PathBuf>,
    /// Organisation that must have signed; its suppliers may be given too
    #[arg(long, value_name = "ORGNR")]
    pub(crate) sender: Vec<String>,
    /// Refuse signatures over SHA-1, which today's Java access points make
    #[arg(long)]
    pub(crate) refuse_sha1: bool,
    /// Judge as of this time (2026-11-24T12:00:00Z); now when not given
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<jiff::Timestamp>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Seal {
    /// The sender's key (PKCS#12, JKS or PEM)
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// A file with the key's password
    #[arg(long)]
    pub(crate) password_file: PathBuf,
    /// The receiver's certificate (PEM)
    #[arg(long)]
    pub(crate) to: PathBuf,
    /// How the content key is encrypted
    #[arg(long, value_enum, default_value_t = KeyTransport::Pkcs1)]
    pub(crate) key_transport: KeyTransport,
    /// Where to write the package
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Files, as NAME=PATH or PATH
    #[arg(required = true, value_name = "NAME=PATH")]
    pub(crate) files: Vec<String>,
}

/// What the receiver must be able to take off.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KeyTransport {
    /// RSA PKCS#1 v1.5, as DPE peers send it
    Pkcs1,
    /// RSA-OAEP with SHA-256
    OaepSha256,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Every key, how long it is good for, and which is in use
    List(Ring),
    /// Put a key on the ring, behind those that are there: it opens what is sent to it
    Add(NewKey),
    /// Put a key first: it is in use from the next start; older ones still open
    Renew(NewKey),
    /// Sign and open with every key
    Test(Ring),
}

#[derive(Debug, Args)]
pub(crate) struct Ring {
    /// The access point's settings (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NewKey {
    /// The access point's settings (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The key (PKCS#12, JKS or PEM); with --token, the PKCS#11 module
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// A file with its password; with --token, with the PIN
    #[arg(long)]
    pub(crate) password_file: PathBuf,
    /// The label of a PKCS#11 token that holds the key
    #[arg(long, value_name = "LABEL")]
    pub(crate) token: Option<String>,
}

impl NewKey {
    /// As the settings would name it.
    pub(crate) fn as_key(&self) -> crate::settings::Key {
        crate::settings::Key {
            file: self.key.clone(),
            password: None,
            password_file: Some(self.password_file.clone()),
            token: self.token.clone(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The access point's API
    #[arg(long, default_value = "http://127.0.0.1:9093")]
    pub(crate) api: Url,
    /// The message's id
    pub(crate) message_id: String,
}

#[derive(Debug, Args)]
pub(crate) struct Inbox {
    /// The access point's API
    #[arg(long, default_value = "http://127.0.0.1:9093")]
    pub(crate) api: Url,
}
