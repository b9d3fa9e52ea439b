//! The messages of one lane by their numbers, in 32 bytes each.
//!
//! Numbers are given in order, so a message is most often added at the end and taken
//! away near the beginning. They lie in sorted blocks; a block is let go of when all in
//! it are gone, and thinned out when most are. Each block stands in the calendar with
//! the earliest time at which something in it is due: one entry for many messages.

use std::collections::BTreeMap;

use super::calendar::Calendar;
use crate::log::{Position, Stage};

/// Messages in a block.
const BLOCK: usize = 256;
/// Blocks this small are joined with the one before.
const SMALL: usize = 64;
const NEVER: i64 = i64::MAX;

/// A message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) sequence: u64,
    /// When it is of no more use, or its time comes if it is scheduled; 0 for never.
    pub(super) due: i64,
    pub(super) at: Position,
    pub(super) count: u16,
    pub(super) stage: Stage,
    pub(super) hold: Hold,
}

const _: () = assert!(size_of::<Slot>() == 32);

/// Who has a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nobody.
    Free,
    /// A receiver.
    Locked,
    /// Nobody any longer: what becomes of it is being written.
    Leaving,
    /// Nobody ever again: its bytes are not what was written.
    Damaged,
    /// There is no message.
    Gone,
}

impl Slot {
    /// When something is to be done with it by itself.
    fn due(&self) -> i64 {
        let waits = self.hold == Hold::Free && self.stage != Stage::Deferred;
        if waits && self.due > 0 {
            self.due
        } else {
            NEVER
        }
    }

    /// Whether a receiver may have it.
    pub(super) fn is_ready(&self) -> bool {
        self.hold == Hold::Free && self.stage == Stage::Active
    }
}

#[derive(Debug)]
pub(super) struct Index {
    lane: u32,
    blocks: BTreeMap<u64, Block>,
}

#[derive(Debug)]
struct Block {
    slots: Vec<Slot>,
    live: usize,
    /// As it stands in the calendar; `NEVER` if it does not.
    due: i64,
}

impl Index {
    pub(super) fn new(lane: u32) -> Self {
        Self {
            lane,
            blocks: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, sequence: u64) -> Option<&Slot> {
        let (_, block) = self.blocks.range(..=sequence).next_back()?;
        let slot = &block.slots[block.find(sequence).ok()?];
        (slot.hold != Hold::Gone).then_some(slot)
    }

    pub(super) fn get_mut(&mut self, sequence: u64) -> Option<&mut Slot> {
        let (_, block) = self.blocks.range_mut(..=sequence).next_back()?;
        let at = block.find(sequence).ok()?;
        let slot = &mut block.slots[at];
        (slot.hold != Hold::Gone).then_some(slot)
    }

    /// Messages from this number on, in order.
    pub(super) fn from(&self, sequence: u64) -> impl Iterator<Item = &Slot> {
        let first = self.blocks.range(..=sequence).next_back();
        let first = first.map_or(sequence, |(key, _)| *key);
        let slots = self.blocks.range(first..).flat_map(move |(_, block)| {
            let start = match block.slots.first() {
                Some(slot) if slot.sequence >= sequence => 0,
                _ => block.find(sequence).unwrap_or_else(|at| at),
            };
            &block.slots[start..]
        });
        slots.filter(|slot| slot.hold != Hold::Gone)
    }

    /// Every message, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Slot> {
        self.from(0)
    }

    pub(super) fn insert(&mut self, slot: Slot, calendar: &mut Calendar) {
        let before = self.blocks.range(..=slot.sequence).next_back();
        let key = match before {
            Some((key, block)) if block.slots.len() < BLOCK => *key,
            Some((key, block)) if !block.ends_before(slot.sequence) => {
                let key = *key;
                self.split(key, calendar);
                return self.insert(slot, calendar);
            }
            _ => slot.sequence,
        };
        let block = self.blocks.entry(key).or_insert(Block {
            slots: Vec::new(),
            live: 0,
            due: NEVER,
        });
        match block.find(slot.sequence) {
            Ok(at) => block.slots[at] = slot,
            Err(at) => block.slots.insert(at, slot),
        }
        block.live += 1;
        if slot.due() < block.due {
            block.set_due(slot.due(), self.lane, key, calendar);
        }
    }

