//! Ids that were seen: what makes a second message of the same id a duplicate.
//!
//! Ids are kept as digests, in memory and in the log; the log's are grouped by the file
//! that they stand in, to be carried over when that file is freed.

use std::collections::{BTreeMap, HashMap, VecDeque};

use aws_lc_rs::digest::{SHA256, digest};

pub(super) type Digest = [u8; 16];

#[derive(Debug, Default)]
pub(super) struct History {
    seen: HashMap<Digest, Sight>,
    files: BTreeMap<u32, VecDeque<(i64, Digest)>>,
}

#[derive(Debug, Clone, Copy)]
struct Sight {
    at: i64,
    /// The message is on stable storage.
    sure: bool,
}

/// What is known of an id.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: the message is the first.
    New,
    /// It is a duplicate.
    Seen,
    /// It may be a duplicate: the first is being written.
    Unsure,
}

/// Half of SHA-256: nobody can make two ids look alike.
pub(super) fn digested(id: &str) -> Digest {
    let all = digest(&SHA256, id.as_bytes());
    let mut half = Digest::default();
    half.copy_from_slice(&all.as_ref()[..16]);
    half
}

impl History {
    /// What is known of this id among those seen after `since`.
    pub(super) fn known(&self, id: &Digest, since: i64) -> Known {
        match self.seen.get(id).filter(|sight| sight.at > since) {
            None => Known::New,
            Some(sight) if sight.sure => Known::Seen,
            Some(_) => Known::Unsure,
        }
    }

    /// A message with this id is being written.
    pub(super) fn expect(&mut self, id: Digest, at: i64) {
        let sight = Sight { at, sure: false };
        self.seen.insert(id, sight);
    }

    /// It was not written after all.
    pub(super) fn unexpect(&mut self, id: &Digest) {
        if self.seen.get(id).is_some_and(|sight| !sight.sure) {
            self.seen.remove(id);
        }
    }

    /// It is on stable storage, in this file.
    pub(super) fn learn(&mut self, file: u32, id: Digest, at: i64) {
        let sight = Sight { at, sure: true };
        self.seen.insert(id, sight);
        self.files.entry(file).or_default().push_back((at, id));
    }

    /// Forget what was seen until then; answers files of which nothing is left.
    pub(super) fn forget(&mut self, until: i64) -> Vec<u32> {
        for group in self.files.values_mut() {
            while let Some((at, id)) = group.front().filter(|(at, _)| *at <= until) {
                if self.seen.get(id).is_some_and(|sight| sight.at == *at) {
                    self.seen.remove(id);
                }
                group.pop_front();
            }
        }
        let empty = self.files.iter().filter(|(_, group)| group.is_empty());
        let empty: Vec<u32> = empty.map(|(file, _)| *file).collect();
        empty.iter().for_each(|file| drop(self.files.remove(file)));
        empty
    }

    /// What was seen in this file.
    pub(super) fn within(&self, file: u32) -> impl Iterator<Item = (i64, Digest)> {
        self.files.get(&file).into_iter().flatten().copied()
    }

    /// It stands elsewhere now.
    pub(super) fn leave(&mut self, file: u32) {
        self.files.remove(&file);
    }
}
