//! The command line of the klient: the role, and what a person does beside it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Klient {
    /// The role's settings (TOML); paths in it are relative to the file
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) action: Option<Action>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Let a file go that waits for a person; the name of who does it is kept
    Approve(Approve),
    /// Withdraw what is published from eInnsyn
    Withdraw(Withdraw),
    /// Send everything that is published once more
    Resend(Resend),
    /// Take over from the old eInnsyn-klient: its settings, and what it has published
    MoveIn(MoveIn),
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The file's name, as it lies in karantene or sending
    pub(crate) file: String,
    /// Who lets it go
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// The klient's settings
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// IRIs under which it was published from here
    #[arg(required = true)]
    pub(crate) iri: Vec<String>,
    /// The klient's settings
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Resend {
    /// The klient's settings
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct MoveIn {
    /// Its files: the XML of the Windows service, application.properties, or
    /// NAME=VALUE lines of a container's environment
    #[arg(required = true)]
    pub(crate) file: Vec<PathBuf>,
    /// Where to write our settings; to standard output when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Its kvitteringer.log, and the older ones; what they say was published goes into
    /// the ledger, so that it can be withdrawn from here
    #[arg(long, value_name = "LOG", requires = "out")]
    pub(crate) kvitteringer: Vec<PathBuf>,
}
