//! What the receiving case system knows: what it was handed, and what it let go of.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bytes::Bytes;
use dokumentpakke::asice::{self, Verdict};
use sbd::MessageId;

use crate::send::{FILE, Letter};

/// One entry for each message that was to be sent.
pub(crate) struct Ledger(Mutex<Entries>);

struct Entries {
    all: BTreeMap<MessageId, Entry>,
    ran_out: usize,
}

struct Entry {
    sent: Bytes,
    peeks: usize,
    package: Option<Bytes>,
    /// Deletes that were answered.
    deleted: usize,
    /// Deletes that were not answered, after which the message was gone.
    found_gone: usize,
}

impl Entry {
    fn is_taken(&self) -> bool {
        self.deleted + self.found_gone > 0
    }
}

/// What was taken at one moment.
pub(crate) struct Taken {
    ids: Vec<MessageId>,
    all: bool,
}

impl Taken {
    pub(crate) fn has(&self, id: &MessageId) -> bool {
        self.ids.contains(id)
    }

    pub(crate) fn is_all(&self) -> bool {
        self.all
    }
}

impl Ledger {
    pub(crate) fn new(letters: &[Letter]) -> Self {
        let entry = |letter: &Letter| Entry {
            sent: letter.file.clone(),
            peeks: 0,
            package: None,
            deleted: 0,
            found_gone: 0,
        };
        let all = letters
            .iter()
            .map(|letter| (letter.id.clone(), entry(letter)));
        Self(Mutex::new(Entries {
            all: all.collect(),
            ran_out: 0,
        }))
    }

    pub(crate) fn taken(&self) -> Taken {
        let entries = self.0.lock().unwrap();
        let taken = entries.all.iter().filter(|(_, entry)| entry.is_taken());
        let ids: Vec<MessageId> = taken.map(|(id, _)| id.clone()).collect();
        let all = ids.len() == entries.all.len();
        Taken { ids, all }
    }

    /// Answers whether it is the first time.
    pub(crate) fn peeked(&self, id: &MessageId) -> bool {
        self.note(id, |entry| {
            entry.peeks += 1;
            entry.peeks == 1
        })
    }

    /// What was popped is what was sent, and the same each time. Answers whether it is
    /// the first time.
    pub(crate) fn popped(&self, id: &MessageId, package: &Bytes) -> bool {
        self.note(id, |entry| {
            if let Some(before) = &entry.package {
                assert_eq!(before, package, "{id} was popped with other bytes before");
                return false;
            }
            let container = asice::read(package).unwrap();
            assert_eq!(container.signature.verdict, Verdict::Valid, "{id}");
            let file = container.files.iter().find(|file| file.name == FILE);
            assert!(
                file.unwrap().bytes == entry.sent,
                "{id}: another file was sent"
            );
            entry.package = Some(package.clone());
            true
        })
    }

    /// A delete was answered. Answers whether nobody knew that it is gone.
    pub(crate) fn deleted(&self, id: &MessageId) -> bool {
        self.note(id, |entry| {
            let first = !entry.is_taken();
            entry.deleted += 1;
            assert_eq!(entry.deleted, 1, "{id} was taken twice");
            first
        })
    }

    /// A delete was not answered, and then it was gone. Answers whether nobody knew.
    pub(crate) fn found_gone(&self, id: &MessageId) -> bool {
        self.note(id, |entry| {
            let first = !entry.is_taken();
            entry.found_gone += 1;
            first
        })
    }

    /// A lock ran out before the message was deleted.
    pub(crate) fn ran_out(&self) {
        self.0.lock().unwrap().ran_out += 1;
    }

    fn note<T>(&self, id: &MessageId, note: impl FnOnce(&mut Entry) -> T) -> T {
        let mut entries = self.0.lock().unwrap();
        let entry = entries.all.get_mut(id);
        note(entry.unwrap_or_else(|| panic!("{id} was never sent")))
    }

    /// How it went, in a line.
    pub(crate) fn summary(&self) -> String {
        let entries = self.0.lock().unwrap();
        let count = |is: fn(&&Entry) -> bool| entries.all.values().filter(is).count();
        format!(
            "taken: {} by an answered delete, {} by one whose answer was lost; \
             {} peeked more than once, {} locks ran out",
            count(|entry| entry.deleted == 1),
            count(|entry| entry.deleted == 0 && entry.found_gone > 0),
            count(|entry| entry.peeks > 1),
            entries.ran_out,
        )
    }
}
