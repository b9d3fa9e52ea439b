//! Write a ZIP that every reader of containers can read (APPNOTE 6.3).
//!
//! Java's stream reader refuses stored entries with a data descriptor, so every entry
//! has its sizes in its local header; everything is in memory before it is written. For
//! what is too large for that there is `pour`.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::Error;

/// Names are UTF-8; said only where it matters, as old readers stumble over it.
const UTF8_NAME: u16 = 1 << 11;
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
const VERSION_NEEDED: u16 = 20;
/// Made on Unix: other makers' names are read by some tools in a code page of DOS.
const VERSION_MADE_BY: u16 = 3 << 8 | VERSION_NEEDED;
/// A regular file, mode 644.
const FILE_ATTRIBUTES: u32 = 0o100_644 << 16;
/// 1 January 1980: the time of packing is in the signature, not here.
const DOS_DATE: u16 = 0x0021;
/// Without zip64 neither a size nor an offset may reach this.
const BYTES_MAX: u64 = u32::MAX as u64 - 1;
/// Nor the number of entries this.
const ENTRIES_MAX: u64 = u16::MAX as u64 - 1;
/// Deflated text gets no shorter than a thousandth; this much is asked for at a time.
const ROOM_BYTES: usize = 64 * 1024;

thread_local! {
    /// A compressor is a third of a megabyte of zeroes, dearer to make than a small
    /// file is to compress; so each thread keeps one.
    static COMPRESS: RefCell<Compress> =
        RefCell::new(Compress::new(Compression::new(1), false));
}

/// A ZIP in the making.
pub(super) struct Zip {
    out: Vec<u8>,
    directory: Directory,
}

/// The list at the end of a ZIP.
#[derive(Default)]
pub(super) struct Directory {
    bytes: Vec<u8>,
    count: u64,
}

/// How an entry is to be laid down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// As it is.
    Store,
    /// Compressed, lightly: speed before size. As it is if that is no longer.
    Deflate,
}

impl Zip {
    pub(super) fn new() -> Self {
        Self {
            out: Vec::new(),
            directory: Directory::default(),
        }
    }

    pub(super) fn add(
        &mut self,
        name: &str,
        bytes: &[u8],
        method: Method,
    ) -> Result<(), Error> {
        let offset = size(self.out.len() as u64)?;
        // The local header is 30 bytes and the name; it is filled in when the sizes
        // are known.
        self.out.resize(self.out.len() + 30, 0);
        self.out.extend_from_slice(name.as_bytes());
        let start = self.out.len();
        let deflated = method == Method::Deflate && self.deflate(bytes)?;
        if !deflated {
            self.out.extend_from_slice(bytes);
        }
        let method = if deflated { DEFLATED } else { STORED };
        let sizes = Sizes {
            crc: crc32fast::hash(bytes),
            packed: (self.out.len() - start) as u64,
            bytes: bytes.len() as u64,
        };
        let common = common(name, method, 0, &sizes)?;
        let at = usize::try_from(offset).expect("it came from a usize");
        self.out[at..at + 4].copy_from_slice(b"PK\x03\x04");
        self.out[at + 4..at + 28].copy_from_slice(&common);

        self.directory.list(name, &common, offset);
        Ok(())
    }

    /// Append the bytes deflated; false, and nothing appended, if they get no shorter.
    fn deflate(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        COMPRESS.with_borrow_mut(|compress| self.deflate_with(compress, bytes))
    }

    fn deflate_with(
        &mut self,
        compress: &mut Compress,
        bytes: &[u8],
    ) -> Result<bool, Error> {
        let start = self.out.len();
        compress.reset();
        loop {
            let done = usize::try_from(compress.total_in()).unwrap_or(bytes.len());
            self.out.reserve((bytes.len() - done).clamp(64, ROOM_BYTES));
            let rest = &bytes[done..];
            let finish = FlushCompress::Finish;
            let status = compress.compress_vec(rest, &mut self.out, finish);
            let status = status.map_err(|e| Error::Container(e.to_string()))?;
            if self.out.len() - start >= bytes.len() {
                self.out.truncate(start);
                return Ok(false);
            }
            if status == Status::StreamEnd {
                return Ok(true);
            }
        }
    }

    /// The whole file, with a comment at its end.
    pub(super) fn finish(mut self, comment: &str) -> Result<Vec<u8>, Error> {
        let end = self.directory.end(self.out.len() as u64, comment)?;
        self.out.extend_from_slice(&end);
        Ok(self.out)
    }
}

impl Directory {
    /// An entry, by what its local header says too and where that is.
    pub(super) fn list(&mut self, name: &str, common: &[u8; 24], offset: u32) {
        let bytes = &mut self.bytes;
        bytes.extend_from_slice(b"PK\x01\x02");
        bytes.extend_from_slice(&VERSION_MADE_BY.to_le_bytes());
        bytes.extend_from_slice(common);
        // No extra field, comment, disk number or internal attributes.
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&FILE_ATTRIBUTES.to_le_bytes());
        bytes.extend_from_slice(&offset.to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        self.count += 1;
    }

    /// All that follows the last entry, which ends at `start`.
    pub(super) fn end(self, start: u64, comment: &str) -> Result<Vec<u8>, Error> {
        if self.count > ENTRIES_MAX {
            return Err(Error::Oversize {
                what: "the number of files",
                max: ENTRIES_MAX,
            });
        }
        let count = u16::try_from(self.count).expect("checked above");
        let (start, length) = (size(start)?, size(self.bytes.len() as u64)?);
        let comment_bytes = u16::try_from(comment.len()).expect("ours is short");
        let mut out = self.bytes;
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&start.to_le_bytes());
        out.extend_from_slice(&comment_bytes.to_le_bytes());
        out.extend_from_slice(comment.as_bytes());
        Ok(out)
    }
}

/// The 24 bytes that local header and directory have in common, from "version needed"
/// to "file name length".
pub(super) fn common(
    name: &str,
    method: u16,
    flags: u16,
    sizes: &Sizes,
) -> Result<[u8; 24], Error> {
    let flags = flags | if name.is_ascii() { 0 } else { UTF8_NAME };
    let name_bytes = u16::try_from(name.len()).expect("names are checked before");
    let mut out = [0; 24];
    let mut at = 0;
    let mut put = |field: &[u8]| {
        out[at..at + field.len()].copy_from_slice(field);
        at += field.len();
    };
    for field in [VERSION_NEEDED, flags, method, 0, DOS_DATE] {
        put(&field.to_le_bytes());
    }
    for field in [sizes.crc, size(sizes.packed)?, size(sizes.bytes)?] {
        put(&field.to_le_bytes());
    }
    put(&name_bytes.to_le_bytes());
    Ok(out)
}

/// What is known of an entry once it is written.
#[derive(Default)]
pub(super) struct Sizes {
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) bytes: u64,
}

pub(super) fn size(bytes: u64) -> Result<u32, Error> {
    let fits = u32::try_from(bytes).ok();
    fits.filter(|n| u64::from(*n) <= BYTES_MAX)
        .ok_or(Error::Oversize {
            what: "bytes in all",
            max: BYTES_MAX,
        })
}
