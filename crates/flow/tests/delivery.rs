//! One message, one delivery, its statuses home in order: whatever breaks on the way.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod world;

use sbd::Status;
use world::{BODY, PORTAL, World, until};

const HOME: [Status; 4] = [
    Status::Opprettet,
    Status::Sendt,
    Status::Mottatt,
    Status::Levert,
];
const QUEUE: &str = "nextbestqueue910076787innsyn";

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_completed_after_the_message_is_on_record() {
    let world = World::new().await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let mut sent = Vec::new();
    for _ in 0..20 {
        sent.push(portal.send(BODY).await);
    }
    until("all are completed", async || {
        body.road.completed().len() == sent.len()
    })
    .await;
    let completed = body.road.completed();
    assert!(completed.iter().all(|(_, on_record)| *on_record));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_lock_ran_out_is_there_once() {
    let world = World::new().await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    body.road.keep_locks(1);
    let id = portal.send(BODY).await;
    until("the lock was not given back", async || {
        body.road.completed().len() == 1
    })
    .await;
    world.hub.unlock_all();
    until("it came again", async || world.hub.is_empty(QUEUE)).await;
    assert_eq!(body.waiting().await, 1);
    body.take(&id).await;
    portal.reaches(&id, Status::Levert).await;
    assert_eq!(portal.log(&id).await, HOME);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_consumed_does_not_come_back() {
    let world = World::new().await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    body.road.keep_locks(1);
    let id = portal.send(BODY).await;
    body.take(&id).await;
    portal.reaches(&id, Status::Levert).await;
    world.hub.unlock_all();
    until("it came again", async || world.hub.is_empty(QUEUE)).await;
    assert_eq!(body.waiting().await, 0);
    assert_eq!(portal.log(&id).await, HOME);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_whose_answer_was_lost_delivers_once() {
    let world = World::new().await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    portal.road.lose_answers(1);
    let id = portal.send(BODY).await;
    until("both copies are taken", async || {
        body.road.completed().len() == 2 && world.hub.is_empty(QUEUE)
    })
    .await;
    assert_eq!(body.waiting().await, 1);
    body.take(&id).await;
    portal.reaches(&id, Status::Levert).await;
    assert_eq!(portal.log(&id).await, HOME);
}

#[tokio::test(flavor = "multi_thread")]
async fn levert_does_not_overtake_mottatt() {
    let world = World::new().await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    body.road.close(1);
    let id = portal.send(BODY).await;
    body.take(&id).await;
    portal.reaches(&id, Status::Levert).await;
    assert_eq!(portal.log(&id).await, HOME);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_sent_by_the_next_process() {
    let world = World::new().await;
    let folder = tempfile::TempDir::new().unwrap();
    // Nobody carries jobs out: the process dies between its answer and its work.
    let dying = world.open(PORTAL, folder).await;
    let id = dying.send(BODY).await;
    let folder = dying.lose().await;
    let mut portal = world.open(PORTAL, folder).await;
    portal.run();
    let body = world.start(BODY).await;
    body.take(&id).await;
    portal.reaches(&id, Status::Levert).await;
    assert_eq!(portal.log(&id).await, HOME);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_lost_in_the_middle_of_receiving_loses_nothing() {
    let world = World::new().await;
    let portal = world.start(PORTAL).await;
    let mut body = world.start(BODY).await;
    let mut sent = Vec::new();
    for lost in 0..5 {
        for _ in 0..5 {
            sent.push(portal.send(BODY).await);
        }
        until("some are taken", async || body.waiting().await > lost * 3).await;
        let folder = body.lose().await;
        world.hub.unlock_all();
        body = world.open(BODY, folder).await;
        body.run();
    }
    for id in &sent {
        body.take(id).await;
        portal.reaches(id, Status::Levert).await;
        assert_eq!(portal.log(id).await, HOME);
    }
    assert_eq!(body.waiting().await, 0);
    until("every delivery is settled", async || {
        world.hub.is_empty(QUEUE)
    })
    .await;
}
