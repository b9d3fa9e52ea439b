//! Receivers that wait, and what has been given to them while they did.

use std::collections::HashMap;
use std::task::Waker;

use super::Taken;

#[derive(Debug, Default)]
pub(super) struct Seats {
    seats: HashMap<u64, Seat>,
    next: u64,
}

#[derive(Debug)]
struct Seat {
    lane: u32,
    wanted: usize,
    given: Vec<Taken>,
    waker: Option<Waker>,
}

impl Seats {
    /// A seat for someone who receives from this lane.
    pub(super) fn take(&mut self, lane: u32) -> u64 {
        self.next += 1;
        let seat = Seat {
            lane,
            wanted: 0,
            given: Vec::new(),
            waker: None,
        };
        self.seats.insert(self.next, seat);
        self.next
    }

    /// It waits for so many; whether it did already.
    pub(super) fn wait(&mut self, seat: u64, wanted: usize, waker: Waker) -> bool {
        let Some(seat) = self.seats.get_mut(&seat) else {
            return false;
        };
        seat.wanted = wanted;
        seat.waker.replace(waker).is_some()
    }

    /// It waits no longer; whether it did.
    pub(super) fn rest(&mut self, seat: u64) -> bool {
        let seat = self.seats.get_mut(&seat);
        seat.is_some_and(|seat| seat.waker.take().is_some())
    }

    pub(super) fn wanted(&self, seat: u64) -> usize {
        self.seats.get(&seat).map_or(0, |seat| seat.wanted)
    }

    /// Give it messages; it waits no longer, and is to be woken.
    pub(super) fn give(&mut self, seat: u64, taken: Vec<Taken>) -> Option<Waker> {
        let seat = self.seats.get_mut(&seat)?;
        seat.given.extend(taken);
        seat.waker.take()
    }

    /// It waits for nothing any longer.
    pub(super) fn wake(&mut self, seat: u64) -> Option<Waker> {
        self.seats.get_mut(&seat)?.waker.take()
    }

    /// What it was given.
    pub(super) fn given(&mut self, seat: u64) -> Vec<Taken> {
        let seat = self.seats.get_mut(&seat);
        seat.map(|seat| std::mem::take(&mut seat.given))
            .unwrap_or_default()
    }

    /// It leaves; answers its lane, and what it was given.
    pub(super) fn leave(&mut self, seat: u64) -> Option<(u32, Vec<Taken>)> {
        let seat = self.seats.remove(&seat)?;
        Some((seat.lane, seat.given))
    }
}
