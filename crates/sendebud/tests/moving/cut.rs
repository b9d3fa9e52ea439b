//! Cut off at every step, on either side, and run again: every message is here exactly
//! once, and gone there.

use std::collections::BTreeMap;

use sbd::{MessageId, Status};

use crate::place::{Place, run, said};
use crate::player::{Cut, Message, Player, SENT};

const MESSAGES: usize = 2;

#[tokio::test]
async fn whoever_is_cut_off_every_message_arrives_once() {
    // How many requests a run has.
    let (place, player) = (Place::new(), Player::start(MESSAGES));
    let done = run(&mut place.move_in(Some(&player)), &player);
    assert!(done.status.success(), "{}", said(&done));
    let requests = player.state().requests.clone();
    everything_is_here(&place, &player, "not cut").await;

    for (at, request) in requests.iter().enumerate() {
        for cut in Cut::ALL {
            let what = format!("{cut:?} at {at}, {request}");
            let (place, player) = (Place::new(), Player::start(MESSAGES));
            player.state().cut = Some((at, cut));
            let done = run(&mut place.move_in(Some(&player)), &player);
            assert!(!done.status.success(), "{what}: {}", said(&done));
            player.state().cut = None;
            // The Java one's locks last for minutes.
            player.unlock();
            let done = run(&mut place.move_in(Some(&player)), &player);
            assert!(done.status.success(), "{what}: {}", said(&done));
            everything_is_here(&place, &player, &what).await;
        }
    }
}

async fn everything_is_here(place: &Place, player: &Player, what: &str) {
    let (gone, there): (Vec<Message>, usize) = {
        let state = player.state();
        (state.done.clone(), state.waiting.len())
    };
    assert_eq!(there, 0, "{what}: something waits there");
    let serving = place.serve().await;
    let here = serving.fagsystem.inbox().await.unwrap();
    let mut times = BTreeMap::new();
    for envelope in &here {
        let id = envelope.facts().unwrap().message_id.to_string();
        *times.entry(id).or_insert(0) += 1;
    }
    let once = gone.iter().map(|m| (m.id.clone(), 1)).collect();
    assert_eq!(times, once, "{what}: not every message is here once");
    assert!(gone.iter().all(|m| m.deleted == 1), "{what}: {gone:?}");
    for message in &gone {
        let id: MessageId = message.id.parse().unwrap();
        let lines = serving.fagsystem.statuses(&id).await.unwrap();
        let lines: Vec<Status> = lines.iter().map(|line| line.status).collect();
        let waits = [Status::Opprettet, Status::InnkommendeMottatt];
        assert_eq!(lines, waits, "{what}: it waits, and nothing else");
    }
    // What was sent from there is known, with its end.
    let sent = serving.fagsystem.statuses(&SENT.parse().unwrap()).await;
    let sent: Vec<Status> = sent.unwrap().iter().map(|line| line.status).collect();
    let whole = [
        Status::Opprettet,
        Status::Sendt,
        Status::Mottatt,
        Status::Levert,
    ];
    assert_eq!(sent, whole, "{what}");
    // And its package comes out as it went in.
    let first = serving.fagsystem.peek(&[]).await.unwrap().unwrap();
    let id = first.facts().unwrap().message_id;
    let package = serving.fagsystem.pop(&id).await.unwrap().unwrap();
    let recorded = "dokumentpakke/innsynskrav-order-v1/dokumentpakke.asice";
    let recorded = std::fs::read(crate::record::vector(recorded)).unwrap();
    assert!(package == recorded, "{what}: another package");
    assert_eq!(
        first.facts().unwrap().message_id.as_str(),
        gone_first(player)
    );
}

/// The one that waited longest there.
fn gone_first(player: &Player) -> String {
    player.state().done[0].id.clone()
}
