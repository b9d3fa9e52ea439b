//! Read the log at start: what was confirmed is there, what was cut off is not.

use std::io;

use bytes::Bytes;

use super::files::{Files, failed};
use super::layout::{
    ALIGN, FRAME_BYTES, HEADER_BYTES, TRAILER_BYTES, framed, is_header, read_trailer,
};
use super::op::{Entry, Put, checksum};
use crate::Error;

/// Everything that a file says, in order: by its list if it has one, else record by
/// record. A record that was cut off ends the file; one that is damaged with sound ones
/// behind it is named and passed over.
pub(crate) fn recover(
    files: &Files,
    number: u32,
    mut apply: impl FnMut(Entry),
) -> Result<u64, Error> {
    let file = files.file(number)?;
    let size = file.size().map_err(|e| failed("measure", &e))?;
    read(number, size, |at, bytes| file.read(at, bytes), &mut apply)?;
    Ok(size)
}

/// The same of a file that is read by this.
fn read(
    number: u32,
    size: u64,
    from: impl Fn(u64, &mut [u8]) -> io::Result<()>,
    mut apply: impl FnMut(Entry),
) -> Result<(), Error> {
    let from = |at, bytes: &mut [u8]| from(at, bytes).map_err(|e| failed("read", &e));
    if let Some(list) = list(number, size, from)? {
        let mut rest = &list[..];
        while let Some(entry) = Entry::next(number, &mut rest) {
            apply(entry);
        }
        if rest.is_empty() {
            return Ok(());
        }
        return Err(Error::Damaged {
            file: number,
            offset: size,
            what: "its list makes no sense; this is a fault of the broker",
        });
    }
    let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
    from(0, &mut bytes)?;
    scan(number, &bytes, apply);
    Ok(())
}

/// How many messages are in a file of these bytes, whatever they are.
pub(crate) fn survey(number: u32, bytes: &Bytes) -> usize {
    let from = |at, into: &mut [u8]| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let found = bytes.get(at..).and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    };
    let mut messages = 0;
    let read = read(number, bytes.len() as u64, from, |entry| {
        if let Entry::Put(_, at) = entry {
            let start = at.offset as usize;
            let end = start.saturating_add(at.length as usize);
            if end <= bytes.len() {
                let put = Put::read(number, &bytes.slice(start..end));
                messages += usize::from(put.is_some());
            }
        }
    });
    drop(read);
    messages
}

/// The list at the end of the file, if there is a sound one.
fn list(
    number: u32,
    size: u64,
    from: impl Fn(u64, &mut [u8]) -> Result<(), Error>,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(end) = size.checked_sub(TRAILER_BYTES as u64) else {
        return Ok(None);
    };
    let mut trailer = [0; TRAILER_BYTES];
    from(end, &mut trailer)?;
    let Some((offset, length, sum)) = read_trailer(number, &trailer) else {
        return Ok(None);
    };
    if offset + length as u64 > end {
        return Ok(None);
    }
    let mut list = vec![0; length];
    from(offset, &mut list)?;
    if checksum(number, &list) != sum {
        tracing::warn!(
            file = number,
            offset,
            "the list at the file's end is damaged; the whole file is read instead"
        );
        return Ok(None);
    }
    Ok(Some(list))
}

fn scan(number: u32, bytes: &[u8], mut apply: impl FnMut(Entry)) {
    let header = bytes.first_chunk::<HEADER_BYTES>();
    if !header.is_some_and(|header| is_header(number, header)) {
        // Nothing was confirmed in it: the header is written with the first record.
        if search(bytes, number, 0).is_none() {
            return;
        }
        damaged(number, 0, "its header is not what was written");
    }
    let mut at = HEADER_BYTES;
    loop {
        match framed(number, bytes.get(at..).unwrap_or_default()) {
            Some(length) => {
                let start = at + FRAME_BYTES;
                let end = start.saturating_add(length);
                let record = bytes.get(start..end);
                match record.and_then(|record| sound(number, start, record)) {
                    Some(entries) => entries.into_iter().for_each(&mut apply),
                    None => damaged(number, at, "a record is damaged or was cut off"),
                }
                at = end.next_multiple_of(ALIGN);
            }
            None => match search(bytes, number, at) {
                Some(next) => {
                    damaged(number, at, "a record is not what was written");
                    at = next;
                }
                None => return,
            },
        }
    }
}

/// The next place at which a record begins.
fn search(bytes: &[u8], number: u32, from: usize) -> Option<usize> {
    let places = (from.next_multiple_of(ALIGN)..bytes.len()).step_by(ALIGN);
    let mut places = places.skip_while(|at| framed(number, &bytes[*at..]).is_none());
    places.next()
}

/// The operations of a record, all or none.
fn sound(number: u32, start: usize, mut record: &[u8]) -> Option<Vec<Entry>> {
    let length = record.len();
    let mut entries = Vec::new();
    while !record.is_empty() {
        let offset = start + length - record.len();
        entries.push(Entry::scan(number, offset as u64, &mut record)?);
    }
    Some(entries)
}

fn damaged(file: u32, offset: usize, what: &'static str) {
    tracing::warn!(file, offset, what, "the log is not what was written");
}
