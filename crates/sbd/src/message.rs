//! The business messages.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient::{self, text};
use crate::{MessageType, Status};

/// What an SBD is about.
#[derive(Debug, Clone, PartialEq)]
pub enum BusinessMessage {
    /// A citizen's request.
    Innsynskrav(Innsynskrav),
    /// Something to publish.
    Publisering(Publisering),
    /// eInnsyn's answer to it.
    EinnsynKvittering(EinnsynKvittering),
    /// What became of a message.
    Status(StatusMessage),
    /// A message of another service: carried as it is.
    Other {
        /// Its type.
        kind: MessageType,
        /// Its members.
        fields: Map<String, Value>,
    },
}

/// A citizen's request to see documents, from the portal to a public body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Innsynskrav {
    /// Name of the main file.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub hoveddokument: Option<String>,
    /// The organisation that owns the data; route on it.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub orgnr: Option<String>,
    /// The body's own mailbox for innsynskrav. Not the citizen's address.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub epost: Option<String>,
}

/// Journal entries or meetings, from a public body to the portal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publisering {
    /// Name of the main file.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub hoveddokument: Option<String>,
    /// The organisation on whose behalf it is published.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub orgnr: Option<String>,
}

/// The business answer to a publisering.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EinnsynKvittering {
    /// Name of the main file.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub hoveddokument: Option<String>,
    /// IRI of the published object.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub dokument_id: Option<String>,
    /// JSON in a text, most often.
    #[serde(deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What it answers; absent means publisering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referanse_type: Option<ReferanseType>,
}

/// What a kvittering answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReferanseType {
    /// An innsynskrav.
    Innsynskrav,
    /// A publisering.
    Publisering,
}

/// Carries a status to the sender of the message with the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusMessage {
    /// Name of the main file; status messages have none.
    #[serde(
        default,
        deserialize_with = "text",
        skip_serializing_if = "Option::is_none"
    )]
    pub hoveddokument: Option<String>,
    /// The status.
    pub status: Status,
}

impl BusinessMessage {
    /// Its type.
    pub fn kind(&self) -> MessageType {
        match self {
            Self::Innsynskrav(_) => MessageType::Innsynskrav,
            Self::Publisering(_) => MessageType::Publisering,
            Self::EinnsynKvittering(_) => MessageType::EinnsynKvittering,
            Self::Status(_) => MessageType::Status,
            Self::Other { kind, .. } => *kind,
        }
    }

    /// The name of the file that goes first in the package, if the message names one.
    pub fn hoveddokument(&self) -> Option<&str> {
        match self {
            Self::Innsynskrav(m) => m.hoveddokument.as_deref(),
            Self::Publisering(m) => m.hoveddokument.as_deref(),
            Self::EinnsynKvittering(m) => m.hoveddokument.as_deref(),
            Self::Status(m) => m.hoveddokument.as_deref(),
            Self::Other { fields, .. } => fields.get("hoveddokument")?.as_str(),
        }
    }

    pub(crate) fn read(kind: MessageType, text: &str) -> serde_json::Result<Self> {
        Ok(match kind {
            MessageType::Innsynskrav => Self::Innsynskrav(lenient::read(text)?),
            MessageType::Publisering => Self::Publisering(lenient::read(text)?),
            MessageType::EinnsynKvittering => {
                Self::EinnsynKvittering(lenient::read(text)?)
            }
            MessageType::Status => Self::Status(lenient::read(text)?),
            kind => {
                let mut fields: Map<String, Value> = serde_json::from_str(text)?;
                fields.retain(|_, value| !value.is_null());
                Self::Other { kind, fields }
            }
        })
    }
}

impl Serialize for BusinessMessage {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Innsynskrav(m) => m.serialize(to),
            Self::Publisering(m) => m.serialize(to),
            Self::EinnsynKvittering(m) => m.serialize(to),
            Self::Status(m) => m.serialize(to),
            Self::Other { fields, .. } => fields.serialize(to),
        }
    }
}
