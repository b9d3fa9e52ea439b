//! Take a container's entries out, with limits: a container comes from somebody else.

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};

use crate::Error;

/// How many entries a container may have.
const ENTRIES_MAX: usize = 10_000;
/// How large all of it may be, unpacked.
const UNPACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How much larger than packed an entry may be, once it is large at all.
const RATIO_MAX: u64 = 200;
const RATIO_FROM_BYTES: u64 = 10 * 1024 * 1024;

/// An entry as it lies in the container.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// All entries in the order of the directory, each with its checksum verified.
pub(super) fn entries(container: &[u8]) -> Result<Vec<Entry>, Error> {
    let archive = ZipArchive::from_slice(container).map_err(damaged)?;
    let mut listing = archive.entries();
    let (mut all, mut left) = (Vec::new(), UNPACKED_BYTES_MAX);
    while let Some(record) = listing.next_entry().map_err(damaged)? {
        if all.len() == ENTRIES_MAX {
            let max = ENTRIES_MAX as u64;
            return Err(Error::TooLarge {
                what: "the number of files",
                max,
            });
        }
        if record.is_dir() {
            continue;
        }
        let name = std::str::from_utf8(record.file_path().as_bytes())
            .map_err(|_| Error::Container("a file name is not UTF-8".into()))?
            .to_owned();
        let entry = archive.get_entry(record.wayfinder()).map_err(damaged)?;
        let packed = entry.data();
        let limit = limit(packed.len() as u64, left);
        let mut bytes = Vec::new();
        let whole = match record.compression_method() {
            CompressionMethod::STORE => {
                take(entry.verifying_reader(packed), limit, &mut bytes)
            }
            CompressionMethod::DEFLATE => {
                let inflated = DeflateDecoder::new(packed);
                take(entry.verifying_reader(inflated), limit, &mut bytes)
            }
            _ => return Err(Error::Container("an unknown compression".into())),
        };
        whole.map_err(|e| Error::Container(format!("an entry is damaged: {e}")))?;
        if bytes.len() as u64 > limit {
            return Err(Error::TooLarge {
                what: "an unpacked file",
                max: limit,
            });
        }
        left -= bytes.len() as u64;
        all.push(Entry { name, bytes });
    }
    Ok(all)
}

fn limit(packed: u64, left: u64) -> u64 {
    left.min(RATIO_FROM_BYTES.max(packed.saturating_mul(RATIO_MAX)))
}

/// One byte past the limit, so that going over it shows.
fn take(reader: impl Read, limit: u64, into: &mut Vec<u8>) -> std::io::Result<usize> {
    reader.take(limit + 1).read_to_end(into)
}

fn damaged(error: rawzip::Error) -> Error {
    Error::Container(error.to_string())
}
