//! Take a container's entries out, with limits: a container comes from somebody else.

use std::cell::RefCell;

use aws_lc_rs::digest::{Context, SHA256};
use flate2::{Decompress, FlushDecompress, Status};
use rawzip::{
    CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive,
    ZipSliceEntry, ZipVerification,
};

use super::is_meta;
use crate::Error;

/// How many entries a container may have.
const ENTRIES_MAX: usize = 10_000;
/// How large all of it may be, unpacked.
const UNPACKED_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How large a list or a signature may be.
const META_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How much larger than packed an entry may be, once it is large at all.
const RATIO_MAX: u64 = 200;
const RATIO_FROM_BYTES: u64 = 10 * 1024 * 1024;
/// What is inflated at a time.
const CHUNK_BYTES: usize = 32 * 1024;

/// An entry as it lies in the container.
pub(super) struct Entry {
    pub(super) name: String,
    /// Empty where it was not to be kept.
    pub(super) bytes: Vec<u8>,
    /// Over all its bytes, kept or not.
    pub(super) sha256: [u8; 32],
}

/// Whose bytes to keep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Everybody's.
    All,
    /// Only those of the lists and signatures.
    Meta,
}

/// What a container holds.
pub(super) struct Unzipped {
    /// The files in the order of the directory, each with its checksum verified.
    pub(super) entries: Vec<Entry>,
    /// What other readers will stumble over.
    pub(super) remarks: Vec<String>,
}

/// Read them all. Fails when the container is damaged or made to hurt.
pub(super) fn entries(container: &[u8], keep: Keep) -> Result<Unzipped, Error> {
    let archive = ZipArchive::from_slice(container).map_err(damaged)?;
    let mut remarks = Vec::new();
    let heads = heads(&archive, &mut remarks)?;
    let (mut entries, mut left) = (Vec::with_capacity(heads.len()), UNPACKED_BYTES_MAX);
    for head in heads {
        let entry = archive.get_entry(head.place).map_err(damaged)?;
        let meta = is_meta(&head.name);
        let allowed = if meta { left.min(META_BYTES_MAX) } else { left };
        let limit = limit(entry.data().len() as u64, allowed);
        let keep = meta || keep == Keep::All;
        let (bytes, sha256, size) = INFLATER.with_borrow_mut(|inflater| {
            inflater.take(&entry, head.deflated, limit, keep)
        })?;
        left -= size;
        entries.push(Entry {
            name: head.name,
            bytes,
            sha256,
        });
    }
    Ok(Unzipped { entries, remarks })
}

/// What the directory says of an entry.
struct Head {
    name: String,
    place: ZipArchiveEntryWayfinder,
    deflated: bool,
}

/// Look at all of the directory before anything is inflated.
fn heads(
    archive: &ZipSliceArchive<&[u8]>,
    remarks: &mut Vec<String>,
) -> Result<Vec<Head>, Error> {
    let refuse = |why: &str| Err(Error::Container(why.into()));
    let mut listing = archive.entries();
    let (mut heads, mut ranges) = (Vec::new(), Vec::new());
    while let Some(record) = listing.next_entry().map_err(damaged)? {
        if ranges.len() == ENTRIES_MAX {
            return Err(Error::TooLarge {
                what: "the number of files",
                max: ENTRIES_MAX as u64,
            });
        }
        let path = record.file_path();
        let Ok(name) = std::str::from_utf8(path.as_bytes()) else {
            return refuse("a file name is not UTF-8");
        };
        let entry = archive.get_entry(record.wayfinder()).map_err(damaged)?;
        // Readers that stream see the one name, readers that seek the other.
        if entry.local_header().file_path().as_bytes() != path.as_bytes() {
            return refuse("a file has one name in its header and another in the list");
        }
        ranges.push((
            record.local_header_offset(),
            entry.compressed_data_range().1,
        ));
        if record.flags().is_encrypted() {
            return refuse("a file is encrypted once more");
        }
        if record.is_dir() {
            if is_meta(name) {
                remarks.push("META-INF/ is an entry; Java readers refuse it".into());
            }
            continue;
        }
        let deflated = match record.compression_method() {
            CompressionMethod::STORE => false,
            CompressionMethod::DEFLATE => true,
            _ => return refuse("an unknown compression"),
        };
        if !deflated && record.flags().has_data_descriptor() {
            remarks
                .push("stored with a data descriptor; Java readers refuse it".into());
        }
        heads.push(Head {
            name: name.to_owned(),
            place: record.wayfinder(),
            deflated,
        });
    }
    // Entries that share their bytes are how a small file unpacks to a vast one.
    ranges.sort_unstable();
    if ranges.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return refuse("its files overlap");
    }
    remarks.dedup();
    Ok(heads)
}

thread_local! {
    /// Making a decompressor costs more than a small entry does, so each thread keeps one.
    static INFLATER: RefCell<Inflater> = RefCell::new(Inflater {
        state: Decompress::new(false),
        chunk: Vec::with_capacity(CHUNK_BYTES),
    });
}

struct Inflater {
    state: Decompress,
    chunk: Vec<u8>,
}

type Taken = (Vec<u8>, [u8; 32], u64);

impl Inflater {
    fn take(
        &mut self,
        entry: &ZipSliceEntry<'_>,
        deflated: bool,
        limit: u64,
        keep: bool,
    ) -> Result<Taken, Error> {
        let mut sink = Sink::new(limit, keep);
        if deflated {
            self.inflate(entry.data(), &mut sink)?;
        } else {
            sink.put(entry.data())?;
        }
        let found = ZipVerification {
            crc: sink.crc.finalize(),
            uncompressed_size: sink.size,
        };
        entry.claim_verifier().valid(found).map_err(damaged)?;
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(sink.hash.finish().as_ref());
        Ok((sink.bytes, sha256, sink.size))
    }

    fn inflate(&mut self, packed: &[u8], sink: &mut Sink) -> Result<(), Error> {
        let broken = |why: &str| Error::Container(format!("a file is damaged: {why}"));
        self.state.reset(false);
        loop {
            let done = usize::try_from(self.state.total_in()).unwrap_or(packed.len());
            self.chunk.clear();
            let status = self
                .state
                .decompress_vec(&packed[done..], &mut self.chunk, FlushDecompress::None)
                .map_err(|e| broken(&e.to_string()))?;
            sink.put(&self.chunk)?;
            match status {
                Status::StreamEnd => return Ok(()),
                _ if self.chunk.is_empty() => return Err(broken("it is cut short")),
                _ => {}
            }
        }
    }
}

/// Where an entry's bytes go by.
struct Sink {
    bytes: Vec<u8>,
    hash: Context,
    crc: crc32fast::Hasher,
    size: u64,
    limit: u64,
    keep: bool,
}

impl Sink {
    fn new(limit: u64, keep: bool) -> Self {
        Self {
            bytes: Vec::new(),
            hash: Context::new(&SHA256),
            crc: crc32fast::Hasher::new(),
            size: 0,
            limit,
            keep,
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.size += bytes.len() as u64;
        if self.size > self.limit {
            return Err(Error::TooLarge {
                what: "an unpacked file",
                max: self.limit,
            });
        }
        self.hash.update(bytes);
        self.crc.update(bytes);
        if self.keep {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(())
    }
}

fn limit(packed: u64, left: u64) -> u64 {
    left.min(RATIO_FROM_BYTES.max(packed.saturating_mul(RATIO_MAX)))
}

fn damaged(error: rawzip::Error) -> Error {
    Error::Container(error.to_string())
}
