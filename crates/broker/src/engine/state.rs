//! What is in memory: the queues, an index of what the log holds, and the locks.
//!
//! The index changes when something is on stable storage, at run time and at start by
//! the same functions. Locks, and who waits, end with the process.

use std::collections::{BTreeMap, HashMap};
use std::task::Waker;

use ambient::Random;

use super::calendar::Calendar;
use super::index::{Hold, Slot};
use super::lane::{self, Lane};
use super::ledger::Ledger;
use super::locks::{Held, Locks};
use super::seats::Seats;
use super::{Lock, Taken};
use crate::Error;
use crate::log::{Entry, Head, Note, Position, Stage, Tail};
use crate::queue::Described;

#[derive(Default)]
pub(super) struct State {
    pub(super) names: HashMap<String, u32>,
    pub(super) queues: BTreeMap<u32, Owned>,
    pub(super) next_queue: u32,
    pub(super) lanes: HashMap<u32, Lane>,
    pub(super) calendar: Calendar,
    pub(super) locks: Locks,
    pub(super) seats: Seats,
    pub(super) ledger: Ledger,
    /// How many messages have their rest in this file.
    tails: HashMap<u64, u32>,
    /// Files with the rest of messages that are gone.
    pub(super) dropped: Vec<u64>,
    /// Lanes to which messages have come or come back.
    pub(super) stirred: Vec<u32>,
    /// Whom to wake when the state is let go of.
    pub(super) wake: Vec<Waker>,
    /// Until when nobody looks at the calendar.
    pub(super) asleep_until: i64,
}

/// A queue, and what is not kept of it.
pub(super) struct Owned {
    pub(super) described: Described,
    /// When it was last used, in microseconds since 1970.
    pub(super) used_at: i64,
}

/// What time has brought about.
#[derive(Default)]
pub(super) struct Due {
    /// Locks that have run out, let go of.
    pub(super) run_out: Vec<Held>,
    /// Messages that are over, or whose time has come.
    pub(super) over: Vec<(u32, Slot)>,
}

impl State {
    /// Take in what stands in a file of the log.
    pub(super) fn enter(&mut self, file: u32, entry: Entry) {
        if !self.lanes.contains_key(&entry.lane()) {
            return; // Its queue was deleted.
        }
        self.ledger.enter(file, &entry);
        match entry {
            Entry::Put(head, at) => self.arrive(head, at),
            Entry::Note(Note::End {
                lane,
                sequence,
                file,
            }) => {
                let slot = self.slot(lane, sequence);
                if slot.is_some_and(|slot| slot.at.file == file) {
                    self.leave(lane, sequence);
                }
            }
            Entry::Note(Note::Mark {
                lane,
                sequence,
                count,
                stage,
            }) => {
                self.change(lane, sequence, |slot| {
                    slot.count = slot.count.max(count);
                    slot.stage = stage;
                });
            }
            Entry::Note(Note::Next { lane, sequence }) => {
                self.learn(lane, sequence.saturating_sub(1), file);
            }
            Entry::Note(Note::Seen { lane, digest, at }) => {
                if let Some(lane) = self.lanes.get_mut(&lane) {
                    let history = lane.history.get_or_insert_default();
                    history.learn(file, digest, at);
                }
            }
        }
    }

