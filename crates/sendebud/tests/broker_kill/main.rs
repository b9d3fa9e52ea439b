//! The message service is killed under load, again and again: what it confirmed is
//! there, what was settled does not come back.
//!
//! `SENDEBUD_KILLS` says how often (`cargo xtask soak broker --kills`), `SENDEBUD_SEED`
//! repeats after how many steps each time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../world/mod.rs"]
mod world;

mod ledger;
mod line;
mod load;

use std::sync::Arc;

use ambient::Random;

use ledger::Ledger;
use world::{Role, World, until};

/// In CI.
const KILLS: usize = 20;
/// Steps between two kills, at the most.
const STRETCH: u64 = 3000;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_outlives_every_kill() {
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse().unwrap());
    let seed = number("SENDEBUD_SEED").unwrap_or_else(|| Random::system().number());
    let kills = number("SENDEBUD_KILLS").map_or(KILLS, |n| n.try_into().unwrap());
    println!("SENDEBUD_SEED={seed} repeats the kills");
    let random = Random::seeded(seed);
    let mut world = World::new();
    world.set(
        Role::Broker,
        "authentication = \"none\"\nsegment_bytes = 1048576",
    );
    world.start(Role::Broker).await;
    let address = world.address(Role::Broker, "amqp").parse().unwrap();
    let ledger = Arc::new(Ledger::default());
    let load = load::start(address, &ledger);
    for kill in 1..=kills {
        let steps = ledger.steps() + 1 + random.number() % STRETCH;
        until("the load goes on", async || {
            ledger.check();
            (ledger.steps() >= steps).then_some(())
        })
        .await;
        world.kill(Role::Broker);
        ledger.killed();
        world.start(Role::Broker).await;
        if kill % 50 == 0 {
            println!("{kill} kills: {}", ledger.summary());
        }
    }
    ledger.stop_sending();
    until("all that was confirmed comes", async || {
        ledger.check();
        ledger.missing().is_none().then_some(())
    })
    .await;
    ledger.stop();
    load.join();
    ledger.check();
    println!("{kills} kills: {}", ledger.summary());
    assert!(
        ledger.steps() > kills as u64 * 10,
        "hardly anything was done"
    );
}
