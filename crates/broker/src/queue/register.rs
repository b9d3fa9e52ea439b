//! The queues that there are, in a file beside the log: one line for each change, with
//! a checksum in front. A line is on stable storage before anything is done by it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{QueueName, QueueSettings};
use crate::Error;
use crate::log::{Disk, File, failed};

const NAME: &str = "queues";
/// Lines that may be out of date before the file is written anew at a start.
const STALE_LINES_MAX: usize = 1000;

/// A queue as it is kept. Its number is never given to another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Described {
    pub(crate) number: u32,
    pub(crate) name: QueueName,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) settings: QueueSettings,
}

/// One line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// There is a queue, and it is like this.
    Is(Box<Described>),
    /// The queue of this number is gone.
    Gone(u32),
    /// Numbers below have been given.
    Next(u32),
}

/// The file, open for more.
#[derive(Debug)]
pub(crate) struct Register {
    file: File,
    /// What of it is sound.
    bytes: u64,
}

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) queues: BTreeMap<u32, Described>,
    pub(crate) next: u32,
    lines: usize,
}

impl Register {
    /// Read the file, or begin one. A line that was cut off at the end was never
    /// confirmed and is taken away.
    ///
    /// Fails when a line before the last is not what was written: which queues there
    /// are must not be guessed.
    pub(crate) fn open(disk: &Disk, folder: &Path) -> Result<(Self, Known), Error> {
        let path = folder.join(NAME);
        let text = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("read the queues", &error)),
        };
        let (mut known, mut bytes) = read(&path, &text)?;
        if known.lines == 0 || known.lines > known.queues.len() + STALE_LINES_MAX {
            bytes = rewrite(disk, folder, &known)?;
            known.lines = known.queues.len();
        }
        let open = || {
            let file = disk.open(&path)?;
            file.cut(bytes)?;
            file.sync()?;
            disk.sync_folder(folder)?;
            Ok(file)
        };
        let file = open().map_err(|e| failed("open the queues", &e))?;
        Ok((Self { file, bytes }, known))
    }

    /// Add a line; it is on stable storage when this answers.
    pub(crate) fn append(&mut self, change: &Change) -> Result<(), Error> {
        let line = line(change);
        let written = self.file.write(self.bytes, &line);
        match written.and_then(|()| self.file.sync()) {
            Ok(()) => self.bytes += line.len() as u64,
            Err(error) => {
                // Half a line must not stand before the next.
                let _ = self.file.cut(self.bytes);
                return Err(failed("write the queues", &error));
            }
        }
        Ok(())
    }
}

fn line(change: &Change) -> Vec<u8> {
    let json = serde_json::to_string(change).expect("texts, numbers and lists");
    let sum = crc32fast::hash(json.as_bytes());
    format!("{sum:08x} {json}\n").into_bytes()
}

/// What the lines say, and where the last sound one ends.
fn read(path: &Path, text: &[u8]) -> Result<(Known, u64), Error> {
    let (mut known, mut sound) = (Known::default(), 0);
    let mut lines = text.split_inclusive(|byte| *byte == b'\n');
    while let Some(line) = lines.next() {
        let Some(change) = parse(line) else {
            if lines.any(|later| parse(later).is_some()) {
                return Err(Error::Register {
                    path: path.to_owned(),
                    line: known.lines + 1,
                });
            }
            break;
        };
        known.learn(change);
        sound += line.len() as u64;
    }
    Ok((known, sound))
}

fn parse(line: &[u8]) -> Option<Change> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, json) = line.split_once(' ')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    if crc32fast::hash(json.as_bytes()) != sum {
        return None;
    }
    serde_json::from_str(json).ok()
}

impl Known {
    fn learn(&mut self, change: Change) {
        self.lines += 1;
        match change {
            Change::Is(queue) => {
                self.next = self.next.max(queue.number + 1);
                self.queues.insert(queue.number, *queue);
            }
            Change::Gone(number) => drop(self.queues.remove(&number)),
            Change::Next(next) => self.next = self.next.max(next),
        }
    }
}

