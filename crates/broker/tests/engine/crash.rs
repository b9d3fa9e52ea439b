//! The broker is killed after any number of its writes, and in the middle of them.
//!
//! A disk on trial remembers what was done to it; its folder is put together again as
//! it may have been found after the power went: what was synced is there, of what was
//! not any part may be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ambient::Random;
use broker::engine::{Disk, Engine, Event, Message, Place, Settlement, Setup};
use broker::queue::{QueueName, QueueSettings};

use super::running::{self, Running, block, setup};

const SECTOR: usize = 512;

fn start(folder: &Path, disk: &Disk) -> Running {
    Running::start(Setup {
        disk: disk.clone(),
        ..setup(folder)
    })
}

/// What was confirmed, and after how many events on the tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    /// The message with this number in its body was sent.
    Sent(u64),
    /// It is gone, or was put aside.
    Gone(u64),
    Aside(u64),
    /// It was delivered in vain this often.
    Counted(u64, u16),
}

/// When an operation was begun and when confirmed, in events.
struct Done {
    begun: usize,
    confirmed: usize,
    fact: Fact,
}

fn body(serial: u64) -> String {
    format!("{serial:<200}")
}

/// Do all kinds of things; answers what was confirmed when.
fn work(engine: &Engine, disk: &Disk, random: &Random) -> Vec<Done> {
    let name: QueueName = "q".parse().unwrap();
    block(engine.create(&name, QueueSettings::default())).unwrap();
    let place = engine.find("q").unwrap();
    let mut done = Vec::new();
    let mut counts: BTreeMap<u64, u16> = BTreeMap::new();
    for serial in 0..120 {
        let begun = disk.events();
        let message = Message {
            body: body(serial).into(),
            ..Message::default()
        };
        block(engine.send(place, vec![message])).unwrap();
        note(&mut done, disk, begun, Fact::Sent(serial));
        for _ in 0..2 {
            let begun = disk.events();
            let taken = engine.receiver(place).take_now(1).unwrap();
            let Some(delivery) = taken.first() else {
                continue;
            };
            let text = std::str::from_utf8(&delivery.body).unwrap();
            let serial: u64 = text.trim().parse().unwrap();
            let (settlement, fact) = match random.number() % 8 {
                0..5 => (Settlement::Complete, Fact::Gone(serial)),
                5 => {
                    let dead = Settlement::DeadLetter {
                        reason: "r".into(),
                        description: String::new(),
                        changes: bytes::Bytes::new(),
                    };
                    (dead, Fact::Aside(serial))
                }
                _ => {
                    let count = counts.entry(serial).or_default();
                    *count += 1;
                    let abandon = Settlement::Abandon(bytes::Bytes::new());
                    (abandon, Fact::Counted(serial, *count))
                }
            };
            let token = delivery.lock.unwrap().token;
            block(engine.settle(place, token, settlement)).unwrap();
            note(&mut done, disk, begun, fact);
        }
        if serial % 4 == 0 {
            block(engine.upkeep()).unwrap();
        }
    }
    done
}

fn note(done: &mut Vec<Done>, disk: &Disk, begun: usize, fact: Fact) {
    let confirmed = disk.events();
    done.push(Done {
        begun,
        confirmed,
        fact,
    });
}

/// The folder as it may be found when only the first events happened.
fn put_together(events: &[Event], folder: &Path, random: &Random) {
    let own = |path: &PathBuf| folder.join(path.file_name().unwrap());
    // Writes since the last sync, by file: any part of them may be lost.
    let mut unsure: BTreeMap<PathBuf, Vec<(u64, Vec<u8>)>> = BTreeMap::new();
    for event in events {
        match event {
            Event::Made(path, bytes) => {
                File::create(own(path)).unwrap().set_len(*bytes).unwrap();
            }
            Event::Wrote(path, at, bytes) => {
                let writes = unsure.entry(own(path)).or_default();
                writes.push((*at, bytes.clone()));
            }
            Event::Synced(path) => {
                for (at, bytes) in unsure.remove(&own(path)).unwrap_or_default() {
                    write(&own(path), at, &bytes);
                }
            }
            Event::Renamed(from, to) => {
                std::fs::rename(own(from), own(to)).unwrap();
                let writes = unsure.remove(&own(from));
                unsure.extend(writes.map(|writes| (own(to), writes)));
            }
            Event::Removed(path) => {
                std::fs::remove_file(own(path)).unwrap();
                unsure.remove(&own(path));
            }
            Event::Cut(path, bytes) => {
                let file = File::options().write(true).open(own(path)).unwrap();
                file.set_len(*bytes).unwrap();
            }
        }
    }
    for (path, writes) in unsure {
        for (at, bytes) in writes {
            for (number, sector) in bytes.chunks(SECTOR).enumerate() {
                if random.number().is_multiple_of(2) {
                    write(&path, at + (number * SECTOR) as u64, sector);
                }
            }
        }
    }
}

