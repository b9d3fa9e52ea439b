//! When something is to be done by itself: one entry for each block of messages.

use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub(super) struct Calendar(BTreeSet<(i64, u32, u64)>);

impl Calendar {
    pub(super) fn enter(&mut self, due: i64, lane: u32, block: u64) {
        self.0.insert((due, lane, block));
    }

    pub(super) fn strike(&mut self, due: i64, lane: u32, block: u64) {
        self.0.remove(&(due, lane, block));
    }

    /// A block in which something is due by now.
    pub(super) fn due(&self, now: i64) -> Option<(u32, u64)> {
        let (due, lane, block) = self.0.first()?;
        (*due <= now).then_some((*lane, *block))
    }

    /// When something is due next.
    pub(super) fn next(&self) -> Option<i64> {
        self.0.first().map(|(due, ..)| *due)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
