//! What `sendebud queue` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::SecretString;
use url::Url;

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
