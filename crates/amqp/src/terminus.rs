//! The ends of a link: source, target, coordinator (§3.5, §4.5.1).

use bytes::Bytes;

use crate::code;
use crate::encode;
use crate::{Error, Reader, Value};

/// One end of a link. What came from the peer goes back to it as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Terminus {
    /// The node's name.
    pub address: Option<String>,
    /// A source's filters: a map, or null.
    pub filter: Value,
    /// A source that lets one see messages without taking them.
    pub copies: bool,
    /// The peer asks us to make a node and name it.
    pub dynamic: bool,
    /// The target is a transaction coordinator.
    pub coordinator: bool,
    /// As it stood in the peer's attach; empty for one of ours.
    raw: Bytes,
}

impl Terminus {
    /// A node by its name.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: Some(address.into()),
            filter: Value::Null,
            copies: false,
            dynamic: false,
            coordinator: false,
            raw: Bytes::new(),
        }
    }

    pub(crate) fn decode(raw: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(raw);
        let descriptor = reader.descriptor()?;
        let mut list = reader.list()?;
        let mut terminus = Self {
            address: None,
            filter: Value::Null,
            copies: false,
            dynamic: false,
            coordinator: descriptor == code::COORDINATOR,
            raw: Bytes::copy_from_slice(raw),
        };
        if terminus.coordinator {
            return Ok(terminus);
        }
        if descriptor != code::SOURCE && descriptor != code::TARGET {
            return Err(Error::Descriptor {
                expected: "a source or target",
                got: descriptor,
            });
        }
        terminus.address = match list.value()? {
            None => None,
            // §1.6: an address may be of any type; only text names a queue.
            Some(address) => address.text().map(str::to_owned),
        };
        list.skip()?; // durable
        list.skip()?; // expiry-policy
        list.skip()?; // timeout
        terminus.dynamic = list.boolean()?.unwrap_or(false);
        if descriptor == code::SOURCE {
            list.skip()?; // dynamic-node-properties
            terminus.copies = list.text()? == Some("copy");
            terminus.filter = list.value()?.unwrap_or(Value::Null);
        }
        Ok(terminus)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>, descriptor: u64) {
        if self.raw.is_empty() {
            encode::composite(out, descriptor, |f| {
                if descriptor == code::COORDINATOR {
                    return;
                }
                f.string(self.address.as_deref());
                (0..3).for_each(|_| f.null());
                f.flag(self.dynamic);
                if descriptor == code::SOURCE {
                    f.null();
                    f.symbol(self.copies.then_some("copy"));
                    f.value(&self.filter);
                }
            });
        } else {
            out.extend_from_slice(&self.raw);
        }
    }
}
