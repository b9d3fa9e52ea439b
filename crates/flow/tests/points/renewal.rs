//! Keys are exchanged while messages come and go, and nothing is lost by it.

use dokumentpakke::Identity;
use sbd::Status;

use crate::world::{BODY, Kind, PORTAL, World, on_both, until, vectors};

on_both! {
    fault_03_renewed_keys_open_what_was_and_what_is_sent_to_the_old
}

fn next() -> Identity {
    let store = std::fs::read(vectors().join("keys/910076787-next.p12")).unwrap();
    Identity::from_pkcs12(&store, "changeit").unwrap()
}

async fn fault_03_renewed_keys_open_what_was_and_what_is_sent_to_the_old(kind: Kind) {
    let world = World::new(kind).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let old = body.point.keys();
    let before = portal.send(BODY).await;
    until("it was kept", async || body.waiting().await == 1).await;
    let ring: Vec<Identity> = std::iter::once(next()).chain(old.clone()).collect();
    body.point.renew(ring).await.unwrap();
    assert_eq!(body.point.certificate().0, next().certificate().serial());
    // The register still gives the old one to others.
    let after = portal.send(BODY).await;
    for id in [&before, &after] {
        body.take(id).await;
        portal.reaches(id, Status::Levert).await;
    }
    let completed = body.road.completed();
    assert!(completed.iter().all(|(_, on_record)| *on_record));
    // No key, no change.
    body.point.renew(Vec::new()).await.unwrap_err();
    assert_eq!(body.point.keys().len(), 2);
    // What is at rest is now under the new certificate: the old key alone opens nothing,
    // and a ring that could not read it is not taken.
    let place = body.lose().await;
    let alone = world.try_open(BODY, &place).await;
    let words = alone.err().unwrap().to_string();
    assert!(words.contains(&next().certificate().serial()), "{words}");
}