fn write(path: &Path, at: u64, bytes: &[u8]) {
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

/// The serial numbers in a place, with their counts.
fn serials(engine: &Engine, place: Place) -> BTreeMap<u64, u16> {
    let seen = engine.peek(place, 0, usize::MAX, u64::MAX).unwrap();
    let one = |d: &broker::engine::Delivery| {
        let text = std::str::from_utf8(&d.body).unwrap().trim().to_owned();
        (text.parse().unwrap(), d.count)
    };
    let all: Vec<(u64, u16)> = seen.iter().map(one).collect();
    let map: BTreeMap<u64, u16> = all.iter().copied().collect();
    assert_eq!(map.len(), all.len(), "no message is there twice");
    map
}

/// What must be there, what may be, after so many events.
fn check(engine: &Engine, done: &[Done], events: usize) {
    let confirmed = |d: &&Done| d.confirmed <= events;
    let begun = |d: &&Done| d.begun < events;
    let sure: Vec<Fact> = done.iter().filter(confirmed).map(|d| d.fact).collect();
    let maybe: Vec<Fact> = done.iter().filter(begun).map(|d| d.fact).collect();
    let Ok(place) = engine.find("q") else {
        assert!(sure.is_empty(), "the queue is gone");
        return;
    };
    let waiting = serials(engine, place);
    let aside = serials(engine, engine.find("q/$DeadLetterQueue").unwrap());
    let both: BTreeSet<u64> = waiting.keys().chain(aside.keys()).copied().collect();
    assert_eq!(both.len(), waiting.len() + aside.len(), "moved, not copied");
    for fact in &sure {
        match *fact {
            Fact::Sent(serial) => {
                let settled = maybe.contains(&Fact::Gone(serial));
                assert!(settled || both.contains(&serial), "{serial} is lost");
            }
            Fact::Gone(serial) => assert!(!both.contains(&serial), "{serial} is back"),
            Fact::Aside(serial) => {
                assert!(aside.contains_key(&serial), "{serial} is not aside");
                assert!(!waiting.contains_key(&serial), "{serial} is back");
            }
            Fact::Counted(serial, count) => {
                let now = waiting.get(&serial).or(aside.get(&serial));
                assert!(now.is_none_or(|now| *now >= count), "{serial} forgot");
            }
        }
    }
    for serial in both {
        assert!(maybe.contains(&Fact::Sent(serial)), "{serial} from nowhere");
    }
}

#[test]
fn what_was_confirmed_is_there_wherever_it_is_killed() {
    for seed in 0..2 {
        println!("seed {seed}");
        let random = Random::seeded(seed);
        let folder = running::folder();
        let disk = Disk::trial(u64::MAX);
        disk.record();
        let running = start(folder.path(), &disk);
        let done = work(&running.engine, &disk, &random);
        drop(running);
        let tape = disk.tape();
        println!("  {} events", tape.len());
        for events in 0..=tape.len() {
            let found = running::folder();
            put_together(&tape[..events], found.path(), &random);
            let running = start(found.path(), &Disk::trial(u64::MAX));
            check(&running.engine, &done, events);
            // It goes on, and what it does now is there again too.
            if let Ok(place) = running.engine.find("q") {
                let message = Message {
                    body: body(9999).into(),
                    ..Message::default()
                };
                block(running.engine.send(place, vec![message])).unwrap();
                drop(running);
                let running = start(found.path(), &Disk::trial(u64::MAX));
                let all = serials(&running.engine, running.engine.find("q").unwrap());
                assert!(all.contains_key(&9999));
            }
        }
    }
}

#[test]
fn a_file_that_will_not_be_written_is_said_to_be_so() {
    let folder = running::folder();
    // Room for the register and for five files.
    let disk = Disk::trial(5 * 8 * 1024 + 4096);
    let running = start(folder.path(), &disk);
    let engine = &running.engine;
    let name: QueueName = "q".parse().unwrap();
    block(engine.create(&name, QueueSettings::default())).unwrap();
    let place = engine.find("q").unwrap();
    let send = |serial| {
        let message = Message {
            body: body(serial).into(),
            ..Message::default()
        };
        block(engine.send(place, vec![message]))
    };
    let sent = (0..1000).take_while(|serial| send(*serial).is_ok()).count() as u64;
    assert!((20..200).contains(&sent), "{sent}");
    assert!(matches!(send(sent), Err(broker::Error::Full(_))));
    assert!(engine.log_size().is_full);
    // What is there can still be settled, and that makes room again.
    let mut gone = 0;
    while send(1000 + gone).is_err() {
        let mut receiver = engine.receiver(place);
        for delivery in receiver.take_now(10).unwrap() {
            let token = delivery.lock.unwrap().token;
            let done = Settlement::Complete;
            block(engine.settle(place, token, done)).unwrap();
            gone += 1;
        }
        assert!(gone < sent, "no room although all is gone");
    }
    // Or the disk grows.
    let mut more = 5000..;
    while more.next().is_some_and(|serial| send(serial).is_ok()) {}
    disk.resize(u64::MAX);
    send(3000).unwrap();
    assert!(!engine.log_size().is_full);
    let before = serials(engine, place).len();
    drop(running);
    let running = start(folder.path(), &disk);
    let place = running.engine.find("q").unwrap();
    assert_eq!(serials(&running.engine, place).len(), before);
}
