//! The queues against a model, through crashes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use ambient::{Clock, Random};
use broker::Error;
use broker::engine::{Engine, Message, Origin, Settlement, Setup};
use broker::queue::{Pattern, QueueSettings};
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

const LOCK_TIME: Duration = Duration::from_secs(60);
const DELIVERIES: u32 = 3;

fn setup(folder: &Path, clock: &Clock) -> Setup {
    Setup {
        folder: folder.to_owned(),
        message_bytes_max: 100_000,
        segment_bytes: 8 * 1024,
        first_use: vec![Pattern::from("q*".to_owned())],
        first_use_settings: QueueSettings {
            lock_time: LOCK_TIME,
            max_delivery_count: DELIVERIES,
            ..QueueSettings::default()
        },
        clock: clock.clone(),
        random: Random::seeded(1),
    }
}

struct Running {
    engine: Engine,
    writer: Option<JoinHandle<()>>,
}

impl Running {
    fn start(folder: &Path, clock: &Clock) -> Self {
        let (engine, work) = Engine::open(setup(folder, clock)).unwrap();
        let writer = std::thread::Builder::new().spawn(work).unwrap();
        Self {
            engine,
            writer: Some(writer),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.close();
        self.writer.take().unwrap().join().unwrap();
    }
}

fn clock() -> Clock {
    Clock::manual("2026-11-24T12:00:00Z".parse().unwrap())
}

fn message(text: &str) -> Message {
    Message {
        id: Some(text.to_owned()),
        origin: Origin::Rest,
        head: "{}".into(),
        body: text.repeat(50).into(),
        time_to_live: None,
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn ids(engine: &Engine, queue: &str) -> Vec<String> {
    let seen = engine.peek(queue, 0, 10_000).unwrap_or_default();
    seen.into_iter().map(|delivery| delivery.id).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Send,
    Take,
    Settle(usize, Settlement),
    Wait(u64),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let settlement = prop_oneof![
        4 => Just(Settlement::Complete),
        2 => Just(Settlement::Abandon),
        1 => Just(Settlement::Release),
        1 => Just(Settlement::DeadLetter("r".into(), "d".into())),
    ];
    let step = prop_oneof![
        6 => Just(Step::Send),
        6 => Just(Step::Take),
        6 => (0_usize..8, settlement).prop_map(|(n, s)| Step::Settle(n, s)),
        2 => (1_u64..90).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..120)
}

/// What the queue should be: waiting by number with their counts, and who is held.
#[derive(Default)]
struct Model {
    waiting: BTreeMap<u64, (String, u32)>,
    held: Vec<(Uuid, u64, u64)>,
    dead: Vec<String>,
    sent: u64,
    now: u64,
}

impl Model {
    fn free(&self) -> Option<(u64, String)> {
        let held = |number: &u64| self.held.iter().any(|(_, n, _)| n == number);
        let first = self.waiting.iter().find(|(number, _)| !held(number));
        first.map(|(number, (id, _))| (*number, id.clone()))
    }

    fn in_vain(&mut self, number: u64) {
        let (id, count) = self.waiting.get_mut(&number).unwrap();
        *count += 1;
        if *count >= DELIVERIES {
            let id = id.clone();
            self.waiting.remove(&number);
            self.dead.push(id);
        }
    }

    fn run_out(&mut self) {
        let now = self.now;
        let (out, held) = self.held.drain(..).partition(|(_, _, end)| *end <= now);
        self.held = held;
        let out: Vec<(Uuid, u64, u64)> = out;
        out.into_iter()
            .for_each(|(_, number, _)| self.in_vain(number));
    }
}

fn settle(engine: &Engine, model: &mut Model, n: usize, how: Settlement) {
    if model.held.is_empty() {
        let unknown = block(engine.settle("q", Uuid::nil(), how));
        assert!(matches!(unknown, Err(Error::LockLost | Error::NoQueue(_))));
        return;
    }
    let (token, number, _) = model.held.remove(n % model.held.len());
    block(engine.settle("Q", token, how.clone())).unwrap();
    assert!(matches!(
        block(engine.settle("q", token, Settlement::Complete)),
        Err(Error::LockLost)
    ));
    match how {
        Settlement::Complete => drop(model.waiting.remove(&number)),
        Settlement::Abandon => model.in_vain(number),
        Settlement::Release => {}
        Settlement::DeadLetter(..) => {
            let (id, _) = model.waiting.remove(&number).unwrap();
            model.dead.push(id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn queues_do_as_the_model_says_through_restarts(steps in steps()) {
        let (folder, clock) = (TempDir::new().unwrap(), clock());
        let mut running = Running::start(folder.path(), &clock);
        let mut model = Model::default();
        for step in steps {
            let engine = running.engine.clone();
            match step {
                Step::Send => {
                    model.sent += 1;
                    let id = format!("m{}", model.sent);
                    let sent = block(engine.send("q", vec![message(&id)])).unwrap();
                    model.waiting.insert(sent[0], (id, 0));
                }
                Step::Take => {
                    let taken = engine.take("q", 1).unwrap_or_default();
                    let wanted = model.free();
                    let got = taken.first().map(|d| (d.sequence, d.id.clone()));
                    prop_assert_eq!(&got, &wanted);
                    if let Some(delivery) = taken.first() {
                        let count = model.waiting[&delivery.sequence].1;
                        prop_assert_eq!(delivery.delivery_count, count + 1);
                        prop_assert_eq!(&delivery.body, &delivery.id.repeat(50));
                        let token = delivery.lock.unwrap().token;
                        let end = model.now + LOCK_TIME.as_secs();
                        model.held.push((token, delivery.sequence, end));
                    }
                }
                Step::Settle(n, how) => settle(&engine, &mut model, n, how),
                Step::Wait(seconds) => {
                    clock.advance(Duration::from_secs(seconds));
                    model.now += seconds;
                    model.run_out();
                    block(engine.upkeep()).unwrap();
                }
                Step::Restart => {
                    drop(engine);
                    drop(running);
                    running = Running::start(folder.path(), &clock);
                    model.held.clear();
                }
            }
            let waiting: Vec<_> = model.waiting.values().map(|(id, _)| id.clone()).collect();
            prop_assert_eq!(ids(&running.engine, "q"), waiting);
            let mut dead = ids(&running.engine, "q/$DeadLetterQueue");
            dead.sort();
            model.dead.sort();
            prop_assert_eq!(&dead, &model.dead);
        }
    }
}

/// Files of the log, oldest first.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|path| path.extension().is_some())
        .collect();
    all.sort();
    all
}

#[test]
fn a_record_that_was_cut_off_is_not_there_and_those_before_it_are() {
    let folder = TempDir::new().unwrap();
    {
        let running = Running::start(folder.path(), &clock());
        for id in ["a", "b", "c"] {
            block(running.engine.send("q", vec![message(id)])).unwrap();
        }
    }
    let path = files(folder.path()).pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let last = b"c".repeat(50);
    let end = whole.windows(50).rposition(|w| w == last).unwrap() + 54;
    let start = whole
        .windows(50)
        .rposition(|w| w == b"b".repeat(50))
        .unwrap()
        + 54;
    for cut in start..end {
        let mut torn = whole.clone();
        torn[cut..].fill(0);
        std::fs::write(&path, &torn).unwrap();
        let running = Running::start(folder.path(), &clock());
        assert_eq!(ids(&running.engine, "q"), ["a", "b"], "cut at {cut}");
    }
}

#[test]
fn a_queue_that_was_waited_on_before_anyone_sent_keeps_what_comes() {
    let folder = TempDir::new().unwrap();
    {
        let running = Running::start(folder.path(), &clock());
        let name = "q".parse().unwrap();
        let made = running.engine.create(&name, QueueSettings::default());
        block(made).unwrap();
        running.engine.arrivals("q").unwrap();
        block(running.engine.send("q", vec![message("a")])).unwrap();
    }
    let running = Running::start(folder.path(), &clock());
    assert_eq!(ids(&running.engine, "q"), ["a"]);
}

#[test]
fn a_flipped_byte_is_noticed_and_never_served() {
    let folder = TempDir::new().unwrap();
    {
        let running = Running::start(folder.path(), &clock());
        block(running.engine.send("q", vec![message("a")])).unwrap();
        block(running.engine.send("q", vec![message("b")])).unwrap();
    }
    let path = files(folder.path()).pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let body = whole
        .windows(50)
        .position(|w| w == b"a".repeat(50))
        .unwrap();
    let mut flipped = whole.clone();
    flipped[body + 7] ^= 1;
    std::fs::write(&path, &flipped).unwrap();
    let running = Running::start(folder.path(), &clock());
    assert_eq!(ids(&running.engine, "q"), ["b"]);
}

#[test]
fn files_are_freed_and_stragglers_do_not_keep_them() {
    let folder = TempDir::new().unwrap();
    let clock = clock();
    let running = Running::start(folder.path(), &clock);
    let engine = &running.engine;
    block(engine.send("q", vec![message("straggler")])).unwrap();
    let held = engine.take("q", 1).unwrap().pop().unwrap();
    for n in 0..500 {
        block(engine.send("q", vec![message(&format!("m{n}"))])).unwrap();
        let taken = engine.take("q", 1).unwrap().pop().unwrap();
        let token = taken.lock.unwrap().token;
        block(engine.settle("q", token, Settlement::Complete)).unwrap();
        block(engine.upkeep()).unwrap();
    }
    assert!(
        files(folder.path()).len() <= 5,
        "{:?}",
        files(folder.path())
    );
    assert_eq!(ids(engine, "q"), ["straggler"]);
    block(engine.settle("q", held.lock.unwrap().token, Settlement::Release)).unwrap();
    drop(running);
    let running = Running::start(folder.path(), &clock);
    assert_eq!(ids(&running.engine, "q"), ["straggler"]);
}
