//! Write a ZIP that every reader of containers can read (APPNOTE 6.3).
//!
//! Java's stream reader refuses stored entries with a data descriptor, so every entry
//! has its sizes in its local header; everything is in memory before it is written.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::Error;

const UTF8_NAMES: u16 = 1 << 11;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const VERSION_NEEDED: u16 = 20;
/// Made on Unix: other makers' names are read by some tools in a code page of DOS.
const VERSION_MADE_BY: u16 = 3 << 8 | VERSION_NEEDED;
/// A regular file, mode 644.
const FILE_ATTRIBUTES: u32 = 0o100_644 << 16;
/// 1 January 1980: the time of packing is in the signature, not here.
const DOS_DATE: u16 = 0x0021;
/// Without zip64 neither a size nor an offset may reach this.
const BYTES_MAX: usize = u32::MAX as usize - 1;

/// A ZIP in the making.
#[derive(Default)]
pub(super) struct Zip {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

/// How an entry is to be laid down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// As it is.
    Store,
    /// Compressed, lightly: speed before size.
    Deflate,
}

impl Zip {
    pub(super) fn add(
        &mut self,
        name: &str,
        bytes: &[u8],
        method: Method,
    ) -> Result<(), Error> {
        let packed;
        let (method, data) = match method {
            Method::Store => (STORED, bytes),
            Method::Deflate => {
                packed = deflate(bytes)?;
                (DEFLATED, packed.as_slice())
            }
        };
        let too_large = || Error::TooLarge {
            what: "a file",
            max: BYTES_MAX as u64,
        };
        let offset = size(self.out.len() + data.len()).ok_or_else(too_large)?;
        let offset = offset - size(data.len()).ok_or_else(too_large)?;
        let header = header(name, bytes, data, method)?;
        self.out.extend_from_slice(b"PK\x03\x04");
        self.out.extend_from_slice(&header);
        self.out.extend_from_slice(&0_u16.to_le_bytes());
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(data);
        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory
            .extend_from_slice(&VERSION_MADE_BY.to_le_bytes());
        self.directory.extend_from_slice(&header);
        // No extra field, comment, disk number or internal attributes.
        self.directory.extend_from_slice(&[0; 8]);
        self.directory
            .extend_from_slice(&FILE_ATTRIBUTES.to_le_bytes());
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.count = self.count.checked_add(1).ok_or_else(too_large)?;
        Ok(())
    }

    /// The whole file, with a comment at its end.
    pub(super) fn finish(mut self, comment: &str) -> Result<Vec<u8>, Error> {
        let too_large = || Error::TooLarge {
            what: "the container",
            max: BYTES_MAX as u64,
        };
        let start = size(self.out.len()).ok_or_else(too_large)?;
        let length = size(self.directory.len()).ok_or_else(too_large)?;
        self.out.append(&mut self.directory);
        self.out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        self.out.extend_from_slice(&self.count.to_le_bytes());
        self.out.extend_from_slice(&self.count.to_le_bytes());
        self.out.extend_from_slice(&length.to_le_bytes());
        self.out.extend_from_slice(&start.to_le_bytes());
        let comment_bytes = u16::try_from(comment.len()).map_err(|_| too_large())?;
        self.out.extend_from_slice(&comment_bytes.to_le_bytes());
        self.out.extend_from_slice(comment.as_bytes());
        Ok(self.out)
    }
}

/// The 24 bytes that local header and directory have in common, from "version needed"
/// to "file name length".
fn header(
    name: &str,
    bytes: &[u8],
    data: &[u8],
    method: u16,
) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge {
        what: "a file",
        max: BYTES_MAX as u64,
    };
    let name_bytes = u16::try_from(name.len())
        .map_err(|_| Error::Name("it is longer than 65535 bytes".into()))?;
    let mut out = Vec::with_capacity(24);
    for field in [VERSION_NEEDED, UTF8_NAMES, method, 0, DOS_DATE] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    let sizes = [size(data.len()), size(bytes.len())];
    out.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    for size in sizes {
        out.extend_from_slice(&size.ok_or_else(too_large)?.to_le_bytes());
    }
    out.extend_from_slice(&name_bytes.to_le_bytes());
    Ok(out)
}

fn size(bytes: usize) -> Option<u32> {
    u32::try_from(bytes).ok().filter(|_| bytes <= BYTES_MAX)
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let out = Vec::with_capacity(bytes.len() / 2 + 64);
    let mut encoder = DeflateEncoder::new(out, Compression::new(1));
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.map_err(|e| Error::Container(e.to_string()))
}
