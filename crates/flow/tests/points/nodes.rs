//! Several nodes of one access point on one database; some of them are lost.

use ambient::Clock;
use sbd::{MessageId, Status};
use store::job::LEASE_TIME;

use crate::world::{BODY, End, Kind, PORTAL, World, until};

// The jobs and the locks of a node that is lost in the middle are another's within
// seconds.
#[tokio::test(flavor = "multi_thread")]
async fn fault_58_a_node_that_is_lost_is_replaced_by_the_other() {
    let world = World::at(Kind::Server, Clock::manual(Clock::system().now())).await;
    let (portal, other_portal) = pair(&world, PORTAL).await;
    let (body, other_body) = pair(&world, BODY).await;
    let mut sent = Vec::new();
    for _ in 0..20 {
        sent.push(portal.send(BODY).await);
        sent.push(other_portal.send(BODY).await);
    }
    until("some are taken", async || body.waiting().await > 5).await;
    let (gone, also_gone) = (other_portal.lose().await, other_body.lose().await);
    world.hub.unlock_all();
    drop((gone, also_gone));
    world.clock.advance(LEASE_TIME);
    for id in &sent {
        body.take(id).await;
        portal.comes_home(id).await;
    }
    assert_eq!(body.waiting().await, 0);
}

// > PostgreSQL large objects never vacuumed → use bytea/files; delete payloads properly
// (rest-api §12, 50)
#[tokio::test(flavor = "multi_thread")]
async fn fault_50_nothing_is_left_of_what_was_delivered_but_its_log() {
    let world = World::new(Kind::Server).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let id = portal.send(BODY).await;
    body.take(&id).await;
    portal.comes_home(&id).await;
    for end in [portal, body] {
        let place = end.lose().await;
        for table in [
            "pg_largeobject_metadata",
            "outgoing",
            "file",
            "incoming",
            "incoming_content",
        ] {
            let count = place.sql(&format!("SELECT count(*) FROM {table}"));
            assert_eq!(count, "0", "{table}");
        }
        assert_eq!(place.sql("SELECT count(*) FROM conversation"), "1");
    }
}

// What one node has locked, any node hands out.
#[tokio::test(flavor = "multi_thread")]
async fn any_node_serves_any_caller() {
    let world = World::new(Kind::Server).await;
    let portal = world.start(PORTAL).await;
    let (body, other) = pair(&world, BODY).await;
    let id = portal.send(BODY).await;
    until("it has arrived", async || body.waiting().await == 1).await;
    let ask = || store::page::Ask::all(1);
    let peeked = flow::incoming::peek(&body.point, ask()).await.unwrap();
    let token = Some(peeked.unwrap().token);
    let again = flow::incoming::peek(&other.point, ask()).await.unwrap();
    assert_eq!(again, None);
    let pop = flow::incoming::pop(&other.point, &id, token.as_deref());
    pop.await.unwrap();
    let remove = flow::incoming::remove(&other.point, &id, token.as_deref());
    remove.await.unwrap();
    portal.reaches(&id, Status::Levert).await;
}

// Nodes that start together on an empty database agree on the data key.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_read_each_other() {
    let world = World::at(Kind::Server, Clock::manual(Clock::system().now())).await;
    let place = world.place();
    let [one, other] = [place.clone(), place].map(|place| world.open(PORTAL, place));
    let (one, mut other) = tokio::join!(one, other);
    let sent: [MessageId; 2] = [one.send(BODY).await, other.send(BODY).await];
    drop(one);
    world.clock.advance(LEASE_TIME);
    other.run();
    let body = world.start(BODY).await;
    for id in &sent {
        body.take(id).await;
    }
}

async fn pair(world: &World, orgnr: &str) -> (End, End) {
    let place = world.place();
    let both = [place.clone(), place].map(|place| world.open(orgnr, place));
    let [one, other] = both;
    let (mut one, mut other) = tokio::join!(one, other);
    one.run();
    other.run();
    (one, other)
}
