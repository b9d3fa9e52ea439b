//! The same thing asked for twice is done once.

use flow::{ledger, outgoing};
use sbd::{MessageId, Status};
use transport::{Parcel, Transport};

use crate::world::{BODY, End, Kind, PORTAL, World, file, innsynskrav, on_both, until};

on_both! {
    a_message_that_is_sent_twice_leaves_once
    a_status_touches_only_what_was_sent
    two_who_create_the_same_message_create_one
}

// > make send idempotent (200) (rest-api §12, 7)
async fn a_message_that_is_sent_twice_leaves_once(kind: Kind) {
    let world = World::new(kind).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let id = created(&portal).await;
    let submit = || outgoing::submit(&portal.point, &id);
    let (one, two, three) = tokio::join!(submit(), submit(), submit());
    one.and(two).and(three).unwrap();
    portal.reaches(&id, Status::Mottatt).await;
    // The answer may come before we have noted that we sent it.
    let jobs = async || ledger::waiting(&portal.point).await.unwrap().jobs;
    until("it has left", async || jobs().await == 0).await;
    // A caller that was cut off from its answer asks again when the message has left.
    submit().await.unwrap();
    assert_eq!(jobs().await, 0);
    // Nor need the receiver have given its lock back when its answer comes.
    let queue = "nextbestqueue910076787innsyn";
    until("it is settled", async || world.hub.is_empty(queue)).await;
    assert_eq!(body.road.completed().len(), 1);
}

async fn two_who_create_the_same_message_create_one(kind: Kind) {
    let world = World::new(kind).await;
    let portal = world.open(PORTAL, world.place()).await;
    let message = innsynskrav(portal.point.orgnr(), BODY);
    let create = || outgoing::accept(&portal.point, message.clone());
    let all = futures_util::future::join_all((0..8).map(|_| create())).await;
    assert_eq!(all.iter().filter(|created| created.is_ok()).count(), 1);
}

// A status is about what we sent. One with the id of what we received touches nothing.
async fn a_status_touches_only_what_was_sent(kind: Kind) {
    let world = World::new(kind).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let id = portal.send(BODY).await;
    until("it has arrived", async || body.waiting().await == 1).await;
    let about = ledger::by_message(&portal.point, &id)
        .await
        .unwrap()
        .unwrap();
    let before = body.log(&id).await;
    let stranger = innsynskrav(portal.point.orgnr(), BODY);
    let mut stranger =
        serde_json::from_str::<serde_json::Value>(&stranger.to_json()).unwrap();
    let header = &mut stranger["standardBusinessDocumentHeader"];
    header["documentIdentification"]["instanceIdentifier"] = id.as_str().into();
    header["documentIdentification"]["type"] = "status".into();
    header["documentIdentification"]["standard"] =
        "urn:no:difi:eformidling:xsd::status".into();
    header["businessScope"]["scope"][0]["instanceIdentifier"] =
        about.conversation_id.into();
    stranger.as_object_mut().unwrap().remove("innsynskrav");
    stranger["status"] = serde_json::json!({ "status": "FEIL" });
    let payload = serde_json::json!({ "sbd": stranger });
    let parcel = Parcel {
        queue: "nextbestqueue910076787innsyn".into(),
        message_id: "stranger".into(),
        body: payload.to_string().into(),
        time_to_live: None,
    };
    world.hub.end("stranger").send(parcel).await.unwrap();
    until("it was taken", async || body.road.completed().len() == 2).await;
    assert_eq!(body.log(&id).await, before);
}

async fn created(portal: &End) -> MessageId {
    let message = innsynskrav(portal.point.orgnr(), BODY);
    let accepted = outgoing::accept(&portal.point, message).await.unwrap();
    let id = accepted.facts().unwrap().message_id;
    let attached = outgoing::attach(&portal.point, &id, file("order.xml")).await;
    attached.unwrap();
    id
}
