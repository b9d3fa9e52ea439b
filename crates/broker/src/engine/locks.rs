//! Who holds which message, and until when.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use crate::Error;

/// A message that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) lane: u32,
    pub(super) sequence: u64,
    until: i64,
}

#[derive(Debug, Default)]
pub(super) struct Locks {
    held: HashMap<Uuid, Held>,
    ends: BTreeSet<(i64, Uuid)>,
}

impl Locks {
    pub(super) fn add(&mut self, token: Uuid, lane: u32, sequence: u64, until: i64) {
        let held = Held {
            lane,
            sequence,
            until,
        };
        self.held.insert(token, held);
        self.ends.insert((until, token));
    }

    /// What the token holds, if it is a lock on this lane that has not run out.
    pub(super) fn find(&self, token: Uuid, lane: u32, now: i64) -> Result<Held, Error> {
        let held = self.held.get(&token).filter(|held| held.lane == lane);
        let held = held.filter(|held| held.until > now);
        held.copied().ok_or(Error::LockLost)
    }

    /// What the token holds.
    pub(super) fn held(&self, token: Uuid) -> Option<Held> {
        self.held.get(&token).copied()
    }

    /// Let go of a lock.
    pub(super) fn remove(&mut self, token: Uuid) -> Option<Held> {
        let held = self.held.remove(&token)?;
        self.ends.remove(&(held.until, token));
        Some(held)
    }

    /// Move the end of a lock.
    pub(super) fn renew(&mut self, token: Uuid, until: i64) {
        if let Some(held) = self.held.get_mut(&token) {
            self.ends.remove(&(held.until, token));
            held.until = until;
            self.ends.insert((until, token));
        }
    }

    /// A lock that has run out, let go of.
    pub(super) fn run_out(&mut self, now: i64) -> Option<Held> {
        let (until, token) = *self.ends.first()?;
        if until > now {
            return None;
        }
        self.remove(token)
    }

    /// When the next one runs out.
    pub(super) fn next(&self) -> Option<i64> {
        self.ends.first().map(|(until, _)| *until)
    }

    /// Let go of all on this lane.
    pub(super) fn clear(&mut self, lane: u32) {
        self.held.retain(|_, held| held.lane != lane);
        let held = &self.held;
        self.ends.retain(|(_, token)| held.contains_key(token));
    }
}