/// Write the file anew with only what is still true; answers its length.
fn rewrite(disk: &Disk, folder: &Path, known: &Known) -> Result<u64, Error> {
    let queues = known.queues.values().cloned().map(Box::new).map(Change::Is);
    let changes = std::iter::once(Change::Next(known.next)).chain(queues);
    let text: Vec<u8> = changes.flat_map(|change| line(&change)).collect();
    let new = folder.join(format!("{NAME}.new"));
    let write = || {
        if new.exists() {
            disk.remove(&new)?;
        }
        let file = disk.make(&new, 0)?;
        file.write(0, &text)?;
        file.sync()?;
        disk.rename(&new, &folder.join(NAME))
    };
    write().map_err(|e| failed("write the queues", &e))?;
    Ok(text.len() as u64)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn queue(number: u32, name: &str) -> Change {
        Change::Is(Box::new(Described {
            number,
            name: name.parse().unwrap(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            settings: QueueSettings::default(),
        }))
    }

    fn names(folder: &Path) -> Vec<String> {
        let (_, known) = Register::open(&Disk::real(), folder).unwrap();
        known.queues.values().map(|q| q.name.to_string()).collect()
    }

    #[test]
    fn queues_are_there_again_and_gone_ones_are_not() {
        let folder = TempDir::new().unwrap();
        let (mut register, known) =
            Register::open(&Disk::real(), folder.path()).unwrap();
        assert_eq!((known.next, known.queues.len()), (0, 0));
        for change in [queue(0, "a"), queue(1, "b"), Change::Gone(1), queue(0, "A")] {
            register.append(&change).unwrap();
        }
        assert_eq!(names(folder.path()), ["A"]);
        let (_, known) = Register::open(&Disk::real(), folder.path()).unwrap();
        assert_eq!(known.next, 2, "a number is never given twice");
    }

    #[test]
    fn keys_stay_and_only_their_owner_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let (mut register, _) = Register::open(&Disk::real(), folder.path()).unwrap();
        let policy = serde_json::json!({"name": "p", "key": "k", "rights": ["send"]});
        let Change::Is(mut queue) = queue(0, "a") else {
            unreachable!()
        };
        queue.settings.policies = vec![serde_json::from_value(policy).unwrap()];
        register.append(&Change::Is(queue)).unwrap();
        let (_, known) = Register::open(&Disk::real(), folder.path()).unwrap();
        let again = line(&Change::Is(Box::new(known.queues[&0].clone())));
        assert!(String::from_utf8(again).unwrap().contains("\"key\":\"k\""));
        let mode = folder.path().join(NAME).metadata().unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_cut_off_anywhere_is_not_there_and_does_no_harm() {
        let folder = TempDir::new().unwrap();
        let (mut register, _) = Register::open(&Disk::real(), folder.path()).unwrap();
        register.append(&queue(0, "a")).unwrap();
        let first = usize::try_from(register.bytes).unwrap();
        register.append(&queue(1, "b")).unwrap();
        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        for end in first..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let (mut register, known) =
                Register::open(&Disk::real(), folder.path()).unwrap();
            assert_eq!(known.queues.len(), 1, "cut at {end}");
            register.append(&queue(1, "c")).unwrap();
            assert_eq!(names(folder.path()), ["a", "c"], "cut at {end}");
        }
    }

    #[test]
    fn a_flipped_byte_is_named_with_its_line() {
        let folder = TempDir::new().unwrap();
        let (mut register, _) = Register::open(&Disk::real(), folder.path()).unwrap();
        for number in 0..3 {
            register.append(&queue(number, "a")).unwrap();
        }
        let path = folder.path().join(NAME);
        let mut text = std::fs::read(&path).unwrap();
        // The first of them, behind the line with the next number.
        text[100] ^= 1;
        std::fs::write(&path, &text).unwrap();
        let error = Register::open(&Disk::real(), folder.path()).unwrap_err();
        assert!(matches!(error, Error::Register { line: 2, .. }), "{error}");
    }

    #[test]
    fn many_changes_do_not_make_the_file_grow_for_ever() {
        let folder = TempDir::new().unwrap();
        let (mut register, _) =
            Register::open(&Disk::trial(u64::MAX), folder.path()).unwrap();
        for number in 0..3000 {
            register.append(&queue(number, "a")).unwrap();
            register.append(&Change::Gone(number)).unwrap();
        }
        let (register, known) =
            Register::open(&Disk::trial(u64::MAX), folder.path()).unwrap();
        assert!(register.bytes < 100, "{}", register.bytes);
        assert_eq!(known.next, 3000);
        let (_, known) = Register::open(&Disk::trial(u64::MAX), folder.path()).unwrap();
        assert_eq!(known.next, 3000);
    }
}