    fn learn(&mut self, number: u32, sequence: u64, file: u32) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        if sequence >= lane.known {
            lane.known = sequence;
            lane.next = lane.next.max(sequence + 1);
            let before = std::mem::replace(&mut lane.numbered, file);
            if before != file {
                self.ledger.number(number, before, file);
            }
        }
    }

    fn arrive(&mut self, head: Head, at: Position) {
        self.learn(head.lane, head.sequence, at.file);
        if let Some(former) = self.slot(head.lane, head.sequence).map(|slot| slot.at) {
            // The same message again, further on in the log.
            self.ledger.leave(former);
            self.ledger.settle(at);
            self.change(head.lane, head.sequence, |slot| {
                slot.at = at;
                slot.due = head.due;
                slot.stage = head.stage;
                slot.count = slot.count.max(head.count);
            });
            return;
        }
        let Some(lane) = self.lanes.get_mut(&head.lane) else {
            return;
        };
        if let Some(tail) = head.tail {
            *self.tails.entry(tail.number).or_default() += 1;
        }
        let slot = Slot {
            sequence: head.sequence,
            due: head.due,
            at,
            count: head.count,
            stage: head.stage,
            hold: Hold::Free,
        };
        lane.add(slot, head.tail, &mut self.calendar);
        self.ledger.settle(at);
        self.stir(head.lane);
    }

    fn leave(&mut self, number: u32, sequence: u64) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let tail = lane.tails.get(&sequence).copied();
        if let Some(slot) = lane.remove(sequence, &mut self.calendar) {
            self.ledger.leave(slot.at);
        }
        self.let_go(tail);
    }

    fn let_go(&mut self, tail: Option<Tail>) {
        let Some(number) = tail.map(|tail| tail.number) else {
            return;
        };
        let Some(uses) = self.tails.get_mut(&number) else {
            return;
        };
        *uses -= 1;
        if *uses == 0 {
            self.tails.remove(&number);
            self.dropped.push(number);
        }
    }

    /// Whether a message has its rest in this file.
    pub(super) fn needs(&self, tail: u64) -> bool {
        self.tails.contains_key(&tail)
    }

    /// Forget a lane with all that is in it.
    pub(super) fn close(&mut self, number: u32) {
        let Some(mut lane) = self.lanes.remove(&number) else {
            return;
        };
        for slot in lane.index.all() {
            self.ledger.leave(slot.at);
        }
        for tail in lane.tails.into_values() {
            self.let_go(Some(tail));
        }
        lane.index.clear(&mut self.calendar);
        self.locks.clear(number);
        self.ledger.close(number);
        let seats = lane.waiting.iter();
        self.wake
            .extend(seats.filter_map(|seat| self.seats.wake(*seat)));
    }

    pub(super) fn slot(&self, lane: u32, sequence: u64) -> Option<&Slot> {
        self.lanes.get(&lane)?.index.get(sequence)
    }

    /// Change a message where it is.
    pub(super) fn change(
        &mut self,
        number: u32,
        sequence: u64,
        change: impl FnOnce(&mut Slot),
    ) {
        let Some(lane) = self.lanes.get_mut(&number) else {
            return;
        };
        let changed = lane.change(sequence, &mut self.calendar, change);
        if changed.is_some_and(|slot| slot.is_ready()) {
            self.stir(number);
        }
    }

    /// Something may be there for those who wait, if anyone does.
    pub(super) fn stir(&mut self, number: u32) {
        let lane = self.lanes.get(&number);
        if lane.is_some_and(|lane| !lane.waiting.is_empty()) {
            self.stirred.push(number);
        }
    }

    /// The message is on its way out or elsewhere: nobody gets it while that is being
    /// written. None when it is so already, or is not there.
    pub(super) fn hold(&mut self, lane: u32, sequence: u64) -> Option<Slot> {
        let slot = self.slot(lane, sequence)?;
        if !matches!(slot.hold, Hold::Free | Hold::Locked) {
            return None;
        }
        let before = *slot;
        self.change(lane, sequence, |slot| slot.hold = Hold::Leaving);
        Some(before)
    }

    /// Give the message back to its place in the order.
    pub(super) fn give_back(&mut self, lane: u32, sequence: u64) {
        self.change(lane, sequence, |slot| {
            if slot.hold != Hold::Damaged {
                slot.hold = Hold::Free;
            }
        });
    }

    /// Lock this message for a receiver.
    pub(super) fn lock(
        &mut self,
        number: u32,
        slot: Slot,
        until: i64,
        random: &Random,
    ) -> Taken {
        let token = random.uuid();
        self.change(number, slot.sequence, |slot| slot.hold = Hold::Locked);
        self.locks.add(token, number, slot.sequence, until);
        self.total(number, |totals| totals.delivered += 1);
        self.taken(number, slot, Some(Lock { token, until }))
    }

    pub(super) fn taken(&self, number: u32, slot: Slot, lock: Option<Lock>) -> Taken {
        let lane = self.lanes.get(&number);
        Taken {
            lane: number,
            slot,
            lock,
            tail: lane.and_then(|lane| lane.tails.get(&slot.sequence).copied()),
        }
    }

    /// Lock up to so many messages that wait.
    pub(super) fn take(
        &mut self,
        number: u32,
        max: usize,
        now: i64,
        until: i64,
        random: &Random,
    ) -> Vec<Taken> {
        let mut taken = Vec::new();
        while taken.len() < max {
            let lane = self.lanes.get_mut(&number);
            let Some(slot) = lane.and_then(|lane| lane.first(now)) else {
                break;
            };
            taken.push(self.lock(number, slot, until, random));
        }
        taken
    }

    /// Give what has come to those who wait for it, first come first.
    pub(super) fn serve(&mut self, now: i64, random: &Random) {
        while let Some(number) = self.stirred.pop() {
            let until = self.lock_end(number, now);
            while let Some(until) = until {
                let Some(lane) = self.lanes.get_mut(&number) else {
                    break;
                };
                if lane.tally.ready == 0 {
                    break;
                }
                let share = lane.tally.ready / (lane.waiting.len().max(1) as u64);
                let Some(seat) = lane.waiting.pop_front() else {
                    break;
                };
                let share = usize::try_from(share).unwrap_or(usize::MAX).max(1);
                let max = share.min(self.seats.wanted(seat));
                let taken = self.take(number, max, now, until, random);
                if taken.is_empty() && max > 0 {
                    // What is ready is over, and left to whoever clears up.
                    if let Some(lane) = self.lanes.get_mut(&number) {
                        lane.waiting.push_front(seat);
                    }
                    break;
                }
                self.wake.extend(self.seats.give(seat, taken));
            }
        }
    }

    /// Until when a lock is given in this lane; none where nothing is given out.
    pub(super) fn lock_end(&self, number: u32, now: i64) -> Option<i64> {
        let queue = self.queues.get(&lane::queue(number))?;
        let settings = &queue.described.settings;
        let end = now.saturating_add(super::micros(settings.lock_time));
        settings.status.receives().then_some(end)
    }

    /// What is due by now, as much as can be dealt with at once.
    pub(super) fn due(&mut self, now: i64, max: usize) -> Due {
        let mut due = Due::default();
        while due.run_out.len() < max
            && let Some(held) = self.locks.run_out(now)
        {
            self.total(held.lane, |totals| totals.locks_run_out += 1);
            due.run_out.push(held);
        }
        while due.over.len() < max
            && let Some((number, block)) = self.calendar.due(now)
        {
            let Some(lane) = self.lanes.get_mut(&number) else {
                self.calendar.strike(now, number, block);
                continue;
            };
            let over = lane.index.due(block, now, &mut self.calendar);
            due.over.extend(over.into_iter().map(|slot| (number, slot)));
        }
        due
    }

    /// When something is due next.
    pub(super) fn next_due(&self) -> Option<i64> {
        let next = [self.calendar.next(), self.locks.next()];
        next.into_iter().flatten().min()
    }

    /// A message that nobody has and that waits for this.
    pub(super) fn at_stage(
        &self,
        lane: u32,
        sequence: u64,
        stage: Stage,
    ) -> Result<Slot, Error> {
        let slot = self
            .slot(lane, sequence)
            .filter(|slot| slot.stage == stage && slot.hold == Hold::Free);
        slot.copied().ok_or(Error::NoMessage(sequence))
    }
}
