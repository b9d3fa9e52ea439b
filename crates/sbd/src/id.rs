//! Identifiers: organisations, messages, conversations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// An organisation number: nine digits.
///
/// The check digit is not looked at: test organisations need not have a right one, and
/// whether a number exists is for the address register to say.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Orgnr(String);

/// A message's id. Java's column holds 36 characters, and so do we.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

/// A conversation's id: any text, most often a UUID.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct ConversationId(String);

const MESSAGE_ID_CHARS_MAX: usize = 36;

impl FromStr for Orgnr {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() == 9 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::Value {
            member: "orgnr",
            expected: "nine digits",
            got: text.to_owned(),
        })
    }
}

impl FromStr for MessageId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if (1..=MESSAGE_ID_CHARS_MAX).contains(&text.chars().count()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::Value {
            member: "documentIdentification.instanceIdentifier",
            expected: "an id of 1 to 36 characters",
            got: text.chars().take(60).collect(),
        })
    }
}

impl FromStr for ConversationId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if !text.is_empty() {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::Missing(
            "the ConversationId scope's instanceIdentifier",
        ))
    }
}

macro_rules! text {
    ($($name:ident)*) => { $(
        impl $name {
            /// As on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )* };
}

text! { Orgnr MessageId ConversationId }

impl MessageId {
    /// Whether `java.util.UUID.fromString` takes it.
    pub fn is_uuid(&self) -> bool {
        is_uuid(&self.0)
    }
}

/// Whether `java.util.UUID.fromString` takes the text: five groups of hexadecimal
/// digits, each at least one long, so `1-1-1-1-1` passes.
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &&str| {
        !group.is_empty()
            && group.len() <= 16
            && group.bytes().all(|b| b.is_ascii_hexdigit())
    };
    groups.len() == 5 && text.len() <= 36 && groups.iter().all(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_taken_as_java_takes_them() {
        for good in ["1-1-1-1-1", "5A0E5C0E-0000-4000-8000-000000000001"] {
            assert!(is_uuid(good), "{good}");
        }
        for bad in [
            "",
            "abc",
            " ",
            "{1-1-1-1-1}",
            "1-1-1-1-",
            "1-1-1-1-1-1",
            "g-1-1-1-1",
        ] {
            assert!(!is_uuid(bad), "{bad}");
        }
    }

    #[test]
    fn an_orgnr_is_nine_digits() {
        assert_eq!("910077473".parse::<Orgnr>().unwrap().as_str(), "910077473");
        for bad in ["", "91007747", "9100774730", "91007747a", "0192:910077473"] {
            assert!(bad.parse::<Orgnr>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_message_id_has_at_most_36_characters() {
        assert!("å".repeat(36).parse::<MessageId>().is_ok());
        assert!("a".repeat(37).parse::<MessageId>().is_err());
        assert!("".parse::<MessageId>().is_err());
    }
}
