//! What counts in each file of the log, and so which files can be freed.
//!
//! A file is held by the messages in it; by every word in it that a copy in another file
//! counts no longer, as long as that file exists; by marks on messages elsewhere; and by
//! what it alone remembers of a lane: numbers given, ids seen. All but the messages are
//! small and can be carried over into the current file.

use std::collections::{BTreeMap, BTreeSet};

use crate::log::{Entry, Note, Position};

/// Bytes that a note takes, at the most, when it is carried over.
const NOTE_BYTES: u64 = 40;
/// Files that may be there beyond twice what the messages need.
const SLACK_FILES: u64 = 4;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    files: BTreeMap<u32, Account>,
    /// Full files without a message in them.
    empty: BTreeSet<u32>,
    /// Bytes of all files, and of the messages in them.
    size: u64,
    live: u64,
}

#[derive(Debug, Default)]
struct Account {
    size: u64,
    sealed: bool,
    messages: u64,
    bytes: u64,
    /// How many copies in other files it says to count no longer.
    ends: BTreeMap<u32, u64>,
    marks: u64,
    /// Lanes of which it has the newest number.
    numbers: BTreeSet<u32>,
    /// Lanes of which it has ids that were seen, and how many.
    seen: BTreeMap<u32, u64>,
    /// All that is small has been carried over.
    carried: bool,
    /// It cannot be emptied: something in it cannot be read.
    stuck: bool,
}

impl Account {
    /// Bytes that would be written to be rid of it.
    fn cost(&self) -> u64 {
        let ends: u64 = self.ends.values().sum();
        let seen: u64 = self.seen.values().sum();
        let notes = ends + seen + self.marks + self.numbers.len() as u64;
        self.bytes + notes * NOTE_BYTES
    }

    fn is_done(&self) -> bool {
        let small = self.ends.is_empty()
            && self.marks == 0
            && self.numbers.is_empty()
            && self.seen.is_empty();
        self.messages == 0 && self.sealed && (self.carried || small)
    }
}

impl Ledger {
    /// Bytes of all full files, and of the messages in all.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.size, self.live)
    }

    /// There is a file of this number.
    pub(super) fn open(&mut self, file: u32) {
        self.files.entry(file).or_default();
    }

    /// Nothing more is written to it, and it is so large.
    pub(super) fn seal(&mut self, file: u32, size: u64) {
        let account = self.files.entry(file).or_default();
        account.sealed = true;
        account.size = size;
        self.size += size;
        if account.messages == 0 {
            self.empty.insert(file);
        }
    }

    /// An operation stands in this file.
    pub(super) fn enter(&mut self, file: u32, entry: &Entry) {
        let ended = match entry {
            Entry::Put(head, _) => head.from,
            Entry::Note(Note::End { file, .. }) => *file,
            Entry::Note(_) => 0,
        };
        let ends = ended != 0 && ended != file && self.files.contains_key(&ended);
        let account = self.files.entry(file).or_default();
        if ends {
            *account.ends.entry(ended).or_default() += 1;
        }
        match entry {
            Entry::Note(Note::Mark { .. }) => account.marks += 1,
            Entry::Note(Note::Seen { lane, .. }) => {
                *account.seen.entry(*lane).or_default() += 1;
            }
            _ => {}
        }
    }

    /// A message is at this place now.
    pub(super) fn settle(&mut self, at: Position) {
        let account = self.files.entry(at.file).or_default();
        account.messages += 1;
        account.bytes += u64::from(at.length);
        self.live += u64::from(at.length);
    }

    /// It is there no longer.
    pub(super) fn leave(&mut self, at: Position) {
        let Some(account) = self.files.get_mut(&at.file) else {
            return;
        };
        account.messages -= 1;
        account.bytes -= u64::from(at.length);
        self.live -= u64::from(at.length);
        if account.messages == 0 && account.sealed {
            self.empty.insert(at.file);
        }
    }

    /// The newest number of a lane is in this file now, and no longer in that.
    pub(super) fn number(&mut self, lane: u32, before: u32, now: u32) {
        if let Some(account) = self.files.get_mut(&before) {
            account.numbers.remove(&lane);
        }
        self.files.entry(now).or_default().numbers.insert(lane);
    }

    /// The ids of this lane that were seen in the file have been forgotten.
    pub(super) fn forget(&mut self, file: u32, lane: u32) {
        if let Some(account) = self.files.get_mut(&file) {
            account.seen.remove(&lane);
        }
    }

    /// A lane is no more.
    pub(super) fn close(&mut self, lane: u32) {
        for account in self.files.values_mut() {
            account.numbers.remove(&lane);
            account.seen.remove(&lane);
        }
    }

    /// Files in which nothing counts: gone with this.
    pub(super) fn free(&mut self) -> Vec<u32> {
        let files = &self.files;
        let done = |file: &u32| files.get(file).is_some_and(Account::is_done);
        let free: Vec<u32> = self.empty.iter().copied().filter(done).collect();
        for file in &free {
            self.empty.remove(file);
            if let Some(account) = self.files.remove(file) {
                self.size -= account.size;
            }
            for account in self.files.values_mut() {
                account.ends.remove(file);
            }
        }
        free
    }

    /// The file that is worth emptying, if there are too many: the one with the least
    /// in it, and at most half of its size.
    pub(super) fn crowded(&self, file_bytes: u64) -> Option<u32> {
        if self.size <= self.live * 2 + SLACK_FILES * file_bytes {
            return None;
        }
        let sealed = self.files.iter().filter(|(_, account)| {
            account.sealed && !account.stuck && !account.carried
        });
        let (file, account) = sealed.min_by_key(|(_, account)| account.cost())?;
        (account.cost() * 2 <= account.size).then_some(*file)
    }

    /// Whether the file exists and is another than this.
    pub(super) fn is_other(&self, file: u32, than: u32) -> bool {
        file != 0 && file != than && self.files.contains_key(&file)
    }

    /// Lanes of which the file alone knows the newest number.
    pub(super) fn numbers(&self, file: u32) -> Vec<u32> {
        let account = self.files.get(&file);
        account
            .map(|a| a.numbers.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Lanes of which the file has ids that were seen.
    pub(super) fn seen(&self, file: u32) -> Vec<u32> {
        let account = self.files.get(&file);
        account
            .map(|a| a.seen.keys().copied().collect())
            .unwrap_or_default()
    }

    /// All that is small in the file has been carried over. That is for nothing if a
    /// message has stayed.
    pub(super) fn carried(&mut self, file: u32) {
        if let Some(account) = self.files.get_mut(&file) {
            account.carried = account.messages == 0;
        }
    }

    /// The file cannot be emptied.
    pub(super) fn stuck(&mut self, file: u32) {
        if let Some(account) = self.files.get_mut(&file) {
            account.stuck = true;
        }
    }
}
