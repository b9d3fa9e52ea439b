//! Queues made, changed and deleted, through restarts.

use std::path::Path;
use std::time::Duration;

use ambient::Clock;
use broker::Error;
use broker::engine::{Engine, Message, Setup};
use broker::queue::{QueueName, QueueSettings, Status};

use super::running::{Running, clock, folder, setup};

fn start(folder: &Path, clock: &Clock) -> Running {
    Running::start(Setup {
        clock: clock.clone(),
        ..setup(folder)
    })
}

async fn send(engine: &Engine, queue: &str) -> Result<(), Error> {
    let place = engine.reach(queue).await?;
    engine.send(place, vec![message("x")]).await.map(drop)
}

fn take(engine: &Engine, queue: &str) -> Result<usize, Error> {
    let place = engine.find(queue)?;
    Ok(engine.receiver(place).take_now(1)?.len())
}

fn name(text: &str) -> QueueName {
    text.parse().unwrap()
}

fn message(body: &str) -> Message {
    Message {
        body: body.to_owned().into(),
        ..Message::default()
    }
}

#[tokio::test]
async fn a_queue_is_what_its_owner_said_also_after_a_restart() {
    let (folder, clock) = (folder(), clock());
    let running = start(folder.path(), &clock);
    let mut settings = QueueSettings::default();
    settings.set("LockDuration", "PT30S").unwrap();
    settings.set("UserMetadata", "blåbær").unwrap();
    let made = running.engine.create(&name("A/Q"), settings.clone()).await;
    assert_eq!(made.unwrap().name.as_str(), "A/Q");
    let twice = running.engine.create(&name("a/q"), settings.clone()).await;
    assert!(matches!(twice, Err(Error::Exists(_))));
    clock.advance(Duration::from_secs(5));
    settings.set("Status", "SendDisabled").unwrap();
    running.engine.update(&name("a/q"), settings).await.unwrap();
    drop(running);
    let running = start(folder.path(), &clock);
    let queue = running.engine.queue(&name("a/Q")).unwrap();
    assert_eq!(queue.name.as_str(), "A/Q");
    assert_eq!(queue.settings.get("LockDuration").unwrap(), "PT30S");
    assert_eq!(queue.settings.user_metadata, "blåbær");
    assert_eq!(queue.settings.status, Status::SendDisabled);
    assert_eq!(queue.created_at.to_string(), "2026-11-24T12:00:00Z");
    assert_eq!(queue.updated_at.to_string(), "2026-11-24T12:00:05Z");
}

#[tokio::test]
async fn a_deleted_queue_takes_its_messages_along() {
    let (folder, clock) = (folder(), clock());
    let running = start(folder.path(), &clock);
    let engine = running.engine.clone();
    let missing = engine.delete(&name("q")).await;
    assert!(matches!(missing, Err(Error::NoQueue(_))));
    engine
        .create(&name("q"), QueueSettings::default())
        .await
        .unwrap();
    send(&engine, "q").await.unwrap();
    assert_eq!(engine.queue(&name("q")).unwrap().counts.active, 1);
    engine.delete(&name("Q")).await.unwrap();
    assert!(matches!(take(&engine, "q"), Err(Error::NoQueue(_))));
    engine
        .create(&name("q"), QueueSettings::default())
        .await
        .unwrap();
    assert_eq!(take(&engine, "q").unwrap(), 0);
    drop((engine, running));
    let running = start(folder.path(), &clock);
    assert_eq!(take(&running.engine, "q").unwrap(), 0);
    assert_eq!(running.engine.queue(&name("q")).unwrap().counts.bytes, 0);
}

#[tokio::test]
async fn only_named_queues_are_made_when_first_used() {
    let (folder, clock) = (folder(), clock());
    let running = start(folder.path(), &clock);
    let engine = running.engine.clone();
    let refused = send(&engine, "other").await;
    assert!(matches!(refused, Err(Error::NoQueue(_))));
    let many = (0..20).map(|n| format!("First{}", n % 5));
    let sends: Vec<_> = many
        .map(|queue| {
            let engine = engine.clone();
            async move { send(&engine, &queue).await }
        })
        .collect();
    for sent in futures_util::future::join_all(sends).await {
        sent.unwrap();
    }
    let all = engine.queues();
    let names: Vec<&str> = all.iter().map(|queue| queue.name.as_str()).collect();
    assert_eq!(names, ["First0", "First1", "First2", "First3", "First4"]);
    assert!(all.iter().all(|queue| queue.counts.active == 4));
}

#[tokio::test]
async fn a_status_says_what_may_be_done() {
    let (folder, clock) = (folder(), clock());
    let running = start(folder.path(), &clock);
    let engine = running.engine.clone();
    engine
        .create(&name("q"), QueueSettings::default())
        .await
        .unwrap();
    for (status, sends, receives) in [
        (Status::Active, true, true),
        (Status::SendDisabled, false, true),
        (Status::ReceiveDisabled, true, false),
        (Status::Disabled, false, false),
    ] {
        let settings = QueueSettings {
            status,
            ..QueueSettings::default()
        };
        engine.update(&name("q"), settings).await.unwrap();
        let sent = send(&engine, "q").await;
        assert_eq!(sent.is_ok(), sends, "{status:?}");
        assert_eq!(take(&engine, "q").is_ok(), receives, "{status:?}");
    }
}
