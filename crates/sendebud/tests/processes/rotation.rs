//! The message service's key is changed while the access points work.

use std::fs;

use fagsystem::Upload;
use sbd::MessageId;

use crate::world::{Role, World, innsynskrav, until};

#[tokio::test]
async fn a_key_that_is_changed_in_its_file_needs_no_restart() {
    let mut world = World::new();
    let all = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
    world.start_all(&all).await;
    // Both have used the old key.
    order(&world).await;
    arrived(&world, 1).await;

    world.kill(Role::Broker);
    let old = world.secrets()[1].clone();
    let new: String = old.chars().rev().filter(|c| *c != '=').collect();
    for place in [
        world.settings(Role::Broker),
        world.place("keys/tilkobling-amqp"),
    ] {
        let text = fs::read_to_string(&place).unwrap();
        assert!(text.contains(&old));
        fs::write(place, text.replace(&old, &new)).unwrap();
    }
    world.start(Role::Broker).await;
    order(&world).await;
    arrived(&world, 2).await;
}

pub(crate) async fn order(world: &World) {
    send(world, b"<bestilling/>".to_vec()).await;
}

/// Send an order of these bytes.
pub(crate) async fn send(world: &World, bytes: Vec<u8>) -> MessageId {
    let (id, message) = innsynskrav();
    let file = Upload {
        name: "order.xml".into(),
        mime: "application/xml".into(),
        bytes: bytes.into(),
    };
    let einnsyn = world.fagsystem(Role::Einnsyn);
    einnsyn.multipart(&message, vec![file]).await.unwrap();
    id
}

pub(crate) async fn arrived(world: &World, count: usize) {
    let kommune = world.fagsystem(Role::Kommune);
    until(&format!("{count} have arrived"), async || {
        let waiting = kommune.inbox().await.ok()?;
        (waiting.len() == count).then_some(())
    })
    .await;
}
