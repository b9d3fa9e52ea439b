//! What the address register says of others, also when it says nothing any more.

use ambient::Random;
use dokumentpakke::{Attachment, Identity, KeyTransport, Sealing, seal};
use flow::incoming::{self, Popped};
use sbd::{MessageId, payload};
use store::page::Ask;
use transport::{Parcel, Transport};

use crate::world::{
    BODY, End, Kind, PORTAL, World, innsynskrav, on_both, until, vectors,
};

on_both! {
    what_the_register_said_outlives_a_restart
    who_signs_for_another_must_be_its_supplier
}

async fn what_the_register_said_outlives_a_restart(kind: Kind) {
    let mut world = World::new(kind).await;
    let (portal, body) = (world.start(PORTAL).await, world.start(BODY).await);
    let id = portal.send(BODY).await;
    body.take(&id).await;
    portal.comes_home(&id).await;
    let place = portal.lose().await;
    world.lose_register().await;
    let mut portal = world.open(PORTAL, place).await;
    portal.run();
    assert!(portal.point.registry().state().answered.is_some());
    assert_eq!(portal.point.registry().state().stale_since, None);
    let id = portal.send(BODY).await;
    body.take(&id).await;
    portal.comes_home(&id).await;
    assert!(portal.point.registry().state().stale_since.is_some());
}

/// An organisation that another sends for.
const CUSTOMER: &str = "910075918";

async fn who_signs_for_another_must_be_its_supplier(kind: Kind) {
    let world = World::new(kind).await;
    let body = world.start(BODY).await;
    let refused = async |id: &MessageId| {
        let popped = incoming::pop(&body.point, id, None).await;
        popped.unwrap_err().to_string()
    };
    // The register knows of nobody who acts for it.
    let id = signed_by_another(&world, &body).await;
    let words = "signed by organisation 910077473, but sent by 910075918";
    assert!(refused(&id).await.contains(words));
    // It gives the certificate of another for it: that one acts for it, and what waits
    // is opened.
    register_for(&world, CUSTOMER, "keys/910077473.pem");
    let place = body.lose().await;
    let mut body = world.open(BODY, place).await;
    body.run();
    let Popped::Package { verdict, .. } =
        incoming::pop(&body.point, &id, None).await.unwrap()
    else {
        panic!("it has a package")
    };
    assert!(verdict.contains("a supplier of the sender"), "{verdict}");
    assert!(verdict.contains("signed by 910077473"), "{verdict}");
}

/// Have the register give this certificate for an organisation.
fn register_for(world: &World, orgnr: &str, certificate: &str) {
    let mut directory = world.directory.directory.write().unwrap();
    let mut found = directory.find(orgnr).unwrap().clone();
    found.certificate = std::fs::read_to_string(vectors().join(certificate)).unwrap();
    directory.put(found).unwrap();
}

/// A message that waits for the body, peeked at, sent by one and signed by another.
async fn signed_by_another(world: &World, body: &End) -> MessageId {
    let identity = |name: &str| {
        let bytes = std::fs::read(vectors().join(format!("keys/{name}.p12")));
        Identity::from_pkcs12(&bytes.unwrap(), "changeit").unwrap()
    };
    let (signer, recipient) = (identity(PORTAL), identity(BODY));
    let sealing = Sealing {
        sender: "0192:910075918",
        receiver: "0192:910076787",
        signer: &signer,
        recipient: recipient.certificate(),
        key_transport: KeyTransport::Pkcs1v15,
        now: world.clock.now(),
    };
    let file = Attachment {
        name: "order.xml",
        mime: "application/xml",
        bytes: b"<bestilling/>",
    };
    let package = seal(&sealing, &[file], &Random::system()).unwrap();
    let message = innsynskrav(&CUSTOMER.parse().unwrap(), BODY);
    let id = message.facts().unwrap().message_id;
    let parcel = Parcel {
        queue: "nextbestqueue910076787innsyn".into(),
        message_id: id.to_string(),
        body: payload::write(&message, Some(&package)).into(),
        time_to_live: None,
    };
    world.hub.end("the test").send(parcel).await.unwrap();
    let ask = || Ask::all(1).equal("message_id", id.as_str());
    until("it has arrived", async || {
        let peeked = incoming::peek(&body.point, ask()).await;
        peeked.unwrap().is_some()
    })
    .await;
    id
}
