//! Levetid both ways, and what becomes of what it was too short for.

use std::time::Duration;

use ambient::Clock;
use flow::{incoming, ledger};
use sbd::Status;
use store::page::Ask;

use crate::world::{BODY, Kind, PORTAL, World, on_both, until};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const QUEUE: &str = "nextbestqueue910076787innsyn";

on_both! {
    fault_62_feil_says_what_was_the_matter
    what_could_not_be_sent_in_time_is_never_sent
    fault_11_what_nobody_took_is_kept_for_the_operator
    what_comes_too_late_is_kept_for_the_operator
    fault_38_what_is_finished_is_forgotten_when_the_operator_says_so
    what_expired_goes_when_the_operator_says_so
}

async fn world(kind: Kind) -> World {
    World::at(kind, Clock::manual(Clock::system().now())).await
}

async fn what_could_not_be_sent_in_time_is_never_sent(kind: Kind) {
    let world = world(kind).await;
    let portal = world.start(PORTAL).await;
    portal.road.close(u32::MAX);
    let id = portal.send(BODY).await;
    until("it was tried", async || {
        ledger::waiting(&portal.point).await.unwrap().attempts > 0
    })
    .await;
    world.clock.advance(DAY + Duration::from_secs(1));
    portal.reaches(&id, Status::LevetidUtlopt).await;
    portal.road.close(0);
    let waiting = ledger::waiting(&portal.point).await.unwrap();
    assert_eq!((waiting.outgoing, waiting.jobs), (0, 0));
    assert!(world.hub.is_empty(QUEUE));
    let log = portal.log(&id).await;
    assert_eq!(log, [Status::Opprettet, Status::LevetidUtlopt]);
}

// > The FEIL description names only receiver and service, not the cause
// (rest-api §12, 62)
async fn fault_62_feil_says_what_was_the_matter(kind: Kind) {
    let world = World::new(kind).await;
    let portal = world.start(PORTAL).await;
    portal.road.narrow();
    let id = portal.send(BODY).await;
    portal.reaches(&id, Status::Feil).await;
    let ask = Ask::all(10).equal("message_id", id.as_str());
    let lines = ledger::statuses(&portal.point, ask).await.unwrap().items;
    let words = lines.last().unwrap().line.description.as_deref();
    let words = words.unwrap();
    assert!(words.contains("does not take a message of"), "{words}");
}

// > unread innsynskrav are deleted locally when sender's deadline passes → keep payload
// for operators (rest-api §12, 11)
async fn fault_11_what_nobody_took_is_kept_for_the_operator(kind: Kind) {
    let world = world(kind).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let id = portal.send(BODY).await;
    until("it has arrived", async || body.waiting().await == 1).await;
    world.clock.advance(DAY + Duration::from_secs(1));
    body.reaches(&id, Status::LevetidUtlopt).await;
    portal.reaches(&id, Status::LevetidUtlopt).await;
    assert_eq!(body.waiting().await, 0);
    let kept = incoming::expired(&body.point, Ask::all(10)).await.unwrap();
    assert_eq!(kept.total, 1);
    assert_eq!(kept.items[0].message_id, id.as_str());
    incoming::restore(&body.point, &id).await.unwrap();
    assert!(incoming::restore(&body.point, &id).await.is_err());
    body.take(&id).await;
    // > Late LEVERT after LEVETID_UTLOPT: still record (rest-api §12, 10)
    portal.reaches(&id, Status::Levert).await;
}

async fn what_comes_too_late_is_kept_for_the_operator(kind: Kind) {
    let world = world(kind).await;
    let portal = world.start(PORTAL).await;
    let id = portal.send(BODY).await;
    portal.reaches(&id, Status::Sendt).await;
    world.clock.advance(DAY + Duration::from_secs(1));
    let body = world.start(BODY).await;
    body.reaches(&id, Status::LevetidUtlopt).await;
    assert_eq!(
        body.log(&id).await,
        [Status::Opprettet, Status::LevetidUtlopt]
    );
    assert_eq!(body.waiting().await, 0);
    incoming::restore(&body.point, &id).await.unwrap();
    body.take(&id).await;
    portal.reaches(&id, Status::Levert).await;
}

async fn fault_38_what_is_finished_is_forgotten_when_the_operator_says_so(kind: Kind) {
    let mut world = world(kind).await;
    world.limits.conversations_kept = Some(DAY * 30);
    let (portal, mut body) = (world.start(PORTAL).await, world.start(BODY).await);
    body.road.keep_locks(1);
    let id = portal.send(BODY).await;
    body.take(&id).await;
    portal.reaches(&id, Status::Levert).await;
    for (passed, known) in [(DAY * 29, true), (DAY * 2, false)] {
        world.clock.advance(passed);
        let place = body.lose().await;
        body = world.open(BODY, place).await;
        body.run();
        until("it is as it should be", async || {
            known != body.log(&id).await.is_empty()
        })
        .await;
    }
    // Even then the message does not come back.
    world.hub.unlock_all();
    until("it came again", async || world.hub.is_empty(QUEUE)).await;
    assert_eq!(body.waiting().await, 0);
}

async fn what_expired_goes_when_the_operator_says_so(kind: Kind) {
    let mut world = world(kind).await;
    world.limits.expired_kept = Some(DAY * 30);
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let id = portal.send(BODY).await;
    until("it has arrived", async || body.waiting().await == 1).await;
    world.clock.advance(DAY * 2);
    body.reaches(&id, Status::LevetidUtlopt).await;
    let place = body.lose().await;
    world.clock.advance(DAY * 30);
    let mut body = world.open(BODY, place).await;
    body.run();
    until("it is gone", async || {
        let kept = incoming::expired(&body.point, Ask::all(1)).await.unwrap();
        kept.total == 0
    })
    .await;
}
