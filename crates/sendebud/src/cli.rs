//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::SecretString;
use url::Url;

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
    /// The access point (integrasjonspunkt) of one organisation
    Serve(Role),
    /// A stand-in for einnsyn.no
    Portal(Role),
    /// Publish from folders, and mail innsynskrav to postmottak
    Klient(Role),
    /// A mailbox for tests: SMTP in, one file a mail
    Postmottak(Role),
    /// Open or seal a dokumentpakke by hand
    #[command(subcommand)]
    Package(Package),
    /// Look after the queues of a message service, ours or Azure's
    #[command(subcommand)]
    Queue(Queue),
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
    /// The receiver's key (PKCS#12)
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// A file with the key's password
    #[arg(long)]
    pub(crate) password_file: PathBuf,
    /// Write the files to this folder
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Seal {
    /// The sender's key (PKCS#12)
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// A file with the key's password
    #[arg(long)]
    pub(crate) password_file: PathBuf,
    /// The receiver's certificate (PEM)
    #[arg(long)]
    pub(crate) to: PathBuf,
    /// Where to write the package
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Files, as NAME=PATH or PATH
    #[arg(required = true, value_name = "NAME=PATH")]
    pub(crate) files: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// Which queues there are, and what is in them
    List(Service),
    /// Look at messages; nobody is kept from them
    Peek(Peek),
    /// Look at messages that were put aside, and why
    DeadLetters(Peek),
    /// Send messages that were put aside to their queue again
    Resubmit(Resubmit),
    /// Throw messages away
    Purge(Purge),
    /// Write messages to files; they stay in the queue
    Export(Export),
}

/// A message service, and how to print.
#[derive(Debug, Args)]
pub(crate) struct Service {
    /// Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…
    #[arg(
        long,
        env = "SENDEBUD_CONNECTION",
        hide_env_values = true,
        value_name = "STRING",
        required_unless_present = "connection_file"
    )]
    pub(crate) connection: Option<SecretString>,
    /// A file with the same, to keep the key out of the shell's history
    #[arg(long, value_name = "FILE", conflicts_with = "connection")]
    pub(crate) connection_file: Option<PathBuf>,
    /// Address of administration, where it is not the usual one
    #[arg(long, value_name = "URL")]
    pub(crate) admin: Option<Url>,
    /// Certificates (PEM) of the authorities that are believed
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Peek {
    /// The queue
    pub(crate) queue: String,
    /// Number of the first message
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) from: i64,
    /// How many at the most
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) count: usize,
    /// Print bodies too
    #[arg(long)]
    pub(crate) body: bool,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Debug, Args)]
pub(crate) struct Resubmit {
    /// The queue
    pub(crate) queue: String,
    /// How many at the most; all that are there when it begins, if not given
    #[arg(long, value_name = "COUNT")]
    pub(crate) count: Option<u64>,
    /// Give each a new id, for a queue that drops ids that it has seen
    #[arg(long)]
    pub(crate) new_id: bool,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Debug, Args)]
pub(crate) struct Purge {
    /// The queue
    pub(crate) queue: String,
    /// Those that were put aside, instead of those that wait
    #[arg(long)]
    pub(crate) dead_letters: bool,
    /// Yes: they are gone for good
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) service: Service,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The queue
    pub(crate) queue: String,
    /// Those that were put aside, instead of those that wait
    #[arg(long)]
    pub(crate) dead_letters: bool,
    /// Folder for the files: NUMBER.json and NUMBER.body for each message
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) service: Service,
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
