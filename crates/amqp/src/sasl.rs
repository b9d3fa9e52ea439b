//! Logging in (§5.3): ANONYMOUS, PLAIN, and the ones that Service Bus adds.

use std::fmt;

use bytes::BytesMut;

use crate::encode;
use crate::frame::{self, SASL};
use crate::{Error, Reader, Value, code};

/// Service Bus's own: no credentials now, a token to `$cbs` afterwards.
pub const MSSBCBS: &str = "MSSBCBS";
/// No credentials now.
pub const ANONYMOUS: &str = "ANONYMOUS";
/// Name and password (RFC 4616).
pub const PLAIN: &str = "PLAIN";
/// The TLS certificate speaks.
pub const EXTERNAL: &str = "EXTERNAL";

/// What the peer chose, and what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Init {
    /// The mechanism's name.
    pub mechanism: String,
    /// The mechanism's first response.
    pub response: Vec<u8>,
}

impl Init {
    /// Name and password of a PLAIN response: `authzid NUL authcid NUL passwd`.
    pub fn plain(&self) -> Option<(&str, &str)> {
        if self.mechanism != PLAIN {
            return None;
        }
        let mut parts = self.response.splitn(3, |byte| *byte == 0).skip(1);
        let mut text = || std::str::from_utf8(parts.next()?).ok();
        Some((text()?, text()?))
    }
}

impl fmt::Debug for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Init")
            .field("mechanism", &self.mechanism)
            .finish_non_exhaustive()
    }
}

/// How a client logs in.
#[derive(Clone)]
pub enum Login {
    /// Without credentials: MSSBCBS where it is offered, else ANONYMOUS.
    Anonymous,
    /// With name and password.
    Plain(String, String),
}

impl Login {
    pub(crate) fn init(&self, offered: &[String]) -> Result<Init, Error> {
        let has = |name: &str| offered.iter().any(|o| o == name);
        let (mechanism, response) = match self {
            Self::Anonymous if has(MSSBCBS) => (MSSBCBS, Vec::new()),
            Self::Anonymous if has(ANONYMOUS) => (ANONYMOUS, Vec::new()),
            Self::Plain(name, password) if has(PLAIN) => {
                (PLAIN, format!("\0{name}\0{password}").into_bytes())
            }
            _ => return Err(Error::Mechanism),
        };
        Ok(Init {
            mechanism: mechanism.to_owned(),
            response,
        })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Plain(..) => "Plain(..)",
        })
    }
}

/// The frames of a login.
pub(crate) enum SaslFrame {
    Mechanisms(Vec<String>),
    Init(Init),
    Outcome(u8),
}

/// The next frame of a login, once it is there.
pub(crate) fn next(input: &mut BytesMut, max: u32) -> Result<Option<SaslFrame>, Error> {
    let Some(head) = frame::peek(input, max)? else {
        return Ok(None);
    };
    if head.kind != SASL {
        return Err(Error::Frame("a frame of AMQP came before the login's end"));
    }
    let bytes = input.split_to(head.size);
    let mut reader = Reader::new(&bytes[head.body..]);
    let descriptor = reader.descriptor()?;
    let mut list = reader.list()?;
    Ok(Some(match descriptor {
        code::SASL_MECHANISMS => {
            // §5.3.3.1: multiple: an array, or one symbol by itself.
            let offered = list.value()?.unwrap_or(Value::Null);
            let one = std::slice::from_ref(&offered);
            let all = offered.items().unwrap_or(one).iter();
            let names = all.filter_map(|v| v.text().map(str::to_owned));
            SaslFrame::Mechanisms(names.collect())
        }
        code::SASL_INIT => SaslFrame::Init(Init {
            mechanism: list.text()?.unwrap_or_default().to_owned(),
            response: list.binary()?.unwrap_or_default().to_vec(),
        }),
        code::SASL_OUTCOME => {
            SaslFrame::Outcome(list.ubyte()?.ok_or(Error::Missing("code"))?)
        }
        got => {
            let expected = "a login's frame";
            return Err(Error::Descriptor { expected, got });
        }
    }))
}

/// What a server offers: an array, also where a symbol would do (servicebus §2.1).
pub(crate) fn offer(out: &mut Vec<u8>) {
    let names = [MSSBCBS, ANONYMOUS, PLAIN, EXTERNAL];
    let names = names.map(|name| Value::Symbol(name.to_owned())).to_vec();
    frame::write(out, SASL, 0, |out| {
        encode::composite(out, code::SASL_MECHANISMS, |f| {
            f.value(&Value::Array(names));
        });
    });
}

pub(crate) fn init(out: &mut Vec<u8>, init: &Init) {
    frame::write(out, SASL, 0, |out| {
        encode::composite(out, code::SASL_INIT, |f| {
            f.symbol(&*init.mechanism);
            f.binary(&*init.response);
        });
    });
}

pub(crate) fn outcome(out: &mut Vec<u8>, code: u8) {
    frame::write(out, SASL, 0, |out| {
        encode::composite(out, code::SASL_OUTCOME, |f| f.ubyte(code));
    });
}
