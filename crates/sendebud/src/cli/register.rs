//! Options of `sendebud register`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// Every organisation, its processes and their queues
    List(RegisterConfig),
    /// Print all of it as JSON, for import
    Export(RegisterConfig),
    /// Put in what was exported, in place of all that is there
    Import {
        #[command(flatten)]
        config: RegisterConfig,
        /// The file (JSON)
        file: PathBuf,
    },
    /// Put in an organisation, or change it: its certificate, what it receives
    Put(RegisterPut),
    /// Take an organisation out
    Remove {
        #[command(flatten)]
        config: RegisterConfig,
        /// Its number
        orgnr: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RegisterConfig {
    /// The register's settings (TOML), with `data` in them
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RegisterPut {
    #[command(flatten)]
    pub(crate) config: RegisterConfig,
    /// Its number
    pub(crate) orgnr: String,
    /// Its name; needed the first time
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Its certificate (PEM)
    #[arg(long, value_name = "PEM")]
    pub(crate) certificate: PathBuf,
    /// What it receives under a process, in place of what was known of that; the queue
    /// is innsyn, data, meeting or nothing
    #[arg(long, value_name = "PROCESS,DOCUMENT-TYPE,QUEUE")]
    pub(crate) record: Vec<String>,
}
