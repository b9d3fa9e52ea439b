//! The disk as a parameter: the machine's, or one for tests that is as small as they
//! want, waits for nothing, and remembers what was done to it.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::fs::{FallocateFlags, fallocate};

/// Makes and opens files. Cheap to clone; clones of a trial share its room and tape.
#[derive(Debug, Clone, Default)]
pub struct Disk(Option<Arc<Mutex<Trial>>>);

#[derive(Debug)]
struct Trial {
    room: u64,
    sizes: HashMap<PathBuf, u64>,
    tape: Option<Vec<Event>>,
}

/// What was done to a trial disk.
#[derive(Debug, Clone)]
pub enum Event {
    /// A file was made with so many bytes.
    Made(PathBuf, u64),
    /// Bytes were written at this place.
    Wrote(PathBuf, u64, Vec<u8>),
    /// What was written to the file is on stable storage.
    Synced(PathBuf),
    /// A file has another name.
    Renamed(PathBuf, PathBuf),
    /// A file is gone.
    Removed(PathBuf),
    /// A file was cut to so many bytes.
    Cut(PathBuf, u64),
}

impl Disk {
    /// The machine's.
    pub fn real() -> Self {
        Self(None)
    }

    /// One with room for so many bytes, which does not wait for the machine's to have
    /// written. For tests.
    pub fn trial(room: u64) -> Self {
        Self(Some(Arc::new(Mutex::new(Trial {
            room,
            sizes: HashMap::new(),
            tape: None,
        }))))
    }

    /// Let a trial disk remember from now on what is done to it.
    pub fn record(&self) {
        if let Some(mut trial) = self.lock() {
            trial.tape = Some(Vec::new());
        }
    }

    /// Give a trial disk another size. The machine's does not listen.
    pub fn resize(&self, room: u64) {
        if let Some(mut trial) = self.lock() {
            trial.room = room;
        }
    }

    /// What was done since [`Disk::record`].
    pub fn tape(&self) -> Vec<Event> {
        let tape = self.lock().and_then(|trial| trial.tape.clone());
        tape.unwrap_or_default()
    }

    /// How many events are on the tape.
    pub fn events(&self) -> usize {
        let tape = |trial: MutexGuard<'_, Trial>| trial.tape.as_ref().map(Vec::len);
        self.lock().and_then(tape).unwrap_or(0)
    }

    fn lock(&self) -> Option<MutexGuard<'_, Trial>> {
        let trial = self.0.as_ref()?;
        Some(trial.lock().expect("nobody panics while holding it"))
    }

    fn note(&self, event: impl FnOnce() -> Event) {
        if let Some(mut trial) = self.lock()
            && let Some(tape) = &mut trial.tape
        {
            tape.push(event());
        }
    }

    /// Take room for a file of so many bytes.
    fn grow(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let Some(mut trial) = self.lock() else {
            return Ok(());
        };
        let own = trial.sizes.get(path).copied().unwrap_or(0);
        let used: u64 = trial.sizes.values().sum();
        if bytes > own && used - own + bytes > trial.room {
            return Err(ErrorKind::StorageFull.into());
        }
        trial.sizes.insert(path.to_owned(), bytes.max(own));
        Ok(())
    }

    /// Make a file, all its blocks allocated. It is there after a crash only when the
    /// folder is synced.
    pub(crate) fn make(&self, path: &Path, bytes: u64) -> io::Result<File> {
        self.grow(path, bytes)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        let synced = |()| self.wait(|| file.sync_all());
        if let Err(error) = allocate(&file, bytes).and_then(synced) {
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        self.note(|| Event::Made(path.to_owned(), bytes));
        Ok(self.file(file, path))
    }

    /// Open a file that is there.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        if let Some(mut trial) = self.lock() {
            trial.sizes.insert(path.to_owned(), file.metadata()?.len());
        }
        Ok(self.file(file, path))
    }

    fn file(&self, file: std::fs::File, path: &Path) -> File {
        File {
            open: file,
            path: path.to_owned(),
            disk: self.clone(),
        }
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        if let Some(mut trial) = self.lock() {
            let size = trial.sizes.remove(from).unwrap_or(0);
            trial.sizes.insert(to.to_owned(), size);
        }
        self.note(|| Event::Renamed(from.to_owned(), to.to_owned()));
        Ok(())
    }

    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)?;
        if let Some(mut trial) = self.lock() {
            trial.sizes.remove(path);
        }
        self.note(|| Event::Removed(path.to_owned()));
        Ok(())
    }

    /// See that names made, changed and removed in the folder stay so.
    pub(crate) fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.wait(|| std::fs::File::open(path)?.sync_all())?;
        self.note(|| Event::Synced(path.to_owned()));
        Ok(())
    }

    fn wait(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match self.0 {
            None => sync(),
            Some(_) => Ok(()),
        }
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct File {
    open: std::fs::File,
    path: PathBuf,
    disk: Disk,
}

impl File {
    pub(crate) fn size(&self) -> io::Result<u64> {
        Ok(self.open.metadata()?.len())
    }

    pub(crate) fn read(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.open.read_exact_at(bytes, at)
    }

    pub(crate) fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.grow(&self.path, at + bytes.len() as u64)?;
        self.open.write_all_at(bytes, at)?;
        self.disk
            .note(|| Event::Wrote(self.path.clone(), at, bytes.to_vec()));
        Ok(())
    }

    /// See that what was written stays.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.disk.wait(|| self.open.sync_data())?;
        self.disk.note(|| Event::Synced(self.path.clone()));
        Ok(())
    }

    pub(crate) fn cut(&self, bytes: u64) -> io::Result<()> {
        self.open.set_len(bytes)?;
        self.disk.note(|| Event::Cut(self.path.clone(), bytes));
        Ok(())
    }
}

/// Blocks for the whole file; where the file system cannot, a file of that length.
fn allocate(file: &std::fs::File, bytes: u64) -> io::Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP) => file.set_len(bytes),
        Err(error) => Err(error.into()),
    }
}
