//! Receive: messages are locked for whoever waited longest, and read outside the lock.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::index::Hold;
use super::message::{Delivery, Lock, Taken};
use super::queues::Place;
use super::{Engine, micros};
use crate::Error;
use crate::log::{Put, bytes, whole};

/// Bytes that are read at once, as far as messages stand close together.
const READ_BYTES_MAX: u64 = 256 * 1024;
/// Bytes between two messages that are rather read along than made two reads of.
const GAP_BYTES_MAX: u64 = 4096;

/// Someone who receives from a queue. What it was given and has not fetched goes back
/// when it is dropped.
pub struct Receiver {
    engine: Engine,
    place: Place,
    seat: u64,
}

impl Engine {
    /// Someone who receives from here.
    pub fn receiver(&self, place: Place) -> Receiver {
        Receiver {
            engine: self.clone(),
            place,
            seat: self.with(|state| state.seats.take(place.0)),
        }
    }

    /// Look at messages from this number on without taking them: so many at the most,
    /// and about so many bytes.
    pub fn peek(
        &self,
        place: Place,
        from: u64,
        max: usize,
        bytes_max: u64,
    ) -> Result<Vec<Delivery>, Error> {
        let now = self.now();
        let seen = self.with(|state| {
            state.used(place, now, |s| s.status.receives())?;
            let mut bytes = 0;
            let lane = state.lanes.get(&place.0);
            let slots = lane.into_iter().flat_map(|lane| lane.index.from(from));
            let seen = slots
                .filter(|slot| matches!(slot.hold, Hold::Free | Hold::Locked))
                .take_while(|slot| {
                    let room = bytes < bytes_max;
                    let tail = lane.and_then(|lane| lane.tails.get(&slot.sequence));
                    bytes += u64::from(slot.at.length) + tail.map_or(0, |t| t.bytes);
                    room
                });
            Ok::<_, Error>(
                seen.take(max)
                    .map(|slot| state.taken(place.0, *slot, None))
                    .collect(),
            )
        })?;
        Ok(self.load(seen))
    }

    /// Read what was taken. What cannot be read is named in the log and left out.
    pub(super) fn load(&self, mut taken: Vec<Taken>) -> Vec<Delivery> {
        let mut loaded = Vec::with_capacity(taken.len());
        while !taken.is_empty() {
            let (count, span) = run(&taken);
            let rest = taken.split_off(count);
            self.load_run(&taken, span, &mut loaded);
            taken = rest;
        }
        loaded
    }

    /// Read messages that stand close together, in one.
    fn load_run(&self, run: &[Taken], span: (u64, u64), loaded: &mut Vec<Delivery>) {
        let Some(first) = run.first() else { return };
        let (start, end) = span;
        let length = usize::try_from(end - start).unwrap_or(usize::MAX);
        let file = self.0.files.file(first.slot.at.file);
        let bytes = file.and_then(|file| bytes(&file, start, length));
        for one in run {
            let put = match &bytes {
                Ok(bytes) => part(bytes, start, one),
                Err(_) => None,
            };
            match put.map_or_else(|| self.reload(one), Ok) {
                Ok(put) => loaded.push(Delivery::new(put, one)),
                Err(Error::NoMessage(_)) => {}
                Err(error) => self.damaged(one, &error),
            }
        }
    }

