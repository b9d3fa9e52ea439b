//! Read BER (X.690): tags, lengths of all three forms, values.

use crate::Error;

/// How deep indefinite lengths may be nested before we stop looking.
const DEPTH_MAX: usize = 16;

/// One element: its tag and where its content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    /// The identifier octet: class, constructed bit, number below 31.
    pub(crate) tag: u8,
    /// The content, without end-of-contents.
    pub(crate) content: &'a [u8],
    /// The whole element as it stands.
    pub(crate) raw: &'a [u8],
}

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const CONSTRUCTED: u8 = 0x20;

/// A context-specific tag.
pub(crate) const fn context(number: u8, constructed: bool) -> u8 {
    0x80 | number | if constructed { CONSTRUCTED } else { 0 }
}

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever it is.
    pub(crate) fn next(&mut self) -> Result<Tlv<'a>, Error> {
        let (tlv, rest) = split(self.rest, 0)?;
        self.rest = rest;
        Ok(tlv)
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, Error> {
        let tlv = self.next()?;
        if tlv.tag == tag {
            return Ok(tlv);
        }
        Err(Error::NotCms(format!(
            "tag {:#04x} where {tag:#04x} is expected",
            tlv.tag
        )))
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, Error> {
        match self.rest.first() {
            Some(&first) if first == tag => self.next().map(Some),
            _ => Ok(None),
        }
    }
}

impl<'a> Tlv<'a> {
    /// Read what is inside.
    pub(crate) fn inside(&self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// The octets of a string that may come in pieces.
    pub(crate) fn octets(&self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::with_capacity(self.content.len());
        gather(self, &mut all, 0)?;
        Ok(all)
    }
}

fn gather(tlv: &Tlv<'_>, all: &mut Vec<u8>, depth: usize) -> Result<(), Error> {
    if tlv.tag & CONSTRUCTED == 0 {
        all.extend_from_slice(tlv.content);
        return Ok(());
    }
    if depth > DEPTH_MAX {
        return Err(too_deep());
    }
    let mut pieces = tlv.inside();
    while !pieces.is_empty() {
        gather(&pieces.next()?, all, depth + 1)?;
    }
    Ok(())
}

fn split(bytes: &[u8], depth: usize) -> Result<(Tlv<'_>, &[u8]), Error> {
    let cut = || Error::Truncated { at: bytes.len() };
    let tag = *bytes.first().ok_or_else(cut)?;
    if tag & 0x1f == 0x1f {
        return Err(Error::NotCms("a tag of more than one octet".into()));
    }
    let first = *bytes.get(1).ok_or_else(cut)?;
    if first == 0x80 {
        return indefinite(bytes, tag, depth);
    }
    let (length, header) = if first < 0x80 {
        (usize::from(first), 2)
    } else {
        let octets = usize::from(first & 0x7f);
        let field = bytes.get(2..2 + octets).ok_or_else(cut)?;
        if octets > 8 {
            return Err(Error::NotCms("a length of more than eight octets".into()));
        }
        let length = field.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        (usize::try_from(length).map_err(|_| cut())?, 2 + octets)
    };
    let end = header.checked_add(length).ok_or_else(cut)?;
    let content = bytes.get(header..end).ok_or_else(cut)?;
    Ok((
        Tlv {
            tag,
            content,
            raw: &bytes[..end],
        },
        &bytes[end..],
    ))
}

/// Elements until end-of-contents (X.690 §8.1.3.6).
fn indefinite(bytes: &[u8], tag: u8, depth: usize) -> Result<(Tlv<'_>, &[u8]), Error> {
    if depth > DEPTH_MAX {
        return Err(too_deep());
    }
    let mut at = 2;
    loop {
        let rest = &bytes[at..];
        if rest.starts_with(&[0, 0]) {
            let (content, end) = (&bytes[2..at], at + 2);
            return Ok((
                Tlv {
                    tag,
                    content,
                    raw: &bytes[..end],
                },
                &bytes[end..],
            ));
        }
        let (inner, _) = split(rest, depth + 1).map_err(|e| match e {
            Error::Truncated { .. } => Error::Truncated { at: bytes.len() },
            other => other,
        })?;
        at += inner.raw.len();
    }
}

fn too_deep() -> Error {
    Error::NotCms(format!("nested more than {DEPTH_MAX} levels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // X.690 §8.21.5: a constructed string is the pieces in order.
    #[test]
    fn pieces_and_indefinite_lengths_are_joined() {
        let bytes = [0x24, 0x80, 0x04, 0x02, 1, 2, 0x04, 0x01, 3, 0, 0, 0xff];
        let mut reader = Reader::new(&bytes);
        let string = reader.next().unwrap();
        assert_eq!(string.octets().unwrap(), [1, 2, 3]);
        assert_eq!(string.raw.len(), 11);
    }

    #[test]
    fn cut_anywhere_is_truncated() {
        let bytes = [0x30, 0x80, 0x04, 0x02, 1, 2, 0, 0];
        for end in 0..bytes.len() {
            let read = Reader::new(&bytes[..end]).next();
            assert!(
                matches!(read, Err(Error::Truncated { .. })),
                "{end}: {read:?}"
            );
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let bytes = [0x30, 0x80].repeat(1000);
        assert!(matches!(Reader::new(&bytes).next(), Err(Error::NotCms(_))));
    }
}
