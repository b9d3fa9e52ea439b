//! Files of the log: made whole, read at any place, freed from the oldest on.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use bytes::Bytes;
use rustix::fs::{FallocateFlags, fallocate};

use super::record::{Put, damaged, decode_put};
use crate::Error;

/// Where a message stands: the file, the place of its operation, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) segment: u64,
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

/// The open files, by number. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Segments {
    folder: Arc<PathBuf>,
    size: u64,
    open: Arc<RwLock<BTreeMap<u64, Arc<File>>>>,
}

impl Segments {
    /// The files that are in the folder.
    pub(crate) fn open(folder: &Path, size: u64) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|e| failed("make its folder", &e))?;
        let mut open = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(|e| failed("list", &e))? {
            let path = entry.map_err(|e| failed("list", &e))?.path();
            let Some(number) = number(&path) else {
                continue;
            };
            let file = OpenOptions::new().read(true).write(true).open(&path);
            open.insert(number, Arc::new(file.map_err(|e| failed("open", &e))?));
        }
        let folder = Arc::new(folder.to_owned());
        Ok(Self {
            folder,
            size,
            open: Arc::new(RwLock::new(open)),
        })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.open
            .read()
            .expect("nobody panics in here")
            .keys()
            .copied()
            .collect()
    }

    pub(crate) fn file(&self, number: u64) -> Result<Arc<File>, Error> {
        let open = self.open.read().expect("nobody panics in here");
        open.get(&number)
            .cloned()
            .ok_or_else(|| damaged(number, 0, "the file is gone"))
    }

    /// Make the next file, all its blocks allocated, at least this large.
    pub(crate) fn make(&self, number: u64, least: u64) -> Result<Arc<File>, Error> {
        let path = self.path(number);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path);
        let file = Arc::new(file.map_err(|e| failed("make", &e))?);
        let size = self.size.max(least);
        let made = allocate(&file, size)
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(&*self.folder)?.sync_all());
        if let Err(error) = made {
            let _ = std::fs::remove_file(&path);
            return Err(failed("allocate", &error));
        }
        let mut open = self.open.write().expect("nobody panics in here");
        open.insert(number, Arc::clone(&file));
        Ok(file)
    }

    /// Free a file of which nothing is waited for any longer.
    pub(crate) fn free(&self, number: u64) {
        self.open
            .write()
            .expect("nobody panics in here")
            .remove(&number);
        if let Err(error) = std::fs::remove_file(self.path(number)) {
            tracing::warn!(segment = number, %error, "a log file could not be freed");
        }
    }

    /// Read the message at the position. What was flipped on disk is named, not served.
    pub(crate) fn read(&self, at: Position, sequence: u64) -> Result<Put, Error> {
        let file = self.file(at.segment)?;
        let mut bytes = vec![0; usize::try_from(at.length).unwrap_or_default()];
        file.read_exact_at(&mut bytes, u64::from(at.offset))
            .map_err(|e| failed("read", &e))?;
        let wrong = |what| damaged(at.segment, u64::from(at.offset), what);
        let sound = bytes.split_last_chunk::<4>().is_some_and(|(message, sum)| {
            crc32fast::hash(message) == u32::from_le_bytes(*sum)
        });
        let put = if sound {
            decode_put(&Bytes::from(bytes))
        } else {
            None
        };
        let put = put.ok_or_else(|| wrong("the message is not what was written"))?;
        if put.sequence == sequence {
            return Ok(put);
        }
        Err(wrong("another message stands there"))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:012}.log"))
    }
}

fn number(path: &Path) -> Option<u64> {
    if path.extension()? != "log" {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

/// Blocks for the whole file; where the file system cannot, a file of that length.
fn allocate(file: &File, size: u64) -> std::io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP) => file.set_len(size),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn failed(what: &str, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Error::Full(format!("the disk is full ({error})"))
        }
        _ => Error::Log(format!("could not {what}: {error}")),
    }
}
