//! One message, one delivery, its statuses home in order: whatever breaks on the way.

use flow::incoming;
use sbd::{MessageId, Status};
use store::page::Ask;
use transport::{Parcel, Transport};

use crate::world::{BODY, HOME, Kind, PORTAL, World, on_both, until, vectors};

const QUEUE: &str = "nextbestqueue910076787innsyn";

on_both! {
    a_lock_is_completed_after_the_message_is_on_record
    a_message_whose_lock_ran_out_is_there_once
    a_message_that_was_consumed_does_not_come_back
    a_send_whose_answer_was_lost_delivers_once
    levert_does_not_overtake_mottatt
    what_was_answered_is_sent_by_the_next_process
    a_process_lost_in_the_middle_of_receiving_loses_nothing
    a_bad_package_is_kept_shown_and_never_delivered
}

async fn a_lock_is_completed_after_the_message_is_on_record(kind: Kind) {
    let world = World::new(kind).await;
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

async fn a_message_whose_lock_ran_out_is_there_once(kind: Kind) {
    let world = World::new(kind).await;
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
    portal.comes_home(&id).await;
}

async fn a_message_that_was_consumed_does_not_come_back(kind: Kind) {
    let world = World::new(kind).await;
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

async fn a_send_whose_answer_was_lost_delivers_once(kind: Kind) {
    let world = World::new(kind).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    portal.road.lose_answers(1);
    let id = portal.send(BODY).await;
    until("both copies are taken", async || {
        body.road.completed().len() == 2 && world.hub.is_empty(QUEUE)
    })
    .await;
    assert_eq!(body.waiting().await, 1);
    body.take(&id).await;
    portal.comes_home(&id).await;
}

async fn levert_does_not_overtake_mottatt(kind: Kind) {
    let world = World::new(kind).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    body.road.close(1);
    let id = portal.send(BODY).await;
    body.take(&id).await;
    portal.comes_home(&id).await;
}

async fn what_was_answered_is_sent_by_the_next_process(kind: Kind) {
    let world = World::new(kind).await;
    let place = world.place();
    // Nobody carries jobs out: the process dies between its answer and its work.
    let dying = world.open(PORTAL, place).await;
    let id = dying.send(BODY).await;
    let place = dying.lose().await;
    let mut portal = world.open(PORTAL, place).await;
    portal.run();
    let body = world.start(BODY).await;
    body.take(&id).await;
    portal.comes_home(&id).await;
}

async fn a_process_lost_in_the_middle_of_receiving_loses_nothing(kind: Kind) {
    let world = World::new(kind).await;
    let portal = world.start(PORTAL).await;
    let mut body = world.start(BODY).await;
    let mut sent = Vec::new();
    for lost in 0..5 {
        for _ in 0..5 {
            sent.push(portal.send(BODY).await);
        }
        until("some are taken", async || body.waiting().await > lost * 3).await;
        let place = body.lose().await;
        world.hub.unlock_all();
        body = world.open(BODY, place).await;
        body.run();
    }
    for id in &sent {
        body.take(id).await;
        portal.comes_home(id).await;
    }
    assert_eq!(body.waiting().await, 0);
    until("every delivery is settled", async || {
        world.hub.is_empty(QUEUE)
    })
    .await;
}

/// Cases of vectors/accept whose signature is not what it should be, and what is said.
const BAD: [(&str, &str); 8] = [
    ("asic_unsigned", "unsigned"),
    ("asic_tampered_attachment", "changed after signing"),
    (
        "asic_signature_without_embedded_certificate",
        "not included",
    ),
    (
        "asic_unknown_extra_file_not_in_the_manifest",
        "not in the signed list",
    ),
    ("asic_duplicate_entry_names", "the same name"),
    ("cms_truncated", "cut off"),
    ("cms_only_another_recipient", "encrypted to"),
    ("cms_last_ciphertext_bytes_changed_padding", "decrypted"),
];

// > A bad package is kept, shown with its reason and never delivered as if it were good;
// > the sender gets no LEVERT for it.
async fn a_bad_package_is_kept_shown_and_never_delivered(kind: Kind) {
    let world = World::new(kind).await;
    let body = world.start(BODY).await;
    let cases = std::fs::read(vectors().join("accept/expected.json")).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&cases).unwrap();
    for (name, words) in BAD {
        let payload = format!("{name}.payload");
        let case = cases.iter().find(|case| case["payload"] == *payload);
        let case = case.unwrap();
        let id: MessageId = case["messageId"].as_str().unwrap().parse().unwrap();
        let parcel = Parcel {
            queue: QUEUE.into(),
            message_id: id.to_string(),
            body: std::fs::read(vectors().join("accept").join(&payload))
                .unwrap()
                .into(),
            time_to_live: None,
        };
        world.hub.end("the test").send(parcel).await.unwrap();
        let ask = || Ask::all(1).equal("message_id", id.as_str());
        until("it has arrived", async || {
            let peeked = incoming::peek(&body.point, ask()).await;
            peeked.unwrap().is_some()
        })
        .await;
        let refused = incoming::pop(&body.point, &id, None).await.unwrap_err();
        assert!(refused.to_string().contains(words), "{name}: {refused}");
        incoming::remove(&body.point, &id, None).await.unwrap();
        let log = body.log(&id).await;
        assert_eq!(log.last(), Some(&Status::Feil), "{name}");
        assert!(!log.contains(&Status::InnkommendeLevert), "{name}");
    }
}