    /// Read a message by itself, where it is now: it may have been moved meanwhile.
    pub(super) fn reload(&self, taken: &Taken) -> Result<Put, Error> {
        let sequence = taken.slot.sequence;
        let place =
            || self.with(|state| state.slot(taken.lane, sequence).map(|slot| slot.at));
        loop {
            let at = place().ok_or(Error::NoMessage(sequence))?;
            match self.0.files.read(at, sequence) {
                Ok(put) => return Ok(put),
                Err(error) if place() == Some(at) => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// A message's bytes are not what was written: it is named, and nobody gets it.
    pub(super) fn damaged(&self, taken: &Taken, error: &Error) {
        let (lane, sequence) = (taken.lane, taken.slot.sequence);
        self.spoil(lane, sequence, taken.lock, error);
    }

    /// The same, found while it was being sent.
    pub(crate) fn spoiled(&self, delivery: &Delivery, error: &Error) {
        let held = self.with(|state| {
            let lock = delivery.lock?;
            state.locks.held(lock.token)
        });
        if let Some(held) = held {
            self.spoil(held.lane, held.sequence, delivery.lock, error);
        }
    }

    fn spoil(&self, lane: u32, sequence: u64, lock: Option<Lock>, error: &Error) {
        let queue = self.with(|state| {
            if let Some(lock) = lock {
                state.locks.remove(lock.token);
            }
            state.change(lane, sequence, |slot| slot.hold = Hold::Damaged);
            state.queue_name(lane)
        });
        tracing::error!(
            %queue, sequence, %error,
            "a message cannot be read and is given to nobody; it stays where it is"
        );
    }
}

/// How many of the first messages stand close together, and from where to where.
fn run(taken: &[Taken]) -> (usize, (u64, u64)) {
    let place = |one: &Taken| {
        let start = u64::from(one.slot.at.offset);
        (start, start + u64::from(one.slot.at.length))
    };
    let Some(first) = taken.first() else {
        return (0, (0, 0));
    };
    let (start, mut end) = place(first);
    let mut count = 1;
    for next in &taken[1..] {
        let (from, to) = place(next);
        let near = from >= end && from - end <= GAP_BYTES_MAX;
        let same = next.slot.at.file == first.slot.at.file;
        if !(same && near && to - start <= READ_BYTES_MAX) {
            break;
        }
        end = to;
        count += 1;
    }
    (count, (start, end))
}

fn part(bytes: &Bytes, start: u64, taken: &Taken) -> Option<Put> {
    let at = taken.slot.at;
    let from = usize::try_from(u64::from(at.offset) - start).ok()?;
    let to = from + usize::try_from(at.length).ok()?;
    whole(at, taken.slot.sequence, &bytes.slice(from..to)).ok()
}

impl Receiver {
    /// Where it receives from.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Up to so many messages, locked: those that are there, or once the first has
    /// come. Whoever waits is in line behind those who waited before.
    pub fn poll_take(
        &mut self,
        cx: &Context<'_>,
        max: usize,
    ) -> Poll<Result<Vec<Delivery>, Error>> {
        let engine = &self.engine;
        let taken = engine.with(|state| {
            let given = state.seats.given(self.seat);
            if !given.is_empty() {
                return Poll::Ready(Ok(given));
            }
            let now = engine.now();
            let used = state.used(self.place, now, |s| s.status.receives());
            let until = match used {
                Ok(settings) => now.saturating_add(micros(settings.lock_time)),
                Err(error) => return Poll::Ready(Err(error)),
            };
            let lane = self.place.0;
            let free = |lane: &super::lane::Lane| lane.waiting.is_empty();
            if state.lanes.get(&lane).is_some_and(free) {
                let random = &engine.0.setup.random;
                let taken = state.take(lane, max, now, until, random);
                if !taken.is_empty() {
                    return Poll::Ready(Ok(taken));
                }
            }
            let before = state.seats.wait(self.seat, max, cx.waker().clone());
            if !before && let Some(lane) = state.lanes.get_mut(&lane) {
                lane.waiting.push_back(self.seat);
            }
            Poll::Pending
        });
        taken.map_ok(|taken| engine.load(taken))
    }

    /// Wait for up to so many messages.
    pub async fn take(&mut self, max: usize) -> Result<Vec<Delivery>, Error> {
        std::future::poll_fn(|cx| self.poll_take(cx, max)).await
    }

    /// Messages that are there now, up to so many.
    pub fn take_now(&mut self, max: usize) -> Result<Vec<Delivery>, Error> {
        let cx = Context::from_waker(std::task::Waker::noop());
        match self.poll_take(&cx, max) {
            Poll::Ready(taken) => taken,
            Poll::Pending => {
                self.rest();
                Ok(Vec::new())
            }
        }
    }

    /// Wait no longer. What it was given meanwhile goes back.
    pub fn rest(&mut self) {
        self.engine.with(|state| {
            if state.seats.rest(self.seat) {
                state.rise(self.place.0, self.seat);
            }
            let given = state.seats.given(self.seat);
            state.return_all(given);
        });
    }

    /// Give back what was fetched and never looked at; it does not count.
    pub fn give_back(&self, locks: impl IntoIterator<Item = Lock>) {
        self.engine.with(|state| {
            for lock in locks {
                if let Some(held) = state.locks.remove(lock.token) {
                    state.give_back(held.lane, held.sequence);
                }
            }
        });
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.engine.with(|state| {
            if let Some((lane, given)) = state.seats.leave(self.seat) {
                state.rise(lane, self.seat);
                state.return_all(given);
            }
        });
    }
}

impl super::state::State {
    /// A receiver leaves the line.
    fn rise(&mut self, lane: u32, seat: u64) {
        let Some(lane) = self.lanes.get_mut(&lane) else {
            return;
        };
        if let Some(at) = lane.waiting.iter().position(|waits| *waits == seat) {
            lane.waiting.remove(at);
        }
    }

    /// Messages that nobody has looked at go back.
    fn return_all(&mut self, taken: Vec<Taken>) {
        for one in taken {
            let held = one.lock.and_then(|lock| self.locks.remove(lock.token));
            if let Some(held) = held {
                self.give_back(held.lane, held.sequence);
            }
        }
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