    /// Take a message away; answers what it was.
    pub(super) fn remove(
        &mut self,
        sequence: u64,
        calendar: &mut Calendar,
    ) -> Option<Slot> {
        let (key, block) = self.blocks.range_mut(..=sequence).next_back()?;
        let at = block.find(sequence).ok()?;
        let slot = block.slots[at];
        if slot.hold == Hold::Gone {
            return None;
        }
        let key = *key;
        block.slots[at].hold = Hold::Gone;
        block.live -= 1;
        if block.live == 0 {
            block.set_due(NEVER, self.lane, key, calendar);
            self.blocks.remove(&key);
        } else if block.live * 4 < block.slots.len() && block.slots.len() > SMALL {
            block.slots.retain(|slot| slot.hold != Hold::Gone);
            block.slots.shrink_to_fit();
            self.join(key, calendar);
        }
        Some(slot)
    }

    /// Note that something is to be done with a message again when it is due.
    pub(super) fn arm(&mut self, sequence: u64, calendar: &mut Calendar) {
        let Some((key, block)) = self.blocks.range_mut(..=sequence).next_back() else {
            return;
        };
        let Ok(at) = block.find(sequence) else { return };
        let due = block.slots[at].due();
        if due < block.due {
            let key = *key;
            block.set_due(due, self.lane, key, calendar);
        }
    }

    /// What is due by now in a block that the calendar named, and look ahead to what
    /// will be. What is answered is in nobody's calendar any longer.
    pub(super) fn due(
        &mut self,
        key: u64,
        now: i64,
        calendar: &mut Calendar,
    ) -> Vec<Slot> {
        let Some(block) = self.blocks.get_mut(&key) else {
            return Vec::new();
        };
        let (due, rest) = block
            .slots
            .iter()
            .partition::<Vec<Slot>, _>(|slot| slot.due() <= now);
        let next = rest.iter().map(Slot::due).min().unwrap_or(NEVER);
        block.set_due(next, self.lane, key, calendar);
        due
    }

    /// Let go of everything.
    pub(super) fn clear(&mut self, calendar: &mut Calendar) {
        for (key, block) in &mut self.blocks {
            block.set_due(NEVER, self.lane, *key, calendar);
        }
        self.blocks.clear();
    }

    fn split(&mut self, key: u64, calendar: &mut Calendar) {
        let Some(block) = self.blocks.get_mut(&key) else {
            return;
        };
        block.slots.retain(|slot| slot.hold != Hold::Gone);
        if block.slots.len() < BLOCK {
            return;
        }
        let slots = block.slots.split_off(BLOCK / 2);
        block.live = block.slots.len();
        let upper = slots[0].sequence;
        let mut new = Block {
            live: slots.len(),
            slots,
            due: NEVER,
        };
        let (lane, due) = (self.lane, new.earliest());
        new.set_due(due, lane, upper, calendar);
        let due = block.earliest();
        block.set_due(due, lane, key, calendar);
        self.blocks.insert(upper, new);
    }

    fn join(&mut self, key: u64, calendar: &mut Calendar) {
        let lane = self.lane;
        let small = |block: &Block| block.slots.len() <= SMALL;
        let before = self.blocks.range(..key).next_back();
        let Some(before) = before.filter(|(_, b)| small(b)).map(|(key, _)| *key) else {
            return;
        };
        if !self.blocks.get(&key).is_some_and(small) {
            return;
        }
        let Some(mut block) = self.blocks.remove(&key) else {
            return;
        };
        let due = block.due;
        block.set_due(NEVER, lane, key, calendar);
        if let Some(into) = self.blocks.get_mut(&before) {
            into.slots.append(&mut block.slots);
            into.live += block.live;
            if due < into.due {
                into.set_due(due, lane, before, calendar);
            }
        }
    }
}

impl Block {
    /// The place of the number, or where it would be.
    fn find(&self, sequence: u64) -> Result<usize, usize> {
        // Without gaps, the place follows from the number.
        if let Some(first) = self.slots.first()
            && let Some(at) = sequence.checked_sub(first.sequence)
            && let Ok(at) = usize::try_from(at)
            && self.slots.get(at).is_some_and(|s| s.sequence == sequence)
        {
            return Ok(at);
        }
        self.slots
            .binary_search_by_key(&sequence, |slot| slot.sequence)
    }

    fn ends_before(&self, sequence: u64) -> bool {
        self.slots
            .last()
            .is_some_and(|slot| slot.sequence < sequence)
    }

    fn earliest(&self) -> i64 {
        self.slots.iter().map(Slot::due).min().unwrap_or(NEVER)
    }

