//! What is in memory: an index of what the log holds, and the locks.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;
use uuid::Uuid;

use super::Lock;
use crate::Error;
use crate::log::{Op, Position, Put, Written};
use crate::queue::{
    Address, Change, Counts, Described, Known, QueueName, QueueSettings,
};

/// Bytes of messages just written that are kept for whoever is right behind.
const RECENT_BYTES_MAX: usize = 8 * 1024 * 1024;

#[derive(Default)]
pub(super) struct State {
    names: HashMap<String, u32>,
    described: BTreeMap<u32, Described>,
    /// The number that the next queue gets.
    next: u32,
    /// Two for each queue: its messages, and its dead letters.
    queues: HashMap<u32, Queue>,
    locks: HashMap<Uuid, Held>,
    ends: BTreeSet<(i64, Uuid)>,
    /// Messages waited for in each file of the log.
    live: BTreeMap<u64, u64>,
    recent: VecDeque<(u32, u64, usize)>,
    recent_bytes: usize,
}

struct Queue {
    next: u64,
    bytes: u64,
    /// When it was last used, in microseconds since 1970.
    used_at: i64,
    entries: BTreeMap<u64, Entry>,
    ready: BTreeSet<u64>,
    arrived: Arc<Notify>,
}

struct Entry {
    at: Position,
    count: u32,
    expires_at: i64,
    held: Option<Uuid>,
    leaving: bool,
    put: Option<Arc<Put>>,
}

/// Who holds which message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) queue: u32,
    pub(super) sequence: u64,
    pub(super) until: i64,
}

/// A message found in the index, to be read outside the lock.
pub(super) struct Taken {
    pub(super) sequence: u64,
    pub(super) at: Position,
    pub(super) count: u32,
    pub(super) lock: Option<Lock>,
    pub(super) put: Option<Arc<Put>>,
}

impl State {
    /// Take in what the log has; answers whom to tell of arrivals, once for each.
    pub(super) fn apply(&mut self, written: Vec<Written>) -> Vec<Arc<Notify>> {
        let mut arrived = Vec::new();
        for (op, at) in written {
            match op {
                Op::Put(put) => arrived.extend(self.arrive(put, at)),
                Op::Drop { queue, sequence } => self.leave(queue, sequence),
                Op::Count {
                    queue,
                    sequence,
                    count,
                } => {
                    self.learn(queue, sequence);
                    if let Some(entry) = self.entry(queue, sequence) {
                        entry.count = entry.count.max(count);
                    }
                }
            }
        }
        arrived
    }

    fn arrive(&mut self, put: Put, at: Position) -> Option<Arc<Notify>> {
        let (number, sequence) = (put.queue, put.sequence);
        self.learn(number, sequence);
        let queue = self.queues.get_mut(&number)?;
        *self.live.entry(at.segment).or_default() += 1;
        if let Some(entry) = queue.entries.get_mut(&sequence) {
            // The same message again, further on in the log.
            let former = std::mem::replace(&mut entry.at, at);
            entry.count = entry.count.max(put.count);
            self.unlive(former.segment);
            return None;
        }
        let size = put.size();
        let entry = Entry {
            at,
            count: put.count,
            expires_at: put.expires_at,
            held: None,
            leaving: false,
            put: Some(Arc::new(put)),
        };
        queue.entries.insert(sequence, entry);
        queue.bytes += u64::from(at.length);
        queue.ready.insert(sequence);
        let arrived = Arc::clone(&queue.arrived);
        self.remember(number, sequence, size);
        Some(arrived)
    }

    fn leave(&mut self, queue: u32, sequence: u64) {
        self.learn(queue, sequence);
        let Some(found) = self.queue(queue) else {
            return;
        };
        found.ready.remove(&sequence);
        let Some(entry) = found.entries.remove(&sequence) else {
            return;
        };
        found.bytes -= u64::from(entry.at.length);
        if let Some(token) = entry.held {
            self.unlock(token);
        }
        self.unlive(entry.at.segment);
    }

    /// Numbers are never given twice, not even those of messages that are gone.
    fn learn(&mut self, queue: u32, sequence: u64) {
        if let Some(queue) = self.queue(queue) {
            queue.next = queue.next.max(sequence + 1);
        }
    }

    fn unlive(&mut self, segment: u64) {
        if let Some(count) = self.live.get_mut(&segment) {
            *count -= 1;
        }
    }

    fn remember(&mut self, queue: u32, sequence: u64, bytes: usize) {
        self.recent.push_back((queue, sequence, bytes));
        self.recent_bytes += bytes;
        while self.recent_bytes > RECENT_BYTES_MAX {
            let Some((queue, sequence, bytes)) = self.recent.pop_front() else {
                break;
            };
            self.recent_bytes -= bytes;
            if let Some(entry) = self.entry(queue, sequence) {
                entry.put = None;
            }
        }
    }

    /// Know what the register knew.
    pub(super) fn begin(&mut self, known: Known) {
        self.next = known.next;
        for (_, queue) in known.queues {
            self.describe(queue);
        }
    }

