//! The command line of the way over from the Java integrasjonspunkt, and back.

use std::path::PathBuf;

use clap::Args;
use url::Url;

#[derive(Debug, Args)]
pub(crate) struct MoveIn {
    /// Its settings: integrasjonspunkt-local.properties, .yml or .yaml, or NAME=VALUE
    /// lines of a container's environment; may be given again, what a later one says
    /// wins
    #[arg(long, required = true, value_name = "FILE")]
    pub(crate) properties: Vec<PathBuf>,
    /// Its key store (PKCS#12 or JKS), where it is not the one that the settings name
    #[arg(long, value_name = "FILE")]
    pub(crate) keystore: Option<PathBuf>,
    /// The profile that it is started with, where the settings do not say: production or
    /// staging
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Its API: what waits there, and what it knows of messages, is fetched
    #[arg(long, value_name = "URL")]
    pub(crate) api: Option<Url>,
    #[command(flatten)]
    pub(crate) user: ApiUser,
    /// Where to write our settings; those that are there already are used as they are
    #[arg(long, value_name = "FILE", default_value = "sendebud.toml")]
    pub(crate) out: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MoveOut {
    /// Our settings; sendebud.toml in the working folder when not given
    #[arg(long, value_name = "FILE", default_value = "sendebud.toml")]
    pub(crate) config: PathBuf,
    /// The API of the access point that takes over; it must be running
    #[arg(long, value_name = "URL")]
    pub(crate) api: Url,
    #[command(flatten)]
    pub(crate) user: ApiUser,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) check: bool,
}

/// Who we are to the other access point's API.
#[derive(Debug, Args)]
pub(crate) struct ApiUser {
    /// The user of its API
    #[arg(long, value_name = "NAME", requires = "password_file")]
    pub(crate) user: Option<String>,
    /// A file with the user's password
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(crate) password_file: Option<PathBuf>,
    /// The authorities (PEM) to believe for its certificate, in place of the machine's;
    /// one that nobody else vouches for is its own
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}
