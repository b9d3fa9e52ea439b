//! Locks: in the hands of one caller, for a while, in the order of arrival.

use std::time::Duration;

use ambient::Clock;
use flow::incoming::Peeked;
use flow::{Error, incoming};
use sbd::{MessageId, Status};
use store::page::Ask;

use crate::world::{BODY, End, Kind, PORTAL, World, on_both, until};

const LOCK_TIME: Duration = Duration::from_secs(5 * 60);

on_both! {
    a_lock_that_runs_out_gives_the_message_back_at_its_old_place
    who_pops_late_holds_the_message_for_longer
    fault_14_a_caller_with_a_token_takes_nothing_from_another
    a_caller_without_a_token_notices_nothing
}

// > Unlock moves message to the back of the queue → keep original received order
// (rest-api §12, 13)
async fn a_lock_that_runs_out_gives_the_message_back_at_its_old_place(kind: Kind) {
    let (world, _portal, body, sent) = waiting(kind, 3).await;
    let all = async || {
        let mut all = Vec::new();
        while let Some(next) = peek(&body).await {
            all.push(next.sbd);
        }
        all
    };
    let first = all().await;
    assert_eq!(first.len(), sent.len());
    world
        .clock
        .advance(LOCK_TIME.saturating_sub(Duration::from_secs(1)));
    assert_eq!(peek(&body).await, None);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(all().await, first);
}

// > at least extend on pop (rest-api §12, 14)
async fn who_pops_late_holds_the_message_for_longer(kind: Kind) {
    let (world, _portal, body, sent) = waiting(kind, 1).await;
    peek(&body).await.unwrap();
    world.clock.advance(LOCK_TIME / 5 * 4);
    incoming::pop(&body.point, &sent[0], None).await.unwrap();
    world.clock.advance(LOCK_TIME / 5 * 4);
    assert_eq!(peek(&body).await, None);
    incoming::remove(&body.point, &sent[0], None).await.unwrap();
}

// > Lock has no owner → optional lock token (rest-api §12, 14)
async fn fault_14_a_caller_with_a_token_takes_nothing_from_another(kind: Kind) {
    let (world, portal, body, sent) = waiting(kind, 1).await;
    let slow = Some(peek(&body).await.unwrap().token);
    world.clock.advance(LOCK_TIME);
    let quick = Some(peek(&body).await.unwrap().token);
    let pop = incoming::pop(&body.point, &sent[0], slow.as_deref()).await;
    assert!(matches!(pop, Err(Error::NotLocked(_))));
    let remove = incoming::remove(&body.point, &sent[0], slow.as_deref()).await;
    assert!(matches!(remove, Err(Error::NotLocked(_))));
    let remove = incoming::remove(&body.point, &sent[0], quick.as_deref()).await;
    remove.unwrap();
    portal.reaches(&sent[0], Status::Levert).await;
}

async fn a_caller_without_a_token_notices_nothing(kind: Kind) {
    let (world, portal, body, sent) = waiting(kind, 1).await;
    let unlocked = incoming::pop(&body.point, &sent[0], None).await;
    assert!(matches!(unlocked, Err(Error::NotLocked(_))));
    peek(&body).await.unwrap();
    world.clock.advance(LOCK_TIME);
    peek(&body).await.unwrap();
    incoming::pop(&body.point, &sent[0], None).await.unwrap();
    incoming::remove(&body.point, &sent[0], None).await.unwrap();
    let gone = incoming::remove(&body.point, &sent[0], None).await;
    assert!(matches!(gone, Err(Error::MessageNotFound(_))));
    portal.reaches(&sent[0], Status::Levert).await;
}

/// Messages that have arrived, in a world whose time is ours.
async fn waiting(kind: Kind, count: u64) -> (World, End, End, Vec<MessageId>) {
    let world = World::at(kind, Clock::manual(Clock::system().now())).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let mut sent = Vec::new();
    for _ in 0..count {
        sent.push(portal.send(BODY).await);
    }
    until("all have arrived", async || body.waiting().await == count).await;
    (world, portal, body, sent)
}

async fn peek(end: &End) -> Option<Peeked> {
    incoming::peek(&end.point, Ask::all(1)).await.unwrap()
}
