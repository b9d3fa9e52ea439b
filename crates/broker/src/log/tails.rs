//! The rest of large messages, each in a file of its own: written as it comes and read
//! as it goes, so that nobody needs the whole of it in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{BufMut, Bytes, BytesMut};

use super::disk::{Disk, File};
use super::files::failed;
use super::op::{Tail, checksum};
use crate::Error;

const FOLDER: &str = "tails";
/// Bytes that share a checksum, which stands behind them.
const CHUNK: usize = 64 * 1024;
const SUM: usize = 4;
/// Chunks that are read at once.
const CHUNKS_AT_ONCE: u64 = 4;

/// The folder. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Tails(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    disk: Disk,
    folder: PathBuf,
    next: AtomicU64,
}

impl Tails {
    /// See what there is, and let go of what no message needs.
    pub(crate) fn open(
        disk: &Disk,
        folder: &Path,
        needed: impl Fn(u64) -> bool,
    ) -> Result<Self, Error> {
        let folder = folder.join(FOLDER);
        let wrong = |e: std::io::Error| failed("list the tails", &e);
        std::fs::create_dir_all(&folder).map_err(wrong)?;
        let mut last = 0;
        for entry in std::fs::read_dir(&folder).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            let number = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            let Some(number) = number else { continue };
            last = last.max(number);
            if !needed(number) {
                disk.remove(&path).map_err(wrong)?;
            }
        }
        Ok(Self(Arc::new(Inner {
            disk: disk.clone(),
            folder,
            next: AtomicU64::new(last + 1),
        })))
    }

    /// Begin a file.
    pub(crate) fn begin(&self) -> Result<Spool, Error> {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let file = self.0.disk.make(&self.path(number), 0);
        Ok(Spool {
            file: file.map_err(|e| failed("make a tail", &e))?,
            kept: Kept {
                tails: self.clone(),
                tail: Tail { number, bytes: 0 },
                keep: false,
            },
            chunk: Vec::with_capacity(CHUNK + SUM),
            at: 0,
        })
    }

    /// Read a file from its beginning.
    pub(crate) fn read(&self, tail: Tail) -> Result<Reading, Error> {
        let file = self.0.disk.open(&self.path(tail.number));
        let file = file.map_err(|e| failed("open a tail", &e))?;
        let at = 0;
        Ok(Reading { file, tail, at })
    }

    pub(crate) fn remove(&self, number: u64) {
        if let Err(error) = self.0.disk.remove(&self.path(number)) {
            tracing::warn!(number, %error, "a tail could not be removed");
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.0.folder.join(format!("{number:012}.tail"))
    }
}

/// A file that is being written. It is gone when it is dropped before its end.
#[derive(Debug)]
pub struct Spool {
    file: File,
    kept: Kept,
    chunk: Vec<u8>,
    at: u64,
}

impl Spool {
    /// Write more. Fails when the disk is full.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        self.kept.tail.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let count = bytes.len().min(CHUNK - self.chunk.len());
            let (now, later) = bytes.split_at(count);
            self.chunk.extend_from_slice(now);
            bytes = later;
            if self.chunk.len() == CHUNK {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.kept.tail.bytes
    }

    /// That was all of it: it is on stable storage when this answers.
    pub fn finish(mut self) -> Result<Kept, Error> {
        self.flush()?;
        let synced = self.file.sync();
        let inner = &self.kept.tails.0;
        synced
            .and_then(|()| inner.disk.sync_folder(&inner.folder))
            .map_err(|e| failed("write a tail", &e))?;
        Ok(self.kept)
    }

    fn flush(&mut self) -> Result<(), Error> {
        let sum = checksum(seed(self.kept.tail.number), &self.chunk);
        self.chunk.put_u32_le(sum);
        let written = self.file.write(self.at, &self.chunk);
        written.map_err(|e| failed("write a tail", &e))?;
        self.at += self.chunk.len() as u64;
        self.chunk.clear();
        Ok(())
    }
}

fn seed(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or_default()
}

/// A file that was written in full. It is gone when it is dropped, unless a message that
/// needs it has been kept.
#[derive(Debug)]
pub struct Kept {
    tails: Tails,
    pub(crate) tail: Tail,
    keep: bool,
}

impl Kept {
    /// A message that needs it is on stable storage.
    pub(crate) fn keep(mut self) {
        self.keep = true;
    }

    /// Its length.
    pub fn bytes(&self) -> u64 {
        self.tail.bytes
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.keep {
            self.tails.remove(self.tail.number);
        }
    }
}

/// A file that is being read.
#[derive(Debug)]
pub struct Reading {
    file: File,
    tail: Tail,
    /// Chunks that have been read.
    at: u64,
}

impl Reading {
    /// The next part; none at the end. Fails when it is not what was written.
    pub fn next_part(&mut self) -> Result<Option<Bytes>, Error> {
        let (chunk, whole) = (CHUNK as u64, (CHUNK + SUM) as u64);
        let left = self.tail.bytes.saturating_sub(self.at * chunk);
        if left == 0 {
            return Ok(None);
        }
        let chunks = left.div_ceil(chunk).min(CHUNKS_AT_ONCE);
        let data = left.min(chunks * chunk);
        let length = usize::try_from(data + chunks * SUM as u64).unwrap_or_default();
        let mut bytes = vec![0; length];
        let start = self.at * whole;
        let read = self.file.read(start, &mut bytes);
        read.map_err(|e| failed("read a tail", &e))?;
        let mut part = BytesMut::with_capacity(length);
        for (number, chunk) in bytes.chunks(CHUNK + SUM).enumerate() {
            let sound = chunk.split_last_chunk::<SUM>().filter(|(data, sum)| {
                checksum(seed(self.tail.number), data) == u32::from_le_bytes(**sum)
            });
            let Some((data, _)) = sound else {
                return Err(Error::DamagedTail {
                    tail: self.tail.number,
                    offset: start + number as u64 * whole,
                });
            };
            part.extend_from_slice(data);
        }
        self.at += chunks;
        Ok(Some(part.freeze()))
    }

    /// Whether all of it has been read.
    pub fn is_over(&self) -> bool {
        self.at * CHUNK as u64 >= self.tail.bytes
    }

    /// All of it at once, for those who need that.
    pub fn all(mut self) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(part) = self.next_part()? {
            all.extend_from_slice(&part);
        }
        Ok(all.freeze())
    }
}
