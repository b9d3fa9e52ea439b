//! A lane: the messages of a queue, or its dead letters, in their order.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::calendar::Calendar;
use super::history::History;
use super::index::{Hold, Index, Slot};
use super::totals::Totals;
use crate::log::{Stage, Tail};

/// The lane of a queue's messages, or of its dead letters.
pub(super) fn number(queue: u32, dead: bool) -> u32 {
    queue * 2 + u32::from(dead)
}

/// The queue that a lane belongs to.
pub(super) fn queue(lane: u32) -> u32 {
    lane / 2
}

pub(super) fn is_dead(lane: u32) -> bool {
    lane % 2 == 1
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) index: Index,
    /// The number that the next message gets.
    pub(super) next: u64,
    /// The newest number on stable storage, and the file that has it; 0 without.
    pub(super) known: u64,
    pub(super) numbered: u32,
    /// No message below is ready, but for those that came back.
    cursor: u64,
    back: BTreeSet<u64>,
    /// Receivers that wait, first come first.
    pub(super) waiting: VecDeque<u64>,
    pub(super) tally: Tally,
    pub(super) totals: Totals,
    /// Bytes of all messages.
    pub(super) bytes: u64,
    /// The rest of messages that are too large for the log.
    pub(super) tails: HashMap<u64, Tail>,
    /// None where duplicates are not looked for.
    pub(super) history: Option<Box<History>>,
}

/// How many messages there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) active: u64,
    pub(super) deferred: u64,
    pub(super) scheduled: u64,
    /// Of the first two, those held by receivers.
    pub(super) locked: u64,
    /// Of the first, those that a receiver may have.
    pub(super) ready: u64,
}

impl Lane {
    pub(super) fn new(number: u32) -> Self {
        Self {
            index: Index::new(number),
            next: 1,
            known: 0,
            numbered: 0,
            cursor: 0,
            back: BTreeSet::new(),
            waiting: VecDeque::new(),
            tally: Tally::default(),
            totals: Totals::default(),
            bytes: 0,
            tails: HashMap::new(),
            history: None,
        }
    }

    pub(super) fn add(
        &mut self,
        slot: Slot,
        tail: Option<Tail>,
        calendar: &mut Calendar,
    ) {
        self.bytes += u64::from(slot.at.length);
        if let Some(tail) = tail {
            self.bytes += tail.bytes;
            self.tails.insert(slot.sequence, tail);
        }
        self.index.insert(slot, calendar);
        self.tally.count(&slot, 1);
        if slot.is_ready() && slot.sequence < self.cursor {
            self.back.insert(slot.sequence);
        }
    }

    pub(super) fn remove(
        &mut self,
        sequence: u64,
        calendar: &mut Calendar,
    ) -> Option<Slot> {
        let slot = self.index.remove(sequence, calendar)?;
        self.bytes -= u64::from(slot.at.length);
        if let Some(tail) = self.tails.remove(&sequence) {
            self.bytes -= tail.bytes;
        }
        self.tally.count(&slot, -1);
        self.back.remove(&sequence);
        Some(slot)
    }

    /// Change a message where it is.
    pub(super) fn change(
        &mut self,
        sequence: u64,
        calendar: &mut Calendar,
        change: impl FnOnce(&mut Slot),
    ) -> Option<Slot> {
        let slot = self.index.get_mut(sequence)?;
        let before = *slot;
        change(slot);
        let after = *slot;
        self.bytes -= u64::from(before.at.length);
        self.bytes += u64::from(after.at.length);
        self.tally.count(&before, -1);
        self.tally.count(&after, 1);
        if after.is_ready() {
            if sequence < self.cursor {
                self.back.insert(sequence);
            }
        } else {
            self.back.remove(&sequence);
        }
        if after.hold == Hold::Free {
            self.index.arm(sequence, calendar);
        }
        Some(after)
    }

    /// The first message that a receiver may have and that is not over by now.
    pub(super) fn first(&mut self, now: i64) -> Option<Slot> {
        let fresh = |slot: &Slot| slot.is_ready() && (slot.due == 0 || slot.due > now);
        for sequence in &self.back {
            if let Some(slot) = self.index.get(*sequence).filter(|slot| fresh(slot)) {
                return Some(*slot);
            }
        }
        // What is passed over here is held, put off or over: it comes back by `back`
        // or not at all, so it is passed over once.
        for slot in self.index.from(self.cursor) {
            self.cursor = slot.sequence;
            if fresh(slot) {
                return Some(*slot);
            }
            self.cursor += 1;
        }
        None
    }
}

impl Tally {
    fn count(&mut self, slot: &Slot, by: i64) {
        let of = match slot.stage {
            Stage::Active => &mut self.active,
            Stage::Deferred => &mut self.deferred,
            Stage::Scheduled => &mut self.scheduled,
        };
        *of = of.saturating_add_signed(by);
        if slot.hold == Hold::Locked {
            self.locked = self.locked.saturating_add_signed(by);
        }
        if slot.is_ready() {
            self.ready = self.ready.saturating_add_signed(by);
        }
    }
}
