//! Large messages: the rest of each is in a file of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker::Error;
use broker::engine::{
    Delivery, Disk, Engine, Message, Place, Settlement, Setup, Spool,
};
use broker::queue::{QueueName, QueueSettings};
use bytes::Bytes;

use super::running::{Running, block, folder, setup};

/// More than fits into one chunk, and not a multiple of any.
const LENGTH: usize = 700_001;

fn rest() -> Vec<u8> {
    (0..LENGTH).map(|n| (n % 251).to_le_bytes()[0]).collect()
}

fn start(folder: &Path, disk: &Disk) -> Running {
    Running::start(Setup {
        message_bytes_max: 1_000_000,
        queue_bytes_max: 1_000_000,
        disk: disk.clone(),
        ..setup(folder)
    })
}

fn queue(engine: &Engine) -> Place {
    let name: QueueName = "q".parse().unwrap();
    if engine.queue(&name).is_err() {
        block(engine.create(&name, QueueSettings::default())).unwrap();
    }
    engine.find("q").unwrap()
}

fn spooled(engine: &Engine) -> Result<Spool, Error> {
    let mut spool = engine.spool()?;
    for part in rest().chunks(77_777) {
        spool.write(part)?;
    }
    Ok(spool)
}

fn message(spool: Spool) -> Result<Message, Error> {
    Ok(Message {
        body: "front".into(),
        tail: Some(Arc::new(spool.finish()?)),
        ..Message::default()
    })
}

fn send(engine: &Engine) -> Result<(), Error> {
    let place = queue(engine);
    let message = message(spooled(engine)?)?;
    block(engine.send(place, vec![message])).map(drop)
}

fn take(engine: &Engine, place: Place) -> Delivery {
    let mut receiver = engine.receiver(place);
    receiver
        .take_now(1)
        .unwrap()
        .pop()
        .expect("a message is there")
}

fn all(engine: &Engine, delivery: &Delivery) -> Result<Bytes, Error> {
    engine.tail(delivery.tail.unwrap())?.all()
}

/// Files with the rest of messages.
fn files(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder.join("tails")).unwrap();
    all.map(|entry| entry.unwrap().path()).collect()
}

fn dead_letter() -> Settlement {
    Settlement::DeadLetter {
        reason: "r".into(),
        description: String::new(),
        changes: Bytes::new(),
    }
}

#[test]
fn the_rest_goes_where_its_message_goes_and_ends_with_it() {
    let folder = folder();
    let disk = Disk::trial(u64::MAX);
    let running = start(folder.path(), &disk);
    let engine = &running.engine;
    send(engine).unwrap();
    let place = queue(engine);
    let counts = engine.queue(&"q".parse().unwrap()).unwrap().counts;
    assert!(counts.bytes > LENGTH as u64);
    let got = take(engine, place);
    assert_eq!(
        (&got.body[..], &all(engine, &got).unwrap()[..]),
        (&b"front"[..], &rest()[..])
    );
    let token = got.lock.unwrap().token;
    block(engine.settle(place, token, dead_letter())).unwrap();
    drop(running);
    let running = start(folder.path(), &disk);
    let engine = &running.engine;
    let aside = engine.find("q/$DeadLetterQueue").unwrap();
    let got = take(engine, aside);
    assert_eq!(all(engine, &got).unwrap(), rest());
    let token = got.lock.unwrap().token;
    block(engine.settle(aside, token, Settlement::Complete)).unwrap();
    assert!(files(folder.path()).is_empty());
    let counts = engine.queue(&"q".parse().unwrap()).unwrap().counts;
    assert_eq!(counts.bytes, 0);
}

#[test]
fn what_no_message_needs_is_not_kept() {
    let folder = folder();
    let disk = Disk::trial(u64::MAX);
    let running = start(folder.path(), &disk);
    let engine = &running.engine;
    // Given up before its end, and after it; refused; of a queue that is deleted.
    drop(spooled(engine).unwrap());
    drop(message(spooled(engine).unwrap()).unwrap());
    let dead = {
        queue(engine);
        engine.find("q/$DeadLetterQueue").unwrap()
    };
    let refused = message(spooled(engine).unwrap()).unwrap();
    assert!(block(engine.send(dead, vec![refused])).is_err());
    assert!(files(folder.path()).is_empty());
    send(engine).unwrap();
    assert_eq!(files(folder.path()).len(), 1);
    block(engine.delete(&"q".parse().unwrap())).unwrap();
    assert!(files(folder.path()).is_empty());
    // Left by one that was killed before its message was written.
    std::fs::write(folder.path().join("tails/000000000777.tail"), "x").unwrap();
    drop(running);
    let running = start(folder.path(), &disk);
    assert!(files(folder.path()).is_empty());
    send(&running.engine).unwrap();
}

#[test]
fn a_flipped_byte_is_noticed_and_never_served() {
    let folder = folder();
    let running = start(folder.path(), &Disk::trial(u64::MAX));
    let engine = &running.engine;
    send(engine).unwrap();
    let path = files(folder.path()).pop().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[400_000] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let got = take(engine, queue(engine));
    let read = all(engine, &got);
    assert!(
        matches!(read, Err(Error::DamagedTail { offset, .. }) if offset <= 400_000)
    );
}

#[test]
fn without_room_it_is_refused_and_leaves_nothing_behind() {
    let folder = folder();
    let disk = Disk::trial(500_000);
    let running = start(folder.path(), &disk);
    let engine = &running.engine;
    queue(engine);
    assert!(matches!(send(engine), Err(Error::Full(_))));
    assert!(files(folder.path()).is_empty());
    disk.resize(u64::MAX);
    send(engine).unwrap();
}
