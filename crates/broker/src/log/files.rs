//! The files of the log: made whole, read at any place, used again when nothing in
//! them counts.

use std::collections::{BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use super::disk::{Disk, File};
use super::op::{Position, Put};
use crate::Error;

/// Files that are kept open to be read.
const OPEN_MAX: usize = 256;
/// Files that are kept to be used again.
const SPARES_MAX: usize = 2;

/// The folder and what is open of it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Files(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    disk: Disk,
    folder: PathBuf,
    /// What a file has unless a record needs more.
    size: u64,
    /// The most recently opened last.
    open: Mutex<VecDeque<(u32, Arc<File>)>>,
    /// What the next spare file is called.
    spare: AtomicU64,
    /// There is no room for more messages.
    full: AtomicBool,
}

/// What is in the folder at the start.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) numbers: BTreeSet<u32>,
    pub(crate) spares: Vec<PathBuf>,
}

impl Files {
    /// See what files there are; makes the folder if there is none.
    pub(crate) fn open(
        disk: Disk,
        folder: &Path,
        size: u64,
    ) -> Result<(Self, Found), Error> {
        std::fs::create_dir_all(folder).map_err(|e| failed("make its folder", &e))?;
        let mut found = Found::default();
        for entry in std::fs::read_dir(folder).map_err(|e| failed("list", &e))? {
            let path = entry.map_err(|e| failed("list", &e))?.path();
            match (number(&path), path.extension()) {
                (Some(number), _) => drop(found.numbers.insert(number)),
                (None, Some(kind)) if kind == "spare" => found.spares.push(path),
                _ => {}
            }
        }
        let files = Self(Arc::new(Inner {
            disk,
            folder: folder.to_owned(),
            size,
            open: Mutex::default(),
            spare: AtomicU64::new(
                found
                    .spares
                    .iter()
                    .filter_map(|path| numbered(path))
                    .max()
                    .unwrap_or(0)
                    + 1,
            ),
            full: AtomicBool::new(false),
        }));
        Ok((files, found))
    }

    /// Whether there is no room for more messages.
    pub(crate) fn is_full(&self) -> bool {
        self.0.full.load(Ordering::Relaxed)
    }

    /// Say whether there is room for more messages.
    pub(super) fn set_full(&self, full: bool) {
        self.0.full.store(full, Ordering::Relaxed);
    }

    /// The file of this number, open.
    pub(crate) fn file(&self, number: u32) -> Result<Arc<File>, Error> {
        let mut open = self.handles();
        if let Some(at) = open.iter().rposition(|(known, _)| *known == number) {
            return Ok(Arc::clone(&open[at].1));
        }
        let file = self.0.disk.open(&self.path(number));
        let file = Arc::new(file.map_err(|e| failed("open a file", &e))?);
        remember(&mut open, number, &file);
        Ok(file)
    }

    /// A file under a new number: a spare one if there is one that is large enough.
    pub(super) fn begin(
        &self,
        number: u32,
        least: u64,
        spares: &mut Vec<PathBuf>,
    ) -> Result<Arc<File>, Error> {
        let path = self.path(number);
        let spare = (least <= self.0.size).then(|| spares.pop()).flatten();
        let made = match spare {
            Some(spare) => {
                let renamed = self.0.disk.rename(&spare, &path);
                renamed.and_then(|()| self.0.disk.open(&path))
            }
            None => self.0.disk.make(&path, self.0.size.max(least)),
        };
        let synced = made.and_then(|file| {
            self.0.disk.sync_folder(&self.0.folder)?;
            Ok(file)
        });
        let file = Arc::new(synced.map_err(|e| failed("make a file", &e))?);
        remember(&mut self.handles(), number, &file);
        Ok(file)
    }

    /// Make a file that will be used later.
    pub(super) fn spare(&self) -> Result<PathBuf, Error> {
        let path = self.spare_path();
        let made = self.0.disk.make(&path, self.0.size);
        made.map_err(|e| failed("make a file", &e))?;
        Ok(path)
    }

    /// Let go of files in which nothing counts, for good.
    pub(super) fn free(
        &self,
        numbers: &[u32],
        spares: &mut Vec<PathBuf>,
    ) -> Result<(), Error> {
        for number in numbers {
            let path = self.path(*number);
            // Whoever still reads in it must not find another's messages there.
            let idle = forget(&mut self.handles(), *number);
            let standard = path.metadata().is_ok_and(|m| m.len() == self.0.size);
            let freed = if idle && standard && spares.len() < SPARES_MAX {
                let spare = self.spare_path();
                let renamed = self.0.disk.rename(&path, &spare);
                renamed.map(|()| spares.push(spare))
            } else {
                self.0.disk.remove(&path)
            };
            freed.map_err(|e| failed("free a file", &e))?;
        }
        // Before anything is done that counts on their being gone: a later file may be
        // what says that the messages in these are.
        self.0
            .disk
            .sync_folder(&self.0.folder)
            .map_err(|e| failed("free a file", &e))
    }

    /// Read the message at the position. What was flipped on disk is named, not served.
    pub(crate) fn read(&self, at: Position, sequence: u64) -> Result<Put, Error> {
        let file = self.file(at.file)?;
        let length = usize::try_from(at.length).unwrap_or_default();
        whole(at, sequence, &bytes(&file, at.offset.into(), length)?)
    }

    fn path(&self, number: u32) -> PathBuf {
        self.0.folder.join(format!("{number:010}.log"))
    }

    fn spare_path(&self) -> PathBuf {
        let number = self.0.spare.fetch_add(1, Ordering::Relaxed);
        self.0.folder.join(format!("{number:010}.spare"))
    }

    fn handles(&self) -> MutexGuard<'_, VecDeque<(u32, Arc<File>)>> {
        self.0.open.lock().expect("nobody panics while holding it")
    }
}

/// Read bytes of a file.
pub(crate) fn bytes(file: &File, at: u64, length: usize) -> Result<Bytes, Error> {
    let mut bytes = vec![0; length];
    file.read(at, &mut bytes).map_err(|e| failed("read", &e))?;
    Ok(bytes.into())
}

/// The message that these bytes are, if they are what was written.
pub(crate) fn whole(at: Position, sequence: u64, bytes: &Bytes) -> Result<Put, Error> {
    let put = Put::read(at.file, bytes).filter(|put| put.head.sequence == sequence);
    put.ok_or_else(|| Error::Damaged {
        file: at.file,
        offset: at.offset.into(),
        what: "the message there is not what was written",
    })
}

fn remember(open: &mut VecDeque<(u32, Arc<File>)>, number: u32, file: &Arc<File>) {
    if open.len() >= OPEN_MAX {
        open.pop_front();
    }
    open.push_back((number, Arc::clone(file)));
}

/// Close a file; whether nobody else has it open.
fn forget(open: &mut VecDeque<(u32, Arc<File>)>, number: u32) -> bool {
    let Some(at) = open.iter().position(|(known, _)| *known == number) else {
        return false;
    };
    open.remove(at)
        .is_some_and(|(_, file)| Arc::strong_count(&file) == 1)
}

fn number(path: &Path) -> Option<u32> {
    if path.extension()? != "log" {
        return None;
    }
    numbered(path).and_then(|number| number.try_into().ok())
}

fn numbered(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.parse().ok()
}

pub(crate) fn failed(what: &str, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Error::Full(format!("the disk is full ({error})"))
        }
        _ => Error::Log(format!("could not {what}: {error}")),
    }
}