    fn set_due(&mut self, due: i64, lane: u32, key: u64, calendar: &mut Calendar) {
        let before = std::mem::replace(&mut self.due, due);
        if before != NEVER {
            calendar.strike(before, lane, key);
        }
        if due != NEVER {
            calendar.enter(due, lane, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slot(sequence: u64, due: i64) -> Slot {
        Slot {
            sequence,
            due,
            at: Position::NOWHERE,
            count: 0,
            stage: Stage::Active,
            hold: Hold::Free,
        }
    }

    fn check(index: &Index, model: &BTreeMap<u64, i64>, calendar: &Calendar) {
        let all: Vec<(u64, i64)> = index.all().map(|s| (s.sequence, s.due)).collect();
        let expected: Vec<(u64, i64)> = model.iter().map(|(s, d)| (*s, *d)).collect();
        assert_eq!(all, expected);
        let dated = index.blocks.values().filter(|b| b.due != NEVER).count();
        assert_eq!(
            calendar.len(),
            dated,
            "one entry for each block that is due"
        );
        for block in index.blocks.values() {
            let live = block.slots.iter().filter(|s| s.hold != Hold::Gone).count();
            assert_eq!(block.live, live);
            assert!(live > 0 && block.slots.len() <= BLOCK);
            assert!(block.due <= block.earliest());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn an_index_is_a_sorted_map(
            steps in prop::collection::vec((0..5_u8, 0..1000_u64, 0..50_i64), 1..3000)
        ) {
            let (mut index, mut calendar) = (Index::new(7), Calendar::default());
            let (mut model, mut next) = (BTreeMap::new(), 1000_u64);
            for (step, number, due) in steps {
                match step {
                    // Most often at the end.
                    0..3 => {
                        index.insert(slot(next, due), &mut calendar);
                        model.insert(next, due);
                        next += 1 + number % 3;
                    }
                    3 if !model.contains_key(&number) => {
                        index.insert(slot(number, due), &mut calendar);
                        model.insert(number, due);
                    }
                    3 => {}
                    _ => {
                        let number = number * 2;
                        let first = model.range(number..).next().map(|(s, _)| *s);
                        let number = first.unwrap_or(number);
                        let removed = index.remove(number, &mut calendar);
                        prop_assert_eq!(removed.map(|s| s.due), model.remove(&number));
                        prop_assert!(index.get(number).is_none());
                    }
                }
            }
            check(&index, &model, &calendar);
            let from: Vec<u64> = index.from(1100).map(|s| s.sequence).collect();
            let expected: Vec<u64> = model.range(1100..).map(|(s, _)| *s).collect();
            prop_assert_eq!(from, expected);
            // Everything that is due comes, once, and not before its time.
            let mut came = Vec::new();
            for now in 0..50 {
                while let Some((lane, key)) = calendar.due(now) {
                    prop_assert_eq!(lane, 7);
                    for slot in index.due(key, now, &mut calendar) {
                        prop_assert_eq!(slot.due, now);
                        came.push(slot.sequence);
                        index.remove(slot.sequence, &mut calendar);
                    }
                }
            }
            let dated = model.values().filter(|due| **due > 0).count();
            prop_assert_eq!(came.len(), dated);
        }
    }

    // > index in memory ≤ 40 bytes a message (issue 4)
    #[test]
    fn a_waiting_message_takes_forty_bytes_at_most() {
        const MESSAGES: usize = 100_000;
        let (mut index, mut calendar) = (Index::new(0), Calendar::default());
        for sequence in 0..MESSAGES as u64 {
            index.insert(slot(sequence, 10), &mut calendar);
        }
        let slots: usize = index.blocks.values().map(|b| b.slots.capacity()).sum();
        // A block's place in the map and in the calendar; nodes of either are at least
        // half full.
        let block = size_of::<(u64, Block)>() + size_of::<(i64, u32, u64)>();
        let bytes = slots * size_of::<Slot>() + index.blocks.len() * block * 2;
        assert!(bytes <= MESSAGES * 40, "{bytes}");
    }

    #[test]
    fn a_queue_that_moves_on_keeps_nothing_behind() {
        let (mut index, mut calendar) = (Index::new(0), Calendar::default());
        for sequence in 0..100_000 {
            index.insert(slot(sequence, 10), &mut calendar);
            // Every thousandth stays.
            if let Some(old) = sequence.checked_sub(300).filter(|old| old % 1000 != 0) {
                index.remove(old, &mut calendar);
            }
        }
        let held: usize = index.blocks.values().map(|b| b.slots.capacity()).sum();
        assert!(held < 2000, "{held} slots for 400 messages");
        assert!(index.blocks.len() < 20, "{} blocks", index.blocks.len());
        index.clear(&mut calendar);
        assert_eq!((index.all().count(), calendar.len()), (0, 0));
    }
}
