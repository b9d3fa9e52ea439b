//! What became of a delivery (§3.4).

use crate::code;
use crate::encode;
use crate::{Condition, Error, Reader, Value};

/// A delivery's state, most often its final one.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Taken.
    Accepted,
    /// Refused, perhaps with the reason.
    Rejected(Option<Box<Condition>>),
    /// Given back, untouched.
    Released,
    /// Given back, with changes.
    Modified {
        /// Count it as a failed attempt.
        failed: bool,
        /// Do not deliver it here again.
        undeliverable: bool,
        /// A map to merge into the message; null without.
        annotations: Value,
    },
    /// Not final: so much has arrived.
    Received,
    /// Something else, by its descriptor.
    Other(u64),
}

impl Outcome {
    /// Modified with no more to say than that the attempt failed.
    pub const FAILED: Outcome = Outcome::Modified {
        failed: true,
        undeliverable: false,
        annotations: Value::Null,
    };

    /// Rejected for this reason.
    pub fn rejected(condition: Condition) -> Self {
        Self::Rejected(Some(Box::new(condition)))
    }

    /// The same kind with nothing in it: how Service Bus confirms a settlement.
    /// An error sent back would be taken for ours (servicebus §2.5).
    pub fn bare(&self) -> Self {
        match self {
            Self::Rejected(_) => Self::Rejected(None),
            Self::Modified { .. } => Self::Modified {
                failed: false,
                undeliverable: false,
                annotations: Value::Null,
            },
            other => other.clone(),
        }
    }

    /// Fails on anything but a described list.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let descriptor = reader.descriptor()?;
        if descriptor == code::ACCEPTED {
            reader.skip()?;
            return Ok(Self::Accepted);
        }
        let mut list = reader.list()?;
        Ok(match descriptor {
            code::REJECTED => {
                let raw = list.raw()?;
                let error = raw.map(|raw| Condition::decode(&mut Reader::new(raw)));
                Self::Rejected(error.transpose()?.flatten().map(Box::new))
            }
            code::RELEASED => Self::Released,
            code::MODIFIED => Self::Modified {
                failed: list.boolean()?.unwrap_or(false),
                undeliverable: list.boolean()?.unwrap_or(false),
                annotations: list.value()?.unwrap_or(Value::Null),
            },
            code::RECEIVED => Self::Received,
            other => Self::Other(other),
        })
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Accepted => encode::composite(out, code::ACCEPTED, |_| {}),
            Self::Released => encode::composite(out, code::RELEASED, |_| {}),
            Self::Rejected(error) => encode::composite(out, code::REJECTED, |f| {
                if let Some(error) = error {
                    f.with(|out| error.encode(out));
                }
            }),
            Self::Modified {
                failed,
                undeliverable,
                annotations,
            } => encode::composite(out, code::MODIFIED, |f| {
                f.flag(*failed);
                f.flag(*undeliverable);
                f.value(annotations);
            }),
            Self::Received => encode::composite(out, code::RECEIVED, |f| {
                f.uint(0);
                f.ulong(0);
            }),
            Self::Other(descriptor) => encode::composite(out, *descriptor, |_| {}),
        }
    }
}
