//! One run: a seed, both brokers, and step after step.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ambient::{Clock, Random};
use broker::Error;
use broker::engine::{Delivery, Engine, Message, Place, Settlement, Setup, Stage};
use broker::queue::QueueSettings;
use uuid::Uuid;

use super::running::{Running, setup};
use super::world::{Held, Known, Queue, Rules, World};

const SECOND: i64 = 1_000_000;
const START: &str = "2026-11-24T12:00:00Z";
/// Messages from which on they are rather taken away.
const MESSAGES_MAX: usize = 400;
/// Names of the queues; each has other rules.
const QUEUES: [&str; 4] = ["plain", "short/lived", "Remembers", "keeps"];

pub(crate) struct Run {
    folder: PathBuf,
    clock: Clock,
    random: Random,
    world: World,
    running: Option<Running>,
    places: Vec<[Place; 2]>,
    runtime: tokio::runtime::Runtime,
    /// What was done last, for whoever reads why it failed.
    steps: VecDeque<String>,
    taken: u64,
}

fn rules() -> [Rules; 4] {
    let plain = Rules {
        lock: 30 * SECOND,
        deliveries: 3,
        time_to_live: 0,
        keeps_expired: false,
        window: 0,
    };
    [
        plain,
        Rules {
            lock: 5 * SECOND,
            time_to_live: 60 * SECOND,
            ..plain
        },
        Rules {
            window: 40 * SECOND,
            deliveries: 2,
            ..plain
        },
        Rules {
            time_to_live: 90 * SECOND,
            keeps_expired: true,
            deliveries: 10,
            ..plain
        },
    ]
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap())
}

fn settings(rules: Rules) -> QueueSettings {
    QueueSettings {
        lock_time: micros(rules.lock),
        max_delivery_count: rules.deliveries.into(),
        time_to_live: (rules.time_to_live > 0).then(|| micros(rules.time_to_live)),
        dead_letters_expired: rules.keeps_expired,
        detects_duplicates: rules.window > 0,
        duplicate_window: micros(rules.window.max(SECOND)),
        ..QueueSettings::default()
    }
}

fn start(folder: &Path, clock: &Clock, seed: u64) -> Running {
    Running::start(Setup {
        // Small, so that files are filled, emptied and used again all the time.
        file_bytes: 16 * 1024,
        clock: clock.clone(),
        random: Random::seeded(seed),
        ..setup(folder)
    })
}

impl Run {
    pub(crate) fn new(folder: &Path, seed: u64) -> Self {
        let clock = Clock::manual(START.parse().unwrap());
        let running = start(folder, &clock, seed);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let mut run = Self {
            folder: folder.to_owned(),
            world: World {
                now: clock.now().as_microsecond(),
                serial: 1,
                ..World::default()
            },
            clock,
            random: Random::seeded(seed),
            running: Some(running),
            places: Vec::new(),
            runtime: runtime.enable_time().build().unwrap(),
            steps: VecDeque::new(),
            taken: 0,
        };
        for (name, rules) in QUEUES.iter().zip(rules()) {
            run.world.queues.push(Queue::new(rules));
            let (name, settings) = (name.parse().unwrap(), settings(rules));
            let made = run.engine().create(&name, settings);
            run.runtime.block_on(made).unwrap();
        }
        run.look_up();
        run
    }

    fn engine(&self) -> &Engine {
        &self.running.as_ref().unwrap().engine
    }

    fn look_up(&mut self) {
        let dead = |name: &str| format!("{name}/$DeadLetterQueue");
        let find = |name: &str| self.engine().find(name).unwrap();
        let places = QUEUES.iter().map(|name| [find(name), find(&dead(name))]);
        self.places = places.collect();
    }

    fn draw(&self, below: usize) -> usize {
        let below = u64::try_from(below.max(1)).unwrap();
        usize::try_from(self.random.number() % below).unwrap()
    }

    /// Do something, to both; fails where they differ.
    pub(crate) fn step(&mut self) {
        let queue = self.draw(QUEUES.len());
        let crowded = self.messages() > MESSAGES_MAX;
        match self.draw(100) {
            // Else the small broker, which looks through all, would be slow.
            0..50 if crowded => self.drain(queue),
            0..30 => self.send(queue),
            30..55 => self.take(queue),
            55..84 => self.settle(),
            84..86 => self.renew(),
            86..90 => self.take_deferred(queue),
            90..92 => self.cancel(queue),
            92..99 => self.wait(),
            _ if self.draw(10) == 0 => self.restart(),
            _ => {}
        }
        self.taken += 1;
        if self.taken.is_multiple_of(16) {
            self.compare();
        }
    }

