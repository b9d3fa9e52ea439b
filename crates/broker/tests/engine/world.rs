//! The small broker: lists of messages, looked through from end to end.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

/// A message. Its serial number is unique in a run and is what its body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) serial: u64,
    pub(crate) id: String,
    pub(crate) count: u16,
    /// 0 active, 1 deferred, 2 scheduled.
    pub(crate) stage: u8,
    /// When it is over, or comes to its time; 0 for never.
    pub(crate) due: i64,
    pub(crate) time_to_live: i64,
    pub(crate) changes: usize,
    pub(crate) reason: String,
}

/// A queue's messages or dead letters, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    pub(crate) messages: BTreeMap<u64, Known>,
    pub(crate) next: u64,
}

/// What a queue is like. Times in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) lock: i64,
    pub(crate) deliveries: u16,
    pub(crate) time_to_live: i64,
    pub(crate) keeps_expired: bool,
    /// For how long ids are remembered; 0 for not at all.
    pub(crate) window: i64,
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) rules: Rules,
    pub(crate) lanes: [Lane; 2],
    /// When each id was last taken in.
    pub(crate) seen: HashMap<String, i64>,
}

/// A lock: which queue, which lane, which message, until when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) queue: usize,
    pub(crate) lane: usize,
    pub(crate) sequence: u64,
    pub(crate) until: i64,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) queues: Vec<Queue>,
    pub(crate) locks: BTreeMap<Uuid, Held>,
    pub(crate) now: i64,
    pub(crate) serial: u64,
}

impl Queue {
    pub(crate) fn new(rules: Rules) -> Self {
        let lane = || Lane {
            next: 1,
            ..Lane::default()
        };
        Self {
            rules,
            lanes: [lane(), lane()],
            seen: HashMap::new(),
        }
    }
}

impl World {
    pub(crate) fn is_held(&self, queue: usize, lane: usize, sequence: u64) -> bool {
        self.locks.values().any(|held| {
            (held.queue, held.lane, held.sequence) == (queue, lane, sequence)
        })
    }

    /// Whether a message of this id counts as sent again.
    pub(crate) fn is_duplicate(&self, queue: usize, id: &str) -> bool {
        let queue = &self.queues[queue];
        let since = self.now - queue.rules.window;
        queue.rules.window > 0 && queue.seen.get(id).is_some_and(|at| *at > since)
    }

    /// Take a message in; answers its number.
    pub(crate) fn send(
        &mut self,
        queue: usize,
        id: &str,
        ttl: i64,
        at: Option<i64>,
    ) -> u64 {
        let now = self.now;
        let queue = &mut self.queues[queue];
        if queue.rules.window > 0 {
            queue.seen.insert(id.to_owned(), now);
        }
        let lives = [ttl, queue.rules.time_to_live];
        let ttl = lives.into_iter().filter(|ttl| *ttl > 0).min().unwrap_or(0);
        let later = at.filter(|at| *at > now);
        let lane = &mut queue.lanes[0];
        let sequence = lane.next;
        lane.next += 1;
        let over = if ttl > 0 { now + ttl } else { 0 };
        let message = Known {
            serial: self.serial,
            id: id.to_owned(),
            count: 0,
            stage: if later.is_some() { 2 } else { 0 },
            due: later.unwrap_or(over),
            time_to_live: ttl,
            changes: 0,
            reason: String::new(),
        };
        lane.messages.insert(sequence, message);
        self.serial += 1;
        sequence
    }

    /// The messages that a receiver would get now.
    pub(crate) fn ready(&self, queue: usize, lane: usize, max: usize) -> Vec<u64> {
        let messages = &self.queues[queue].lanes[lane].messages;
        let ready = messages.iter().filter(|(sequence, message)| {
            let over = message.due > 0 && message.due <= self.now;
            message.stage == 0 && !over && !self.is_held(queue, lane, **sequence)
        });
        ready.map(|(sequence, _)| *sequence).take(max).collect()
    }

    /// A delivery in vain.
    pub(crate) fn count(&mut self, held: Held, changes: usize) {
        let queue = &mut self.queues[held.queue];
        let limit = queue.rules.deliveries;
        let lane = &mut queue.lanes[held.lane];
        let Some(message) = lane.messages.get_mut(&held.sequence) else {
            return;
        };
        message.count += 1;
        message.changes += changes;
        if message.count >= limit && held.lane == 0 {
            self.put_aside(held, "MaxDeliveryCountExceeded", 0);
        }
    }

    /// To the dead letters, under a number that is not foreseen: `0` until it is seen.
    pub(crate) fn put_aside(&mut self, held: Held, reason: &str, changes: usize) {
        let lanes = &mut self.queues[held.queue].lanes;
        let Some(mut message) = lanes[held.lane].messages.remove(&held.sequence) else {
            return;
        };
        message.changes += changes;
        message.stage = 0;
        message.due = 0;
        message.time_to_live = 0;
        reason.clone_into(&mut message.reason);
        // A place that no real number has, told apart by the serial number.
        lanes[1].messages.insert(u64::MAX - message.serial, message);
    }

    /// All that time does.
    pub(crate) fn upkeep(&mut self) {
        let now = self.now;
        let (out, held) = std::mem::take(&mut self.locks)
            .into_iter()
            .partition(|(_, held)| held.until <= now);
        self.locks = held;
        let out: BTreeMap<Uuid, Held> = out;
        out.into_values().for_each(|held| self.count(held, 0));
        for queue in 0..self.queues.len() {
            let due = |message: &Known| message.due > 0 && message.due <= now;
            let messages = &self.queues[queue].lanes[0].messages;
            let over = messages.iter().filter(|(sequence, message)| {
                let free = !self.is_held(queue, 0, **sequence);
                due(message) && message.stage != 1 && free
            });
            let over: Vec<u64> = over.map(|(sequence, _)| *sequence).collect();
            for sequence in over {
                self.end(queue, sequence);
            }
        }
    }

    /// A message is over, or its time has come.
    pub(crate) fn end(&mut self, queue: usize, sequence: u64) {
        let now = self.now;
        let held = Held {
            queue,
            lane: 0,
            sequence,
            until: 0,
        };
        let rules = self.queues[queue].rules;
        let messages = &mut self.queues[queue].lanes[0].messages;
        if messages[&sequence].stage == 2 {
            let Some(mut message) = messages.remove(&sequence) else {
                return;
            };
            message.stage = 0;
            message.due = match message.time_to_live {
                0 => 0,
                time => now + time,
            };
            messages.insert(u64::MAX - message.serial, message);
        } else if rules.keeps_expired {
            self.put_aside(held, "TTLExpiredException", 0);
        } else {
            messages.remove(&sequence);
        }
    }
}
