//! How a file of the log is laid out: a header, records, and at its end a list of what
//! is in it, so that a start need not read the messages.
//!
//! A record is a list of operations that happen together or not at all. Its frame says
//! how long it is; that the bytes are what was written is said by the checksum of each
//! operation.

use bytes::BufMut;

use super::op::{Entry, Op, checksum};

const MAGIC: &[u8; 8] = b"sendebud";
const LIST_MAGIC: &[u8; 8] = b"sendlist";
/// The file's own header.
pub(super) const HEADER_BYTES: usize = 16;
/// What stands at the very end of a file that has a list.
pub(super) const TRAILER_BYTES: usize = 32;
/// Length, number of the file and checksum in front of a record.
pub(super) const FRAME_BYTES: usize = 12;
/// Records begin at multiples of this.
pub(super) const ALIGN: usize = 8;

pub(super) fn write_header(file: u32, out: &mut Vec<u8>) {
    let start = out.len();
    out.put_slice(MAGIC);
    out.put_u32_le(file);
    out.put_u32_le(checksum(file, &out[start..]));
}

pub(super) fn is_header(file: u32, bytes: &[u8; HEADER_BYTES]) -> bool {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    write_header(file, &mut header);
    header == bytes
}

/// Bytes that a record of these operations takes at the most.
pub(super) fn record_size(ops: &[Op]) -> usize {
    FRAME_BYTES + ops.iter().map(Op::size).sum::<usize>() + ALIGN
}

/// Bytes that these operations take in a list.
pub(super) fn list_size(ops: &[Op]) -> usize {
    let size = |op: &Op| match op {
        // The place does not matter for the size.
        Op::Put(put) => Entry::Put(put.head, super::Position::NOWHERE).size(),
        Op::Note(note) => Entry::Note(*note).size(),
    };
    ops.iter().map(size).sum()
}

/// Write a record behind what is there; the first byte of `out` stands at `base` in the
/// file. Adds an entry for each operation.
pub(super) fn write_record(
    ops: &[Op],
    file: u32,
    base: u64,
    out: &mut Vec<u8>,
    entries: &mut Vec<Entry>,
) {
    let start = out.len();
    out.put_bytes(0, FRAME_BYTES);
    for op in ops {
        let at = out.len();
        op.write(file, out);
        entries.push(match op {
            Op::Put(put) => {
                let place = base + at as u64;
                let at = super::Position {
                    file,
                    offset: u32::try_from(place).expect("files are below 4 GiB"),
                    length: u32::try_from(out.len() - at).expect("the same"),
                };
                Entry::Put(put.head, at)
            }
            Op::Note(note) => Entry::Note(*note),
        });
    }
    let length = u32::try_from(out.len() - start - FRAME_BYTES);
    let frame = frame(file, length.expect("files are below 4 GiB"));
    out[start..start + FRAME_BYTES].copy_from_slice(&frame);
    let end = base + out.len() as u64;
    let padding = end.next_multiple_of(ALIGN as u64) - end;
    out.put_bytes(0, usize::try_from(padding).unwrap_or(0));
}

fn frame(file: u32, length: u32) -> [u8; FRAME_BYTES] {
    let mut frame = [0; FRAME_BYTES];
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4..8].copy_from_slice(&file.to_le_bytes());
    let sum = checksum(file, &frame[..8]);
    frame[8..].copy_from_slice(&sum.to_le_bytes());
    frame
}

/// How long the record is that this frame stands in front of.
pub(super) fn framed(file: u32, bytes: &[u8]) -> Option<usize> {
    let (length, _) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length);
    // The number is looked at first: it is what a search through garbage fails on.
    let own = bytes.get(4..8)? == file.to_le_bytes()
        && bytes.get(..FRAME_BYTES)? == frame(file, length)
        && length > 0;
    own.then(|| usize::try_from(length).ok())?
}

/// What stands at the end of a file: where its list is, and how long.
pub(super) fn write_trailer(file: u32, offset: u64, list: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(TRAILER_BYTES);
    out.put_slice(LIST_MAGIC);
    out.put_u32_le(file);
    out.put_u32_le(u32::try_from(offset).expect("files are below 4 GiB"));
    out.put_u32_le(u32::try_from(list.len()).expect("the same"));
    out.put_u32_le(checksum(file, list));
    out.put_u32_le(checksum(file, &out));
    out.put_u32_le(0);
    out
}

/// Where a file's list is, how long, and its checksum.
pub(super) fn read_trailer(
    file: u32,
    bytes: &[u8; TRAILER_BYTES],
) -> Option<(u64, usize, u32)> {
    let number = |at: usize| {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let sound = bytes.starts_with(LIST_MAGIC)
        && number(8)? == file
        && number(24)? == checksum(file, &bytes[..24]);
    let found = (number(12)?.into(), number(16)? as usize, number(20)?);
    sound.then_some(found)
}
