//! What the operator is told of, and how.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

/// What the operator is told of. Each thing is told once, until it has passed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// Address for health (`/health`) and metrics (`/metrics`).
    pub listen: Option<SocketAddr>,
    /// Whom to mail, through the mail server of `[mail]`.
    pub mail: Option<String>,
    /// Where to post alerts as JSON.
    pub webhook: Option<Url>,
    /// The file with the key that those posts are signed with.
    pub webhook_secret_file: Option<PathBuf>,
    /// Working days without a publication that are too many; 0 asks for none.
    pub publish_working_days: u32,
    /// Working days in which an order shall be answered.
    pub answer_working_days: u32,
    /// Working days after which an order that nobody has taken from its folder is told
    /// of.
    pub untaken_working_days: u32,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            listen: None,
            mail: None,
            webhook: None,
            webhook_secret_file: None,
            publish_working_days: 0,
            answer_working_days: 3,
            untaken_working_days: 1,
        }
    }
}
