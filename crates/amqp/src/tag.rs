//! A delivery's tag, without an allocation.

use std::fmt;

use crate::Error;

/// Names a delivery on its link: at most 32 bytes (§2.8.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag {
    length: u8,
    bytes: [u8; Tag::BYTES_MAX],
}

impl Tag {
    /// The longest that the protocol allows.
    pub const BYTES_MAX: usize = 32;

    /// The empty tag.
    pub const EMPTY: Tag = Tag {
        length: 0,
        bytes: [0; Tag::BYTES_MAX],
    };

    /// Fails beyond 32 bytes.
    pub fn new(tag: &[u8]) -> Result<Self, Error> {
        let mut bytes = [0; Self::BYTES_MAX];
        let place = bytes.get_mut(..tag.len());
        place
            .ok_or(Error::Frame("a delivery-tag has more than 32 bytes"))?
            .copy_from_slice(tag);
        let length = u8::try_from(tag.len()).unwrap_or_default();
        Ok(Self { length, bytes })
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl From<u32> for Tag {
    fn from(number: u32) -> Self {
        let mut tag = Self::EMPTY;
        tag.length = 4;
        tag.bytes[..4].copy_from_slice(&number.to_be_bytes());
        tag
    }
}

impl From<[u8; 16]> for Tag {
    fn from(id: [u8; 16]) -> Self {
        let mut tag = Self::EMPTY;
        tag.length = 16;
        tag.bytes[..16].copy_from_slice(&id);
        tag
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:02x?})", self.as_slice())
    }
}