    fn note(&mut self, step: String) {
        self.steps.push_back(step);
        if self.steps.len() > 40 {
            self.steps.pop_front();
        }
    }

    fn send(&mut self, queue: usize) {
        let count = 1 + self.draw(3);
        self.note(format!("send {count} to {queue}"));
        let (mut messages, mut expected) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let id = format!("id{}", self.draw(60));
            let ttl = match self.draw(4) {
                0 => 1 + i64::try_from(self.draw(100)).unwrap(),
                _ => 0,
            } * SECOND;
            let soon = i64::try_from(self.draw(60)).unwrap() * SECOND;
            let at = (self.draw(6) == 0).then_some(self.world.now + soon);
            // Some fill a good part of a file, most are small.
            let length = if self.draw(20) == 0 { 6000 } else { 40 };
            let body = body(self.world.serial, length);
            messages.push(Message {
                id: Some(id.clone()),
                body: body.into(),
                time_to_live: (ttl > 0).then(|| micros(ttl)),
                scheduled_at: at,
                ..Message::default()
            });
            expected.push(if self.world.is_duplicate(queue, &id) {
                self.world.serial += 1;
                0
            } else {
                self.world.send(queue, &id, ttl, at)
            });
        }
        let sent = self.engine().send(self.places[queue][0], messages);
        assert_eq!(self.runtime.block_on(sent).unwrap(), expected);
    }

    fn take(&mut self, queue: usize) {
        let lane = usize::from(self.draw(5) == 0);
        let max = 1 + self.draw(4);
        self.note(format!("take {max} from {queue}.{lane}"));
        let expected = self.world.ready(queue, lane, max);
        let place = self.places[queue][lane];
        let taken = self.engine().receiver(place).take_now(max).unwrap();
        let numbers: Vec<u64> = taken.iter().map(|d| d.sequence).collect();
        assert_eq!(numbers, expected);
        let until = self.world.now + self.world.queues[queue].rules.lock;
        for delivery in taken {
            self.like(queue, lane, &delivery);
            self.hold(queue, lane, &delivery, until);
        }
    }

    /// Take what there is and be done with it.
    fn drain(&mut self, queue: usize) {
        let lane = self.draw(2);
        let expected = self.world.ready(queue, lane, 8);
        self.note(format!("drain {queue}.{lane}"));
        let place = self.places[queue][lane];
        let taken = self.engine().receiver(place).take_now(8).unwrap();
        let numbers: Vec<u64> = taken.iter().map(|d| d.sequence).collect();
        assert_eq!(numbers, expected);
        for delivery in taken {
            self.like(queue, lane, &delivery);
            let token = delivery.lock.unwrap().token;
            let done = self.engine().settle(place, token, Settlement::Complete);
            self.runtime.block_on(done).unwrap();
            let messages = &mut self.world.queues[queue].lanes[lane].messages;
            messages.remove(&delivery.sequence);
        }
        for _ in 0..8 {
            self.take_deferred(queue);
        }
        self.cancel(queue);
    }

    fn hold(&mut self, queue: usize, lane: usize, delivery: &Delivery, until: i64) {
        let lock = delivery.lock.unwrap();
        assert_eq!(lock.until, until);
        let held = Held {
            queue,
            lane,
            sequence: delivery.sequence,
            until,
        };
        self.world.locks.insert(lock.token, held);
    }

    fn like(&self, queue: usize, lane: usize, delivery: &Delivery) {
        let lane = &self.world.queues[queue].lanes[lane];
        let known = &lane.messages[&delivery.sequence];
        assert_eq!(&seen(delivery), known);
    }

    fn settle(&mut self) {
        let changes = vec![0; self.draw(3)];
        let settlement = match self.draw(12) {
            0..5 => Settlement::Complete,
            5..8 => Settlement::Abandon(changes.into()),
            8 => Settlement::Release,
            9..11 => Settlement::Defer(changes.into()),
            _ => Settlement::DeadLetter {
                reason: "why".into(),
                description: "because".into(),
                changes: changes.into(),
            },
        };
        let known: Vec<(Uuid, Held)> =
            self.world.locks.iter().map(|(t, h)| (*t, *h)).collect();
        let at = self.draw(known.len() + 1);
        self.note(format!("settle {at}: {settlement:?}"));
        // One more than there are: a lock that nobody has.
        let Some((token, held)) = known.get(at).copied() else {
            let place = self.places[0][0];
            let lost = self.engine().settle(place, Uuid::from_u128(1), settlement);
            let lost = self.runtime.block_on(lost);
            assert!(matches!(lost, Err(Error::LockLost)));
            return;
        };
        let place = self.places[held.queue][held.lane];
        let settled = self.engine().settle(place, token, settlement.clone());
        let settled = self.runtime.block_on(settled);
        if held.until <= self.world.now {
            assert!(matches!(settled, Err(Error::LockLost)));
            return;
        }
        settled.unwrap();
        self.world.locks.remove(&token);
        self.settled(held, settlement);
        let twice = self.engine().settle(place, token, Settlement::Complete);
        let twice = self.runtime.block_on(twice);
        assert!(matches!(twice, Err(Error::LockLost)));
    }

    fn settled(&mut self, held: Held, settlement: Settlement) {
        let lane = &mut self.world.queues[held.queue].lanes[held.lane];
        match settlement {
            Settlement::Complete => drop(lane.messages.remove(&held.sequence)),
            Settlement::Release => {}
            Settlement::Abandon(changes) => self.world.count(held, changes.len()),
            Settlement::Defer(changes) => {
                let message = lane.messages.get_mut(&held.sequence).unwrap();
                message.stage = 1;
                message.changes += changes.len();
            }
            Settlement::DeadLetter {
                reason, changes, ..
            } => self.world.put_aside(held, &reason, changes.len()),
        }
        self.learn();
    }

    fn renew(&mut self) {
        let known: Vec<Uuid> = self.world.locks.keys().copied().collect();
        let at = self.draw(known.len());
        self.note(format!("renew {at}"));
        let Some(token) = known.get(at) else { return };
        let held = self.world.locks[token];
        let renewed = self
            .engine()
            .renew(self.places[held.queue][held.lane], *token);
        if held.until <= self.world.now {
            assert!(matches!(renewed, Err(Error::LockLost)));
            return;
        }
        let until = self.world.now + self.world.queues[held.queue].rules.lock;
        assert_eq!(renewed.unwrap(), until);
        self.world.locks.get_mut(token).unwrap().until = until;
    }

    fn any_number(&self, queue: usize, lane: usize) -> u64 {
        let messages = &self.world.queues[queue].lanes[lane].messages;
        let at = self.draw(messages.len() + 1);
        messages.keys().nth(at).copied().unwrap_or(7_777_777)
    }

    fn take_deferred(&mut self, queue: usize) {
        let lane = usize::from(self.draw(4) == 0);
        let number = self.any_number(queue, lane);
        self.note(format!("take {number} of {queue}, deferred"));
        let numbers = [number];
        let taken = self
            .engine()
            .take_deferred(self.places[queue][lane], &numbers);
        let taken = self.runtime.block_on(taken);
        let messages = &self.world.queues[queue].lanes[lane].messages;
        let held = self.world.is_held(queue, lane, number);
        let known = messages.get(&number).filter(|m| m.stage == 1 && !held);
        let Some(known) = known else {
            assert!(matches!(taken, Err(Error::NoMessage(_))), "{taken:?}");
            return;
        };
        if known.due > 0 && known.due <= self.world.now {
            assert!(matches!(taken, Err(Error::NoMessage(_))), "{taken:?}");
            self.world.end(queue, number);
            self.learn();
            return;
        }
        let until = self.world.now + self.world.queues[queue].rules.lock;
        for delivery in taken.unwrap() {
            self.like(queue, lane, &delivery);
            self.hold(queue, lane, &delivery, until);
        }
    }

    fn cancel(&mut self, queue: usize) {
        let number = self.any_number(queue, 0);
        self.note(format!("cancel {number} of {queue}"));
        let numbers = [number];
        let canceled = self.engine().cancel(self.places[queue][0], &numbers);
        let canceled = self.runtime.block_on(canceled);
        let messages = &mut self.world.queues[queue].lanes[0].messages;
        if messages.get(&number).is_some_and(|m| m.stage == 2) {
            canceled.unwrap();
            messages.remove(&number);
        } else {
            assert!(matches!(canceled, Err(Error::NoMessage(_))));
        }
    }

    fn wait(&mut self) {
        let time = i64::try_from(self.draw(12)).unwrap() * SECOND;
        let upkeep = self.draw(5) > 0;
        self.note(format!("wait {time}, upkeep {upkeep}"));
        self.clock.advance(micros(time));
        self.world.now += time;
        if upkeep {
            self.upkeep();
        }
    }

    fn upkeep(&mut self) {
        self.runtime.block_on(self.engine().upkeep()).unwrap();
        self.world.upkeep();
        self.learn();
    }

    fn restart(&mut self) {
        self.note("restart".to_owned());
        self.running = None;
        let seed = self.random.number();
        self.running = Some(start(&self.folder, &self.clock, seed));
        self.world.locks.clear();
        self.look_up();
        self.compare();
    }

    fn all(&self, queue: usize, lane: usize) -> Vec<Delivery> {
        let place = self.places[queue][lane];
        self.engine().peek(place, 0, usize::MAX, u64::MAX).unwrap()
    }

    /// See which numbers dead letters and messages whose time has come were given.
    fn learn(&mut self) {
        for queue in 0..QUEUES.len() {
            for lane in 0..2 {
                let messages = &self.world.queues[queue].lanes[lane].messages;
                if messages
                    .keys()
                    .next_back()
                    .is_some_and(|last| *last > 1 << 60)
                {
                    self.learn_in(queue, lane);
                }
            }
        }
    }

    fn learn_in(&mut self, queue: usize, lane: usize) {
        let seen = self.all(queue, lane);
        let lane = &mut self.world.queues[queue].lanes[lane];
        let unknown = lane.messages.split_off(&(1 << 60));
        for message in unknown.into_values() {
            let same = |d: &&Delivery| serial(d) == message.serial;
            let found = seen.iter().find(same);
            let number = found.map(|d| d.sequence);
            let number = number.unwrap_or_else(|| panic!("{message:?} is gone"));
            assert!(number >= lane.next, "{number} was given before");
            lane.messages.insert(number, message);
        }
        let last = lane.messages.keys().next_back();
        lane.next = lane.next.max(last.map_or(1, |last| last + 1));
    }

    /// Both have the same messages.
    pub(crate) fn compare(&mut self) {
        for queue in 0..QUEUES.len() {
            for lane in 0..2 {
                let all = self.all(queue, lane);
                let known = &self.world.queues[queue].lanes[lane].messages;
                for (delivery, known) in all.iter().zip(known) {
                    let seen = (&delivery.sequence, &seen(delivery));
                    assert_eq!(seen, known, "queue {queue}, lane {lane}");
                }
                assert_eq!(all.len(), known.len(), "queue {queue}, lane {lane}");
            }
        }
        self.compare_counts();
    }

    fn compare_counts(&self) {
        for (name, queue) in QUEUES.iter().zip(&self.world.queues) {
            let counts = self.engine().queue(&name.parse().unwrap()).unwrap().counts;
            let [messages, dead] = &queue.lanes;
            let of = |stage| {
                let all = messages.messages.values();
                all.filter(|message| message.stage == stage).count() as u64
            };
            let known = (of(0), of(1), of(2), dead.messages.len() as u64);
            let told = (counts.active, counts.deferred, counts.scheduled);
            assert_eq!((told.0, told.1, told.2, counts.dead_letter), known);
        }
    }

    /// How many messages there are.
    pub(crate) fn messages(&self) -> usize {
        let lanes = self.world.queues.iter().flat_map(|queue| &queue.lanes);
        lanes.map(|lane| lane.messages.len()).sum()
    }

    /// How many files the folder has.
    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(&self.folder).unwrap().count()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the last of {} steps: {:#?}", self.taken, self.steps);
        }
    }
}

fn body(serial: u64, length: usize) -> String {
    let serial = serial.to_string();
    serial.clone() + &".".repeat(length.saturating_sub(serial.len()))
}

fn serial(delivery: &Delivery) -> u64 {
    let text = std::str::from_utf8(&delivery.body).unwrap();
    text.trim_end_matches('.').parse().unwrap()
}

/// A message as the small broker has it.
fn seen(delivery: &Delivery) -> Known {
    let due = match delivery.stage {
        Stage::Scheduled => delivery.scheduled_at,
        _ => delivery.expires_at(),
    };
    Known {
        serial: serial(delivery),
        id: delivery.id.to_string(),
        count: delivery.count,
        stage: delivery.stage as u8,
        due,
        time_to_live: delivery.time_to_live,
        changes: delivery.changes.len(),
        reason: delivery
            .dead
            .as_ref()
            .map(|d| d[0].clone())
            .unwrap_or_default(),
    }
}
