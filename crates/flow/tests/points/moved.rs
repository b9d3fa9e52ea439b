//! From another access point of the organisation, and to it: once, with what was known.

use flow::incoming::{Adopted, adopt, let_go, put_back};
use flow::{Error, ledger};
use jiff::{SignedDuration, Timestamp};
use sbd::{Envelope, Status};
use store::conversation::{Direction, NewConversation, Told};

use crate::world::{BODY, Kind, PORTAL, World, innsynskrav, on_both, vectors};

on_both! {
    what_is_adopted_is_taken_once
    what_is_known_comes_along_and_nothing_is_made_of_it_twice
    what_is_handed_over_can_come_back
}

const QUEUE: &str = "nextbestqueue910076787innsyn";

/// A message of the portal's, with the package that it made in the recordings.
fn message() -> (Envelope, Vec<u8>) {
    let package = "dokumentpakke/innsynskrav-order-v1/dokumentpakke.asice";
    let package = std::fs::read(vectors().join(package)).unwrap();
    (innsynskrav(&PORTAL.parse().unwrap(), BODY), package)
}

async fn what_is_adopted_is_taken_once(kind: Kind) {
    let world = World::new(kind).await;
    let body = world.open(BODY, world.place()).await;
    let (envelope, package) = message();
    let id = envelope.facts().unwrap().message_id;
    let again = || adopt(&body.point, &envelope, Some(package.clone()));
    assert_eq!(again().await.unwrap(), Adopted::Kept);
    assert_eq!(again().await.unwrap(), Adopted::Before);
    let waits = [Status::Opprettet, Status::InnkommendeMottatt];
    assert_eq!(body.log(&id).await, waits);
    body.take(&id).await;
    assert_eq!(again().await.unwrap(), Adopted::Before);
    assert_eq!(body.waiting().await, 0);

    // Nothing, and what another has signed: neither is here afterwards.
    let (envelope, _) = message();
    let foreign = "dokumentpakke/publisering-journalpost/dokumentpakke.asice";
    let foreign = std::fs::read(vectors().join(foreign)).unwrap();
    for package in [None, Some(Vec::new()), Some(foreign)] {
        let refused = adopt(&body.point, &envelope, package).await;
        assert!(
            matches!(refused, Err(Error::Unreadable { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(body.waiting().await, 0);
}

fn told(envelope: &Envelope, direction: Direction, log: &[Status]) -> Told {
    let facts = envelope.facts().unwrap();
    let begun: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    let line = |(minute, status): (i64, &Status)| {
        let at = begun + SignedDuration::from_mins(minute);
        (*status, None, at)
    };
    let lines: Vec<_> = (0..).zip(log).map(line).collect();
    Told {
        last_update: lines.last().unwrap().2,
        lines,
        new: NewConversation {
            message_id: facts.message_id,
            conversation_id: facts.conversation_id.to_string(),
            direction,
            sender: facts.sender.as_str().to_owned(),
            sender_identifier: facts.sender.organisation().to_owned(),
            receiver: facts.receiver.as_str().to_owned(),
            receiver_identifier: facts.receiver.organisation().to_owned(),
            process: facts.process,
            document_type: facts.document_type,
            service: "DPE",
            expiry: None,
        },
    }
}

async fn what_is_known_comes_along_and_nothing_is_made_of_it_twice(kind: Kind) {
    use Status::{InnkommendeLevert, InnkommendeMottatt, Levert, Opprettet, Sendt};

    let world = World::new(kind).await;
    let body = world.open(BODY, world.place()).await;
    let [taken, waits, sent] = [(); 3].map(|()| message().0);
    let (incoming, outgoing) = (Direction::Incoming, Direction::Outgoing);
    let end = [Opprettet, InnkommendeMottatt, InnkommendeLevert];
    let all = |log: &[Status]| {
        vec![
            told(&taken, incoming, &end),
            told(&waits, incoming, &end[..2]),
            told(&sent, outgoing, log),
        ]
    };
    let copy = |log| ledger::copy(&body.point, all(log));
    assert_eq!(copy(&[Opprettet, Sendt]).await.unwrap(), 3);
    assert_eq!(copy(&[Opprettet, Sendt]).await.unwrap(), 0);
    // A run later more is known.
    assert_eq!(copy(&[Opprettet, Sendt, Levert]).await.unwrap(), 1);
    let id = sent.facts().unwrap().message_id;
    let known = ledger::by_message(&body.point, &id).await.unwrap().unwrap();
    assert!(known.finished);
    let last = known.statuses.last().unwrap();
    assert_eq!(last.at.to_string(), "2026-11-01T12:02:00Z");
    assert_eq!(known.last_update, last.at);

    // What its case system has taken never comes again; what waits there still may.
    let package = message().1;
    let adopt = |one| adopt(&body.point, one, Some(package.clone()));
    assert_eq!(adopt(&taken).await.unwrap(), Adopted::Before);
    assert_eq!(adopt(&waits).await.unwrap(), Adopted::Kept);
    // It left the other one for us, which is no end of it here.
    let moved = told(&waits, incoming, &end);
    assert_eq!(ledger::copy(&body.point, vec![moved]).await.unwrap(), 0);
    assert_eq!(body.log(&waits.facts().unwrap().message_id).await, end[..2]);
}

async fn what_is_handed_over_can_come_back(kind: Kind) {
    let world = World::new(kind).await;
    let body = world.open(BODY, world.place()).await;
    let (envelope, package) = message();
    let id = envelope.facts().unwrap().message_id;
    let adopt = || adopt(&body.point, &envelope, Some(package.clone()));
    assert_eq!(adopt().await.unwrap(), Adopted::Kept);
    put_back(&body.point, &id).await.unwrap();
    assert_eq!((world.hub.len(QUEUE), body.waiting().await), (1, 1));
    let_go(&body.point, &id).await.unwrap();
    assert_eq!(body.waiting().await, 0);
    assert_eq!(body.log(&id).await.last(), Some(&Status::Annet));
    assert_eq!(adopt().await.unwrap(), Adopted::Kept);
    assert_eq!(body.waiting().await, 1);
}
