//! What an access point may answer instead.

use fault::Fault;
use serde::Deserialize;

/// Why a call did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It did not answer.
    #[error("the access point cannot be reached: {0}")]
    Unreachable(String),
    /// It refused.
    #[error("the access point answered {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The label: the last part of the Java class that it names, or nothing.
        label: String,
        /// Its words.
        message: String,
    },
    /// Its answer cannot be read.
    #[error("the access point's answer cannot be read: {0}")]
    Answer(String),
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    exception: String,
    #[serde(default)]
    message: String,
}

impl Error {
    pub(crate) fn refused(status: u16, text: &str) -> Self {
        let body = serde_json::from_str(text).unwrap_or(Body {
            exception: String::new(),
            message: text.chars().take(200).collect(),
        });
        let label = body
            .exception
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned();
        Self::Refused {
            status,
            label,
            message: body.message,
        }
    }

    /// Whether it was refused under this label.
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { label, .. } if label == wanted)
    }

    /// Who must act.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unreachable(_) => Fault::Link,
            Self::Refused { status, .. } if *status >= 500 => Fault::Link,
            Self::Refused { .. } => Fault::Caller,
            Self::Answer(_) => Fault::Peer,
        }
    }
}
