//! Statuses: what can become of a message.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A line in a message's log. Printed as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Out: created. In: taken from the message service.
    Opprettet,
    /// Out: the message service has it.
    Sendt,
    /// Out: the receiver's access point has it.
    Mottatt,
    /// Out: the receiver's case system has it. Final.
    Levert,
    /// Out: somebody has read it (other services). Final.
    Lest,
    /// It cannot be delivered, or not be read. Final.
    Feil,
    /// Something else (other services).
    Annet,
    /// In: it waits for the case system.
    InnkommendeMottatt,
    /// In: the case system has taken it. Final.
    InnkommendeLevert,
    /// Its levetid ran out before it was delivered. Final.
    LevetidUtlopt,
}

impl Status {
    const ALL: [Self; 10] = [
        Self::Opprettet,
        Self::Sendt,
        Self::Mottatt,
        Self::Levert,
        Self::Lest,
        Self::Feil,
        Self::Annet,
        Self::InnkommendeMottatt,
        Self::InnkommendeLevert,
        Self::LevetidUtlopt,
    ];

    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opprettet => "OPPRETTET",
            Self::Sendt => "SENDT",
            Self::Mottatt => "MOTTATT",
            Self::Levert => "LEVERT",
            Self::Lest => "LEST",
            Self::Feil => "FEIL",
            Self::Annet => "ANNET",
            Self::InnkommendeMottatt => "INNKOMMENDE_MOTTATT",
            Self::InnkommendeLevert => "INNKOMMENDE_LEVERT",
            Self::LevetidUtlopt => "LEVETID_UTLOPT",
        }
    }

    /// Whether nothing more is expected after it: the conversation is finished.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Levert
                | Self::Lest
                | Self::Feil
                | Self::InnkommendeLevert
                | Self::LevetidUtlopt
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or_else(|| Error::Value {
            member: "status",
            expected: "one of the ten statuses",
            got: text.to_owned(),
        })
    }
}
