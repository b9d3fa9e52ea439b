//! Bytes on the disk that are not what was written: noticed, named, never served.

use std::path::{Path, PathBuf};

use ambient::Random;
use broker::engine::{Engine, Message};
use proptest::prelude::*;

use super::running::{Running, block, folder, setup};

fn text(number: usize) -> String {
    format!("message {number} ").repeat(20)
}

/// Send so many messages, each with its number all over.
fn send(folder: &Path, count: usize) {
    let running = Running::start(setup(folder));
    for number in 0..count {
        let place = block(running.engine.reach("first")).unwrap();
        let message = Message {
            body: text(number).into(),
            ..Message::default()
        };
        block(running.engine.send(place, vec![message])).unwrap();
    }
}

/// The numbers of the messages that are given out, each as it was sent.
fn served(engine: &Engine) -> Vec<usize> {
    let place = engine.find("first").unwrap();
    let taken = engine.receiver(place).take_now(1000).unwrap();
    let numbers = taken.iter().map(|delivery| {
        let number = usize::try_from(delivery.sequence).unwrap() - 1;
        assert_eq!(delivery.body, text(number), "served, and not what was sent");
        number
    });
    numbers.collect()
}

/// Files of the log, oldest first.
fn files(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap();
    let all = all.map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = all
        .filter(|path| path.extension().is_some_and(|kind| kind == "log"))
        .collect();
    all.sort();
    all
}

#[test]
fn a_record_that_was_cut_off_is_not_there_and_those_before_it_are() {
    let folder = folder();
    send(folder.path(), 3);
    let path = files(folder.path()).pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let end = |number| {
        let text = text(number);
        let at = whole.windows(text.len()).position(|w| w == text.as_bytes());
        at.unwrap() + text.len() + 4
    };
    // From the end of the second message's checksum to that of the third's.
    for cut in end(1)..end(2) {
        let mut torn = whole.clone();
        torn[cut..].fill(0);
        std::fs::write(&path, &torn).unwrap();
        let running = Running::start(setup(folder.path()));
        assert_eq!(served(&running.engine), [0, 1], "cut at {cut}");
        drop(running);
        for file in files(folder.path()) {
            std::fs::remove_file(file).unwrap();
        }
    }
}

#[test]
fn a_message_in_a_full_file_that_was_flipped_is_passed_over() {
    let folder = folder();
    send(folder.path(), 100);
    let path = files(folder.path())[0].clone();
    let mut bytes = std::fs::read(&path).unwrap();
    let text = text(3);
    let at = bytes.windows(text.len()).position(|w| w == text.as_bytes());
    bytes[at.unwrap() + 50] ^= 0x20;
    std::fs::write(&path, &bytes).unwrap();
    let running = Running::start(setup(folder.path()));
    let mut all: Vec<usize> = (0..100).collect();
    all.remove(3);
    assert_eq!(served(&running.engine), all);
    // It is still counted: nothing vanishes in silence.
    let counts = running
        .engine
        .queue(&"first".parse().unwrap())
        .unwrap()
        .counts;
    assert_eq!(counts.active, 100);
    // Nor does clearing up trip over it.
    block(running.engine.upkeep()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn whatever_is_flipped_only_what_was_sent_is_served(
        file in 0..20_usize, at in 0..8192_usize, bit in 0..8_u8,
    ) {
        let folder = folder();
        send(folder.path(), 60);
        let all = files(folder.path());
        let path = &all[file % all.len()];
        let mut bytes = std::fs::read(path).unwrap();
        bytes[at] ^= 1 << bit;
        std::fs::write(path, &bytes).unwrap();
        let running = Running::start(setup(folder.path()));
        let served = served(&running.engine);
        prop_assert!(served.len() >= 59, "{} of 60", served.len());
    }
}

#[test]
fn garbage_is_no_log() {
    let random = Random::seeded(5);
    for _ in 0..50 {
        let folder = folder();
        send(folder.path(), 30);
        let all = files(folder.path());
        let path = &all[usize::try_from(random.number()).unwrap() % all.len()];
        let mut bytes = std::fs::read(path).unwrap();
        let at = usize::try_from(random.number() % 8000).unwrap();
        random.fill(&mut bytes[at..]);
        std::fs::write(path, &bytes).unwrap();
        let running = Running::start(setup(folder.path()));
        assert!(served(&running.engine).len() <= 30);
    }
}