    /// Take in a change of what queues there are.
    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::Is(queue) => self.describe(*queue),
            Change::Gone(number) => self.remove(number),
            Change::Next(_) => {}
        }
    }

    fn describe(&mut self, queue: Described) {
        let (number, used_at) = (queue.number, queue.updated_at.as_microsecond());
        self.next = self.next.max(number + 1);
        self.names.insert(queue.name.key(), number);
        for lane in [number * 2, number * 2 + 1] {
            self.queues.entry(lane).or_insert_with(|| Queue {
                next: 1,
                bytes: 0,
                used_at,
                entries: BTreeMap::new(),
                ready: BTreeSet::new(),
                arrived: Arc::default(),
            });
        }
        self.described.insert(number, queue);
    }

    fn remove(&mut self, number: u32) {
        let Some(queue) = self.described.remove(&number) else {
            return;
        };
        self.names.remove(&queue.name.key());
        for lane in [number * 2, number * 2 + 1] {
            let gone = self.queues.remove(&lane);
            for (_, entry) in gone.into_iter().flat_map(|queue| queue.entries) {
                entry.held.and_then(|token| self.unlock(token));
                self.unlive(entry.at.segment);
            }
        }
    }

    /// The number of the next queue.
    pub(super) fn next(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn described(&self, name: &QueueName) -> Option<&Described> {
        self.described.get(self.names.get(&name.key())?)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Described> {
        self.described.values()
    }

    pub(super) fn settings(&self, lane: u32) -> Result<&QueueSettings, Error> {
        let queue = self.described.get(&(lane / 2));
        let queue = queue.ok_or_else(|| Error::NoQueue("that was deleted".into()))?;
        Ok(&queue.settings)
    }

    pub(super) fn find(&self, address: &Address) -> Result<u32, Error> {
        let known = self.names.get(&address.queue.key());
        let number = known.ok_or_else(|| Error::NoQueue(address.queue.to_string()))?;
        Ok(number * 2 + u32::from(address.dead))
    }

    /// Note that a queue is used.
    pub(super) fn used(&mut self, lane: u32, now: i64) {
        if let Some(queue) = self.queue(lane) {
            queue.used_at = now;
        }
    }

    /// When it was last used, in microseconds since 1970.
    pub(super) fn used_at(&self, number: u32) -> i64 {
        let lanes = [number * 2, number * 2 + 1];
        let used = lanes.iter().filter_map(|lane| self.queues.get(lane));
        used.map(|queue| queue.used_at).max().unwrap_or_default()
    }

    pub(super) fn queue_name(&self, lane: u32) -> String {
        let queue = self.described.get(&(lane / 2));
        queue
            .map(|queue| queue.name.to_string())
            .unwrap_or_default()
    }

    pub(super) fn next_sequence(&mut self, queue: u32) -> u64 {
        let Some(queue) = self.queue(queue) else {
            return 0;
        };
        queue.next += 1;
        queue.next - 1
    }

    pub(super) fn arrivals(&self, queue: u32) -> Arc<Notify> {
        let queue = self.queues.get(&queue);
        queue.map(|q| Arc::clone(&q.arrived)).unwrap_or_default()
    }

    pub(super) fn take(
        &mut self,
        number: u32,
        max: usize,
        now: i64,
        until: i64,
        token: impl Fn() -> Uuid,
    ) -> Vec<Taken> {
        let mut taken = Vec::new();
        let Some(queue) = self.queue(number) else {
            return taken;
        };
        while taken.len() < max
            && let Some(sequence) = queue.ready.pop_first()
        {
            let Some(entry) = queue.entries.get_mut(&sequence) else {
                continue;
            };
            if entry.expires_at > 0 && entry.expires_at <= now {
                continue; // left to the upkeep, which writes that it is gone
            }
            let lock = Lock {
                token: token(),
                until,
            };
            entry.held = Some(lock.token);
            taken.push(entry.taken(sequence, Some(lock)));
        }
        for one in &taken {
            let Some(lock) = one.lock else { continue };
            let held = Held {
                queue: number,
                sequence: one.sequence,
                until,
            };
            self.locks.insert(lock.token, held);
            self.ends.insert((until, lock.token));
        }
        taken
    }

    pub(super) fn peek(&self, queue: u32, from: u64, max: usize) -> Vec<Taken> {
        let Some(queue) = self.queues.get(&queue) else {
            return Vec::new();
        };
        let seen = queue
            .entries
            .range(from..)
            .filter(|(_, entry)| !entry.leaving);
        seen.take(max)
            .map(|(sequence, entry)| entry.taken(*sequence, None))
            .collect()
    }

    /// Let go of a lock; answers what it held.
    pub(super) fn unlock(&mut self, token: Uuid) -> Option<Held> {
        let held = self.locks.remove(&token)?;
        self.ends.remove(&(held.until, token));
        if let Some(entry) = self.entry(held.queue, held.sequence) {
            entry.held = None;
        }
        Some(held)
    }

    /// Let go of the lock if it is one on this queue and has not run out.
    pub(super) fn unlock_in(
        &mut self,
        queue: u32,
        token: Uuid,
        now: i64,
    ) -> Result<Held, Error> {
        let held = self.locks.get(&token).ok_or(Error::LockLost)?;
        if held.queue != queue || held.until <= now {
            return Err(Error::LockLost);
        }
        self.unlock(token).ok_or(Error::LockLost)
    }

    pub(super) fn renew(
        &mut self,
        queue: u32,
        token: Uuid,
        now: i64,
        until: i64,
    ) -> Result<(), Error> {
        let held = self.unlock_in(queue, token, now)?;
        if let Some(entry) = self.entry(held.queue, held.sequence) {
            entry.held = Some(token);
        }
        self.locks.insert(token, Held { until, ..held });
        self.ends.insert((until, token));
        Ok(())
    }

    /// Locks that have run out, let go of.
    pub(super) fn run_out(&mut self, now: i64) -> Vec<Held> {
        let mut out = Vec::new();
        while let Some((_, token)) = self.ends.first().filter(|(end, _)| *end <= now) {
            out.extend(self.unlock(*token));
        }
        out
    }

    /// Count a delivery in vain; answers the new count.
    pub(super) fn count(&mut self, held: Held) -> u32 {
        self.entry(held.queue, held.sequence).map_or(0, |entry| {
            entry.count += 1;
            entry.count
        })
    }

    /// Give the message back to its place in the order.
    pub(super) fn ready(&mut self, held: Held) -> Option<Arc<Notify>> {
        let queue = self.queue(held.queue)?;
        let entry = queue.entries.get_mut(&held.sequence)?;
        entry.leaving = false;
        queue.ready.insert(held.sequence);
        Some(Arc::clone(&queue.arrived))
    }

    /// The message is on its way out: nobody gets it while that is being written.
    pub(super) fn leaving(&mut self, queue: u32, sequence: u64) -> Option<Taken> {
        let queue = self.queue(queue)?;
        queue.ready.remove(&sequence);
        let entry = queue.entries.get_mut(&sequence)?;
        if std::mem::replace(&mut entry.leaving, true) {
            return None;
        }
        Some(entry.taken(sequence, None))
    }

    /// Whether a message is there and not on its way out.
    pub(super) fn stays(&mut self, queue: u32, sequence: u64) -> bool {
        self.entry(queue, sequence)
            .is_some_and(|entry| !entry.leaving)
    }

    /// Messages whose time is over and that nobody holds.
    pub(super) fn outlived(&mut self, now: i64) -> Vec<(u32, u64)> {
        let mut out = Vec::new();
        for (number, queue) in &self.queues {
            let over = queue.entries.iter().filter(|(_, entry)| {
                let over = entry.expires_at > 0 && entry.expires_at <= now;
                over && entry.held.is_none() && !entry.leaving
            });
            out.extend(over.map(|(sequence, _)| (*number, *sequence)));
        }
        out
    }

    /// Messages in a file of the log, so many at the most.
    pub(super) fn within(&self, segment: u64, max: usize) -> Vec<(u32, Taken)> {
        let mut found = Vec::new();
        for (number, queue) in &self.queues {
            let inside = queue
                .entries
                .iter()
                .filter(|(_, entry)| entry.at.segment == segment && !entry.leaving);
            let inside = inside.map(|(s, entry)| (*number, entry.taken(*s, None)));
            found.extend(inside.take(max - found.len()));
        }
        found
    }

    /// How many messages are waited for in the file.
    pub(super) fn live(&self, segment: u64) -> u64 {
        self.live.get(&segment).copied().unwrap_or(0)
    }

    /// The oldest files in which nothing is waited for; never the newest of all.
    pub(super) fn free(&mut self, files: &[u64]) -> Vec<u64> {
        let Some((_, older)) = files.split_last() else {
            return Vec::new();
        };
        let done = older.iter().take_while(|number| self.live(**number) == 0);
        let done: Vec<u64> = done.copied().collect();
        self.live.retain(|number, _| !done.contains(number));
        done
    }

    pub(super) fn counts(&self, number: u32) -> Counts {
        let mut counts = Counts::default();
        if let Some(queue) = self.queues.get(&(number * 2)) {
            counts.active = queue.entries.len() as u64;
            let locked = queue.entries.values().filter(|e| e.held.is_some());
            counts.locked = locked.count() as u64;
            counts.bytes = queue.bytes;
        }
        if let Some(dead) = self.queues.get(&(number * 2 + 1)) {
            counts.dead_letter = dead.entries.len() as u64;
            counts.bytes += dead.bytes;
        }
        counts
    }

    fn queue(&mut self, number: u32) -> Option<&mut Queue> {
        self.queues.get_mut(&number)
    }

    fn entry(&mut self, queue: u32, sequence: u64) -> Option<&mut Entry> {
        self.queue(queue)?.entries.get_mut(&sequence)
    }
}

impl Entry {
    fn taken(&self, sequence: u64, lock: Option<Lock>) -> Taken {
        let put = self.put.clone();
        Taken {
            sequence,
            at: self.at,
            count: self.count,
            lock,
            put,
        }
    }
}
