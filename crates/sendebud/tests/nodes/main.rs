//! Two nodes of an access point on one PostgreSQL database, at either end; one of each is
//! killed with work in its hands. The other does it, and nothing is lost or doubled.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};
use std::time::Instant;

use ambient::Random;
use cluster::Cluster;
use fagsystem::{Correspondence, Fagsystem, Upload, innsynskrav};
use sbd::{MessageId, Status};
use world::{EINNSYN, KOMMUNE, Role, World, free_ports, sendebud, until};

const MESSAGES: usize = 30;
/// Of those, the ones that are taken before the second kill.
const TAKEN: usize = 10;

/// A second node, with an address of its own and everything else in common.
struct Node {
    child: Child,
    api: Fagsystem,
}

impl Node {
    async fn start(world: &World, role: Role) -> Self {
        let text = fs::read_to_string(world.settings(role)).unwrap();
        let mut settings: toml::Table = text.parse().unwrap();
        let address = format!("127.0.0.1:{}", free_ports());
        settings.insert("listen".into(), address.clone().into());
        settings.insert("data".into(), format!("andre-{}", role.file()).into());
        let place = world.place(format!("andre-node-{}", role.file()));
        fs::write(&place, toml::to_string(&settings).unwrap()).unwrap();
        let mut command = sendebud();
        command.arg(role.command()).arg("--config").arg(place);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let url = format!("http://{address}/").parse().unwrap();
        let api = Fagsystem::new(&url, None).unwrap();
        until("the other node listens", async || api.health().await.ok()).await;
        Self { child, api }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Everything that nodes have in common is on the server and in one folder.
fn share(world: &World, role: Role, database: &str) {
    let name = format!("database-{}", role.file());
    fs::write(world.place(&name), database).unwrap();
    let blobs = world.place(format!("innhold-{}", role.file()));
    let blobs = blobs.to_str().unwrap();
    let lines = format!("database_file = \"{name}\"\nblobs = \"{blobs}\"");
    world.set(role, &lines);
}

async fn order(api: &Fagsystem, random: &Random) -> MessageId {
    let id: MessageId = random.uuid().to_string().parse().unwrap();
    let who = Correspondence {
        sender: EINNSYN.parse().unwrap(),
        receiver: KOMMUNE.parse().unwrap(),
        message_id: id.clone(),
        conversation_id: random.uuid().to_string(),
        expires: None,
    };
    let order = Upload {
        name: "order.xml".into(),
        mime: "application/xml".into(),
        // One in a blob, for every so many in a row.
        bytes: "<bestilling/>".repeat(8_000).into(),
    };
    let sbd = innsynskrav(&who, &KOMMUNE.parse().unwrap(), "innsyn@fjordvik.example");
    api.multipart(&sbd, vec![order]).await.unwrap();
    id
}

async fn statuses(api: &Fagsystem, id: &MessageId) -> Vec<Status> {
    let lines = api.statuses(id).await.unwrap_or_default();
    lines.iter().map(|line| line.status).collect()
}

/// Every message, locked through this node.
async fn peek_all(api: &Fagsystem) -> Vec<MessageId> {
    let mut all = Vec::new();
    while let Some(next) = api.peek(&[]).await.unwrap() {
        all.push(next.facts().unwrap().message_id);
    }
    all
}

async fn take(api: &Fagsystem, id: &MessageId) {
    assert!(api.pop(id).await.unwrap().is_some(), "{id}");
    api.delete(id).await.unwrap();
}

#[tokio::test]
async fn a_killed_node_is_replaced_by_the_other_and_nothing_is_lost_or_doubled() {
    let (cluster, random) = (Cluster::shared(), Random::system());
    let mut world = World::new();
    world.set(Role::Broker, "lock_seconds = 5");
    share(&world, Role::Einnsyn, &cluster.database());
    share(&world, Role::Kommune, &cluster.database());
    let all = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
    world.start_all(&all).await;
    let sender = Node::start(&world, Role::Einnsyn).await;
    let receiver = Node::start(&world, Role::Kommune).await;

    // What one node has promised while nothing could leave is sent by the other.
    let first = world.fagsystem(Role::Einnsyn);
    order(&first, &random).await;
    world.kill(Role::Broker);
    let mut sent = BTreeSet::new();
    for _ in 0..MESSAGES {
        sent.insert(order(&first, &random).await);
    }
    world.kill(Role::Einnsyn);
    world.start(Role::Broker).await;
    let killed = Instant::now();
    for id in &sent {
        until("it is sent", async || {
            let log = statuses(&sender.api, id).await;
            log.contains(&Status::Sendt).then_some(())
        })
        .await;
    }
    println!("all is sent {:.1?} after the kill", killed.elapsed());

    // What one node has locked and half taken is handed out by the other.
    until("all have arrived", async || {
        let waiting = receiver.api.inbox().await.unwrap_or_default();
        (waiting.len() == MESSAGES + 1).then_some(())
    })
    .await;
    let first = world.fagsystem(Role::Kommune);
    let locked = peek_all(&first).await;
    assert_eq!(locked.len(), MESSAGES + 1);
    let unique: BTreeSet<&MessageId> = locked.iter().collect();
    assert_eq!(unique.len(), locked.len(), "none is peeked twice");
    for id in &locked[..TAKEN] {
        take(&first, id).await;
    }
    world.kill(Role::Kommune);
    for id in &locked[TAKEN..] {
        take(&receiver.api, id).await;
    }

    // LEVERT comes home for each, once, and nothing waits anywhere.
    let killed = Instant::now();
    let home = [
        Status::Opprettet,
        Status::Sendt,
        Status::Mottatt,
        Status::Levert,
    ];
    for id in &locked {
        until("it has come home", async || {
            (statuses(&sender.api, id).await == home).then_some(())
        })
        .await;
    }
    println!("all is home {:.1?} after the second kill", killed.elapsed());
    assert!(peek_all(&receiver.api).await.is_empty());
    assert!(sent.iter().all(|id| unique.contains(id)));
    let known = receiver.api.conversations(&[], 0).await.unwrap();
    assert_eq!(known.items.len(), MESSAGES + 1);
}
