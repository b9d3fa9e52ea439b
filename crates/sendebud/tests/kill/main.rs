//! Roles are killed at random moments of a run, and started again: every message
//! reaches the case system once, and every status comes home.
//!
//! `SENDEBUD_SEED` repeats a run: which role is killed after which step, and every
//! message. The steps of the callers still fall as they fall.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../world/mod.rs"]
mod world;

mod check;
mod insist;
mod ledger;
mod plan;
mod progress;
mod receive;
mod send;

use std::rc::Rc;
use std::time::Instant;

use ambient::Random;
use tokio::task::{JoinSet, LocalSet};

use ledger::Ledger;
use plan::Kill;
use progress::Progress;
use send::Letter;
use world::{Role, World};

const MESSAGES: usize = 500;
const KILLS: usize = 50;
/// Create, attach, submit; peek, pop, delete.
const STEPS: usize = 6 * MESSAGES;
const SENDERS: usize = 8;
const RECEIVERS: usize = 4;

#[tokio::test]
async fn fault_51_every_message_arrives_once_though_roles_are_killed() {
    let seed = std::env::var("SENDEBUD_SEED").ok();
    let seed = seed.map_or_else(|| Random::system().number(), |s| s.parse().unwrap());
    println!("SENDEBUD_SEED={seed} repeats this run");
    let random = Random::seeded(seed);
    let (begun, plan) = (Instant::now(), plan::draw(&random));
    let letters: Vec<Letter> =
        (0..MESSAGES).map(|n| send::letter(n, &random)).collect();

    let mut world = World::new();
    world.set(Role::Broker, "lock_seconds = 5");
    world.set(Role::Kommune, "lock_seconds = 5");
    world.start_all(&plan::KILLED).await;
    let progress = Rc::new(Progress::new());
    let ledger = Rc::new(Ledger::new(&letters));
    let callers = call(&world, &letters, &ledger, &progress);
    let kills = carry_out(&mut world, &plan, &progress);
    tokio::select! {
        () = async { tokio::join!(callers, kills); } => {}
        () = progress.watch() => {}
    }
    println!(
        "{MESSAGES} sent and taken, {KILLS} kills: {:.1?}",
        begun.elapsed()
    );
    check::all(&world, &letters, &ledger).await;
    println!("{}", plan::summary(&plan));
    println!("{}", ledger.summary());
    println!("all is home: {:.1?}", begun.elapsed());
}

/// All case systems, each at its own pace, until everything is sent and taken.
fn call(
    world: &World,
    letters: &[Letter],
    ledger: &Rc<Ledger>,
    progress: &Rc<Progress>,
) -> impl Future<Output = ()> + use<> {
    let (local, mut callers) = (LocalSet::new(), JoinSet::new());
    for share in send::shares(letters, SENDERS) {
        let point = world.fagsystem(Role::Einnsyn);
        let sending = send::all(point, share, Rc::clone(progress));
        callers.spawn_local_on(sending, &local);
    }
    for _ in 0..RECEIVERS {
        let point = world.fagsystem(Role::Kommune);
        let receiving = receive::all(point, Rc::clone(ledger), Rc::clone(progress));
        callers.spawn_local_on(receiving, &local);
    }
    async move {
        let all = async {
            while let Some(done) = callers.join_next().await {
                done.unwrap();
            }
        };
        local.run_until(all).await;
    }
}

/// Kill and start again, each in its turn.
async fn carry_out(world: &mut World, plan: &[Kill], progress: &Progress) {
    for kill in plan {
        progress.reach(kill.after).await;
        world.kill(kill.role);
        progress.killed();
        world.start(kill.role).await;
    }
}
