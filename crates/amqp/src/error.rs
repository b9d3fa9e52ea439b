//! What can be wrong with bytes that claim to be AMQP.

use fault::Fault;

use crate::Condition;

/// A violation of the protocol by the peer, or its refusal.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A value runs over the end of what holds it.
    #[error("a value runs over the end of its frame, list or section")]
    Truncated,
    /// No type has this format code (§1.3).
    #[error("0x{0:02x} is no format code")]
    FormatCode(u8),
    /// Something else than the place calls for.
    #[error("expected {expected}, got format code 0x{got:02x}")]
    Unexpected {
        /// The type or types that fit.
        expected: &'static str,
        /// The format code that stands there.
        got: u8,
    },
    /// A descriptor that does not belong here.
    #[error("expected {expected}, got descriptor 0x{got:x}")]
    Descriptor {
        /// What fits.
        expected: &'static str,
        /// What stands there.
        got: u64,
    },
    /// A field that must not be null is.
    #[error("the mandatory field {0} is missing")]
    Missing(&'static str),
    /// Nested deeper than anyone needs.
    #[error("values are nested deeper than {max}")]
    Depth {
        /// The limit.
        max: u32,
    },
    /// More values in one than anyone needs.
    #[error("one value holds more than {max} others")]
    Count {
        /// The limit.
        max: u32,
    },
    /// A string or symbol is not in its encoding.
    #[error("a string is not UTF-8")]
    Text,
    /// The first eight bytes are not those of the protocol.
    #[error("expected an AMQP 1.0 protocol header, got {0:02x?}")]
    Header([u8; 8]),
    /// A frame is larger than was agreed, or smaller than a frame can be.
    #[error("a frame of {size} bytes; at least 8 and at most {max} are allowed")]
    FrameSize {
        /// What its header says.
        size: u32,
        /// What we take.
        max: u32,
    },
    /// A frame whose header or kind is not allowed at this point.
    #[error("{0}")]
    Frame(&'static str),
    /// A channel or handle above the agreed maximum, or one already in use.
    #[error("{what} {number} is out of range or in use")]
    Number {
        /// Channel or handle.
        what: &'static str,
        /// The number.
        number: u32,
    },
    /// Too much has come of messages that are not whole.
    #[error("more than {max} bytes of messages that are not whole")]
    Gathered {
        /// The limit.
        max: usize,
    },
    /// The peer did not accept our credentials (sasl-code, §5.3.3.6).
    #[error("the peer refused the login with code {0}")]
    Login(u8),
    /// The peer offers no mechanism that we can use.
    #[error("the peer offers no SASL mechanism that fits")]
    Mechanism,
    /// The peer closed the connection and said why.
    #[error("the peer closed the connection: {0}")]
    Closed(Condition),
}

impl Error {
    /// All of these are the peer's doing.
    pub fn fault(&self) -> Fault {
        Fault::Peer
    }
}
