//! Why something ended or was refused (§2.8.14), and the names that peers know.

use std::borrow::Cow;
use std::fmt;

use crate::code;
use crate::encode;
use crate::{Error, Reader, Value};

/// An error as it goes over the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// A symbol, e.g. `amqp:not-found`.
    pub name: Cow<'static, str>,
    /// Words for people.
    pub description: Option<String>,
    /// Further facts; a map.
    pub info: Value,
}

/// The peer asked for something that is not there.
pub const NOT_FOUND: &str = "amqp:not-found";
/// The peer has not shown that it may.
pub const UNAUTHORIZED: &str = "amqp:unauthorized-access";
/// Nobody may.
pub const NOT_ALLOWED: &str = "amqp:not-allowed";
/// We do not do this.
pub const NOT_IMPLEMENTED: &str = "amqp:not-implemented";
/// Our own failure.
pub const INTERNAL_ERROR: &str = "amqp:internal-error";
/// A field cannot be read.
pub const INVALID_FIELD: &str = "amqp:invalid-field";
/// Bytes that are no AMQP.
pub const DECODE_ERROR: &str = "amqp:decode-error";
/// Full.
pub const RESOURCE_LIMIT: &str = "amqp:resource-limit-exceeded";
/// A message beyond the link's limit.
pub const MESSAGE_SIZE: &str = "amqp:link:message-size-exceeded";
/// The link ends by our wish.
pub const DETACH_FORCED: &str = "amqp:link:detach-forced";
/// The connection ends by our wish.
pub const CONNECTION_FORCED: &str = "amqp:connection:forced";
/// Frames that cannot be understood.
pub const FRAMING_ERROR: &str = "amqp:connection:framing-error";
/// Service Bus: the lock has run out.
pub const LOCK_LOST: &str = "com.microsoft:message-lock-lost";
/// Service Bus: no such message.
pub const MESSAGE_NOT_FOUND: &str = "com.microsoft:message-not-found";
/// Service Bus: put this message aside.
pub const DEAD_LETTER: &str = "com.microsoft:dead-letter";
/// Service Bus: not now.
pub const SERVER_BUSY: &str = "com.microsoft:server-busy";
/// Service Bus: an argument makes no sense.
pub const ARGUMENT_ERROR: &str = "com.microsoft:argument-error";
/// Service Bus: the token is no good.
pub const AUTH_FAILED: &str = "com.microsoft:auth-failed";
/// Service Bus: the queue is switched off.
pub const ENTITY_DISABLED: &str = "com.microsoft:entity-disabled";

impl Condition {
    /// A condition and words for people.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        description: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            description: Some(description.into()),
            info: Value::Map(Vec::new()),
        }
    }

    /// All three fields, always: a Python peer reads the third unguarded
    /// (servicebus §2.4).
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        encode::composite(out, code::ERROR, |f| {
            f.symbol(&*self.name);
            f.string(self.description.as_deref().unwrap_or_default());
            f.value(&self.info);
        });
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Option<Self>, Error> {
        if reader.null()? {
            return Ok(None);
        }
        let mut list = reader.composite(code::ERROR, "an error")?;
        let name = list.text()?.ok_or(Error::Missing("condition"))?.to_owned();
        let description = list.text()?.map(str::to_owned);
        let info = list.value()?.unwrap_or(Value::Null);
        Ok(Some(Self {
            name: name.into(),
            description,
            info: match info {
                Value::Map(_) => info,
                _ => Value::Map(Vec::new()),
            },
        }))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(words) => write!(f, "{}: {words}", self.name),
            None => f.write_str(&self.name),
        }
    }
}
