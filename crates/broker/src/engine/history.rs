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

    /// It is on stable storage, in this file. An older sight that was carried over says
    /// nothing about a newer one.
    pub(super) fn learn(&mut self, file: u32, id: Digest, at: i64) {
        let sight = Sight { at, sure: true };
        let known = self.seen.entry(id).or_insert(sight);
        if known.at <= at {
            *known = sight;
        }
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

    /// What was seen in this file, and not again since.
    pub(super) fn within(&self, file: u32) -> impl Iterator<Item = (i64, Digest)> {
        let all = self.files.get(&file).into_iter().flatten().copied();
        all.filter(|(at, id)| self.seen.get(id).is_some_and(|sight| sight.at == *at))
    }

    /// It stands elsewhere now.
    pub(super) fn leave(&mut self, file: u32) {
        self.files.remove(&file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_sight_that_is_carried_over_hides_no_newer_one() {
        let (id, mut history) = (digested("a"), History::default());
        history.learn(1, id, 10);
        history.expect(id, 60);
        history.learn(2, id, 60);
        assert_eq!(history.within(1).count(), 0, "of no more use");
        // Written again all the same: it was on its way.
        history.learn(3, id, 10);
        history.leave(1);
        assert_eq!(history.known(&id, 20), Known::Seen);
        // While the second is being written it stays unsure.
        history.expect(id, 110);
        history.learn(4, id, 60);
        assert_eq!(history.known(&id, 70), Known::Unsure);
        history.learn(5, id, 110);
        assert_eq!(history.known(&id, 70), Known::Seen);
        assert_eq!(history.forget(60), [2, 3, 4]);
        assert_eq!(history.known(&id, 70), Known::Seen);
        assert_eq!(history.forget(110), [5]);
        assert_eq!(history.known(&id, 70), Known::New);
    }
}
