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
    /// Asks for a queue, where a broker may make a topic of a new name: the capability
    /// `queue`, as JMS has it.
    pub queue: bool,
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
            queue: false,
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
            queue: false,
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
                f.null(); // dynamic-node-properties
                if descriptor == code::SOURCE {
                    f.symbol(self.copies.then_some("copy"));
                    f.value(&self.filter);
                    (0..2).for_each(|_| f.null()); // default-outcome, outcomes
                }
                f.symbol(self.queue.then_some("queue"));
            });
        } else {
            out.extend_from_slice(&self.raw);
        }
    }
}
