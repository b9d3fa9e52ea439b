//! The address register is gone while an access point starts: what it said before, the
//! message service's key among it, carries messages on.

use std::fs;

use reqwest::Client;
use serde_json::Value;

use crate::rotation::{arrived, order};
use crate::world::planted::assert_free;
use crate::world::{Role, World};

#[tokio::test]
async fn a_start_without_the_register_goes_on_with_what_it_said() {
    let mut world = World::new();
    let key = keyless(&world);
    let all = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
    world.start_all(&all).await;
    order(&world).await;
    arrived(&world, 1).await;
    assert_eq!(register(&world).await["stale"], false);

    world.kill(Role::Einnsyn);
    world.kill(Role::Registry);
    assert_free(&world.place("einnsyn"), &[key]);
    world.start(Role::Einnsyn).await;
    order(&world).await;
    arrived(&world, 2).await;
    let details = register(&world).await;
    assert_eq!(details["stale"], true, "{details}");
    assert!(details["answered"].is_string(), "{details}");
    assert!(details["staleSince"].is_string(), "{details}");
}

/// Let eInnsyn have its key of the message service from the register; answers it.
fn keyless(world: &World) -> String {
    let connection = fs::read_to_string(world.place("keys/tilkobling-amqp")).unwrap();
    let mut parts: Vec<&str> = connection.trim().split(';').collect();
    let at = parts
        .iter()
        .position(|part| part.starts_with("SharedAccessKey="));
    let key = parts
        .remove(at.unwrap())
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    fs::write(world.place("keys/uten-noekkel"), parts.join(";")).unwrap();
    fs::write(world.place("keys/sas"), &key).unwrap();
    world.set(Role::Registry, "sas_key_file = \"keys/sas\"");
    let path = world.settings(Role::Einnsyn);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("keys/tilkobling-amqp"), "{text}");
    fs::write(
        path,
        text.replace("keys/tilkobling-amqp", "keys/uten-noekkel"),
    )
    .unwrap();
    key
}

/// What eInnsyn's health says of the register.
async fn register(world: &World) -> Value {
    let health = world.url(Role::Einnsyn, "/manage/health");
    let health = Client::new().get(health).send().await.unwrap();
    let health: Value = health.json().await.unwrap();
    health["components"]["register"]["details"].clone()
}
