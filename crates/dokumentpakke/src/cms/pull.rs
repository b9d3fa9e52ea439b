//! Read BER from a stream: what is small as a whole, what is large as it comes.

use std::io::Read;

use crate::Error;
use crate::tlv::{CONSTRUCTED, OCTET_STRING};

/// What is read at a time.
const CHUNK_BYTES: usize = 64 * 1024;
/// How much of everything but the content there may be.
const SMALL_BYTES_MAX: usize = 1024 * 1024;
/// How deep elements may be nested.
const DEPTH_MAX: usize = 16;

/// Where an element that we are in ends.
#[derive(Clone, Copy)]
enum End {
    At(u64),
    /// At end-of-contents.
    Marked,
}

/// A stream of elements.
pub(super) struct Pull<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    /// How many bytes were taken.
    at: u64,
    levels: Vec<End>,
    small: usize,
}

struct Head {
    tag: u8,
    /// None when it is indefinite.
    length: Option<u64>,
    /// As it stands: others may have signed just this.
    raw: ([u8; 10], usize),
}

impl<R: Read> Pull<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::with_capacity(CHUNK_BYTES),
            start: 0,
            at: 0,
            levels: Vec::new(),
            small: 0,
        }
    }

    /// The bytes that come next, without taking them: at least so many, or all.
    pub(super) fn peek(&mut self, bytes: usize) -> Result<&[u8], Error> {
        while self.buffer.len() - self.start < bytes {
            if self.start > 0 {
                self.buffer.drain(..self.start);
                self.start = 0;
            }
            let filled = self.buffer.len();
            self.buffer.resize(CHUNK_BYTES, 0);
            let read = self.input.read(&mut self.buffer[filled..]);
            let count = match read {
                Ok(count) => count,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {
                    self.buffer.truncate(filled);
                    continue;
                }
                Err(e) => return Err(Error::Stream(e.to_string())),
            };
            self.buffer.truncate(filled + count);
            if count == 0 {
                break;
            }
        }
        Ok(&self.buffer[self.start..])
    }

    fn take(&mut self, bytes: usize) {
        self.start += bytes;
        self.at += bytes as u64;
    }

    fn cut(&self) -> Error {
        let at = self.at + (self.buffer.len() - self.start) as u64;
        Error::Truncated {
            at: usize::try_from(at).unwrap_or(usize::MAX),
        }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let first = self.peek(1)?.first().copied();
        let byte = first.ok_or_else(|| self.cut())?;
        self.take(1);
        Ok(byte)
    }

    /// Tag and length. An element may not end after the one that it is in.
    fn head(&mut self) -> Result<Head, Error> {
        let tag = self.byte()?;
        if tag & 0x1f == 0x1f {
            return Err(Error::NotCms("a tag of more than one octet".into()));
        }
        let first = self.byte()?;
        let (mut raw, mut size) = ([0; 10], 2);
        (raw[0], raw[1]) = (tag, first);
        let length = match first {
            0x80 => None,
            0..=0x7f => Some(u64::from(first)),
            0x81..=0x88 => {
                let mut length = 0_u64;
                for _ in 0..first & 0x7f {
                    let octet = self.byte()?;
                    raw[size] = octet;
                    size += 1;
                    length = length << 8 | u64::from(octet);
                }
                Some(length)
            }
            _ => {
                return Err(Error::NotCms("a length of more than eight octets".into()));
            }
        };
        if let Some(length) = length {
            let end = self.at.checked_add(length);
            let around = self.levels.iter().rev().find_map(|level| match level {
                End::At(end) => Some(*end),
                End::Marked => None,
            });
            if end.is_none_or(|end| around.is_some_and(|around| end > around)) {
                return Err(self.cut());
            }
        } else if tag & CONSTRUCTED == 0 {
            return Err(Error::NotCms(
                "an endless element that is not made of others".into(),
            ));
        }
        let raw = (raw, size);
        Ok(Head { tag, length, raw })
    }

    fn level(&mut self, head: &Head) -> Result<(), Error> {
        if self.levels.len() == DEPTH_MAX {
            return Err(Error::NotCms(format!(
                "nested more than {DEPTH_MAX} levels"
            )));
        }
        let end = head.length.map_or(End::Marked, |n| End::At(self.at + n));
        self.levels.push(end);
        Ok(())
    }

    /// Go into the next element, which must have this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Result<(), Error> {
        let head = self.head()?;
        if head.tag != tag {
            return Err(Error::NotCms(format!(
                "tag {:#04x} where {tag:#04x} is expected",
                head.tag
            )));
        }
        self.level(&head)
    }

    /// Whether the element that we are in has nothing more.
    pub(super) fn done(&mut self) -> Result<bool, Error> {
        match self.levels.last() {
            Some(End::At(end)) => Ok(self.at == *end),
            Some(End::Marked) => Ok(self.peek(2)?.starts_with(&[0, 0])),
            None => Ok(self.peek(1)?.is_empty()),
        }
    }

    /// Leave the element that we are in, over whatever is left of it.
    pub(super) fn leave(&mut self) -> Result<(), Error> {
        while !self.done()? {
            self.element()?;
        }
        if let Some(End::Marked) = self.levels.pop() {
            self.take(2);
        }
        Ok(())
    }

    /// The tag of the next element.
    pub(super) fn tag(&mut self) -> Result<u8, Error> {
        let first = self.peek(1)?.first().copied();
        first.ok_or_else(|| self.cut())
    }

    /// The next element, whole and with all its lengths definite or not as they stand.
    pub(super) fn element(&mut self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        self.copy(&mut out, 0)?;
        self.small += out.len();
        if self.small > SMALL_BYTES_MAX {
            return Err(too_much());
        }
        Ok(out)
    }

    fn copy(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<(), Error> {
        if depth > DEPTH_MAX {
            return Err(Error::NotCms(format!(
                "nested more than {DEPTH_MAX} levels"
            )));
        }
        let head = self.head()?;
        out.extend_from_slice(&head.raw.0[..head.raw.1]);
        let Some(length) = head.length else {
            while !self.peek(2)?.starts_with(&[0, 0]) {
                self.copy(out, depth + 1)?;
            }
            self.take(2);
            out.extend_from_slice(&[0, 0]);
            return Ok(());
        };
        if length > SMALL_BYTES_MAX as u64 || out.len() > SMALL_BYTES_MAX {
            return Err(too_much());
        }
        self.pour(length, &mut |bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        })
    }

    /// The octets of the next element, a string in one piece or in many, as they come.
    pub(super) fn octets(
        &mut self,
        tags: [u8; 2],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let head = self.head()?;
        if !tags.contains(&head.tag) {
            return Err(Error::NotCms("the encrypted content is missing".into()));
        }
        if head.tag & CONSTRUCTED == 0 {
            return self.pour(head.length.unwrap_or_default(), sink);
        }
        self.level(&head)?;
        while !self.done()? {
            self.octets([OCTET_STRING, OCTET_STRING | CONSTRUCTED], sink)?;
        }
        self.leave()
    }

    fn pour(
        &mut self,
        length: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut left = length;
        while left > 0 {
            let there = self.peek(1)?.len();
            if there == 0 {
                return Err(self.cut());
            }
            let count = there.min(usize::try_from(left).unwrap_or(there));
            sink(&self.buffer[self.start..self.start + count])?;
            self.take(count);
            left -= count as u64;
        }
        Ok(())
    }
}

fn too_much() -> Error {
    Error::TooLarge {
        what: "what stands around the content",
        max: SMALL_BYTES_MAX as u64,
    }
}
