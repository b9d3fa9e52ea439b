//! What `sendebud validate` is asked.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What eInnsyn takes in practice, or the published constraints as they stand
    #[arg(long, value_enum, default_value_t = Profile::Practical)]
    pub(crate) profile: Profile,
    /// For a terminal, one JSON object a line and file, SARIF 2.1.0, or a page
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Language of the messages
    #[arg(long, value_enum, default_value_t = Language::Nb)]
    pub(crate) language: Language,
    /// Kvitteringer with warnings: advise on what eInnsyn complained of there
    #[arg(long, value_name = "KVITTERING")]
    pub(crate) learn: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Profile {
    Practical,
    PublishedStrict,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Sarif,
    Html,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Language {
    Nb,
    En,
}
