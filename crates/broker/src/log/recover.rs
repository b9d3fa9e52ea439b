//! Read the log at start: what was confirmed is there, what was cut off is not.

use std::os::unix::fs::FileExt;

use bytes::Bytes;

use super::record::{HEADER_BYTES, Op, checksum, decode};
use super::segment::{Position, Segments, failed};
use super::writer::Written;
use crate::Error;

/// Every operation in the log, in order. A record that was cut off ends its file; one
/// that is damaged with sound records behind it is named and passed over.
pub(crate) fn recover(
    segments: &Segments,
    mut apply: impl FnMut(Vec<Written>),
) -> Result<(), Error> {
    for number in segments.numbers() {
        file(segments, number, &mut apply)?;
    }
    Ok(())
}

fn file(
    segments: &Segments,
    number: u64,
    apply: &mut impl FnMut(Vec<Written>),
) -> Result<(), Error> {
    let file = segments.file(number)?;
    let size = file.metadata().map_err(|e| failed("measure", &e))?.len();
    let mut at = 0;
    while at + HEADER_BYTES as u64 <= size {
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, at)
            .map_err(|e| failed("read", &e))?;
        let [length, sum] = halves(header);
        let start = at + HEADER_BYTES as u64;
        let end = start + u64::from(length);
        if length == 0 || end > size {
            break;
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact_at(&mut bytes, start)
            .map_err(|e| failed("read", &e))?;
        if checksum(number, &bytes) != sum {
            tracing::warn!(
                segment = number,
                offset = at,
                "a record of the log is damaged or was cut off; it is passed over"
            );
            at = end;
            continue;
        }
        let bytes = Bytes::from(bytes);
        match decode(&bytes) {
            Ok(ops) => apply(placed(ops, bytes.len(), number, start)),
            Err(what) => tracing::error!(segment = number, offset = at, what, "log"),
        }
        at = end;
    }
    Ok(())
}

/// Length and checksum.
fn halves(header: [u8; HEADER_BYTES]) -> [u32; 2] {
    let both = u64::from_le_bytes(header);
    [both, both >> 32]
        .map(|half| u32::try_from(half & u64::from(u32::MAX)).unwrap_or_default())
}

fn placed(ops: Vec<(usize, Op)>, end: usize, segment: u64, start: u64) -> Vec<Written> {
    let ends: Vec<usize> = ops
        .iter()
        .skip(1)
        .map(|(place, _)| *place)
        .chain([end])
        .collect();
    let position = |place: usize, end: usize| Position {
        segment,
        offset: u32::try_from(start + place as u64).unwrap_or(u32::MAX),
        length: u32::try_from(end - place).unwrap_or(u32::MAX),
    };
    let all = ops.into_iter().zip(ends);
    all.map(|((place, op), end)| (op, position(place, end)))
        .collect()
}
