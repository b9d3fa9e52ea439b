//! Many callers at once.

use std::collections::HashSet;
use std::sync::Arc;

use ambient::Random;
use flow::{incoming, outgoing};
use store::page::Ask;
use store::{Content, Store};
use tokio::task::JoinSet;

use crate::world::{BODY, Kind, PORTAL, World, file, innsynskrav, on_both};

const MESSAGES: usize = 10_000;

on_both! {
    fault_40_whoever_peeks_gets_one_as_long_as_there_are
    callers_who_peek_the_same_messages_get_each_of_them_once
    callers_who_attach_to_one_message_number_its_files_without_gaps
}

async fn callers_who_peek_the_same_messages_get_each_of_them_once(kind: Kind) {
    let world = World::new(kind).await;
    let place = world.place();
    let store = place.open(&world.clock, &Random::system()).await;
    fill(&store, &world).await;
    drop(store);
    let body = world.open(BODY, place).await;
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let point = Arc::clone(&body.point);
        callers.spawn(async move {
            let mut mine = Vec::new();
            while let Some(next) = incoming::peek(&point, Ask::all(1)).await.unwrap() {
                mine.push(next.sbd);
            }
            mine
        });
    }
    let all: Vec<String> = callers.join_all().await.concat();
    let different: HashSet<&String> = all.iter().collect();
    assert_eq!((all.len(), different.len()), (MESSAGES, MESSAGES));
}

// > Peek may return 204 although messages exist (20 lost lock races) (rest-api §12, 40)
async fn fault_40_whoever_peeks_gets_one_as_long_as_there_are(kind: Kind) {
    const CALLERS: usize = 64;
    let world = World::new(kind).await;
    let place = world.place();
    let store = place.open(&world.clock, &Random::system()).await;
    fill(&store, &world).await;
    drop(store);
    let body = world.open(BODY, place).await;
    for round in 0..20 {
        // All at once, and never more than there are.
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let point = Arc::clone(&body.point);
            callers.spawn(async move {
                let peeked = incoming::peek(&point, Ask::all(1)).await.unwrap();
                peeked.is_some()
            });
        }
        let served = callers.join_all().await;
        assert!(served.iter().all(|some| *some), "round {round}");
    }
}

async fn callers_who_attach_to_one_message_number_its_files_without_gaps(kind: Kind) {
    let world = World::new(kind).await;
    let portal = world.open(PORTAL, world.place()).await;
    let message = innsynskrav(portal.point.orgnr(), BODY);
    let accepted = outgoing::accept(&portal.point, message).await.unwrap();
    let id = accepted.facts().unwrap().message_id;
    let mut callers = JoinSet::new();
    for caller in 0..32 {
        let (point, id) = (Arc::clone(&portal.point), id.clone());
        callers.spawn(async move {
            for number in 0..4 {
                let file = file(&format!("{caller}-{number}.xml"));
                outgoing::attach(&point, &id, file).await.unwrap();
            }
        });
    }
    callers.join_all().await;
    let place = portal.lose().await;
    let store = place.open(&world.clock, &Random::system()).await;
    let rows = store.read::<_, db::Error, _>(|tx| {
        Box::pin(async move {
            tx.query("SELECT number FROM file ORDER BY number", &[])
                .await
        })
    });
    let numbers: Vec<i64> = rows
        .await
        .unwrap()
        .iter()
        .map(|row| row.int(0).unwrap())
        .collect();
    assert_eq!(numbers, (1..=128).collect::<Vec<i64>>());
}

/// Messages that wait, laid there without their journey.
async fn fill(store: &Store, world: &World) {
    let now = world.clock.now();
    let fill = store.write::<(), store::Error, _>(move |tx| {
        Box::pin(async move {
            for number in 0..MESSAGES {
                let id = format!("00000000-0000-4000-8000-{number:012}");
                let new = store::incoming::NewIncoming {
                    message_id: id.parse().unwrap(),
                    conversation_id: id.clone(),
                    process: "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0".into(),
                    kind: sbd::MessageType::Innsynskrav,
                    sender_identifier: PORTAL.into(),
                    receiver_identifier: BODY.into(),
                    service: "DPE",
                    sbd: id,
                    expires_at: None,
                    expired: false,
                    form: store::incoming::Form::None,
                    remark: None,
                    content: Content::none(),
                };
                let owner = BODY.parse().unwrap();
                store::incoming::insert(tx, &owner, &new, now).await?;
            }
            Ok(())
        })
    });
    fill.await.unwrap();
}
