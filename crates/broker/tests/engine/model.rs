//! The engine against a small broker in memory: random operations, a clock that is set
//! by hand, restarts.
//!
//! `SENDEBUD_OPERATIONS` says how many (`cargo xtask soak broker --operations`),
//! `SENDEBUD_SEED` where to begin.

use super::run::Run;
use super::running;

/// In CI, and those of one seed.
const OPERATIONS: u64 = 16_000;
const SEED_OPERATIONS: u64 = 2_000;

#[test]
fn the_broker_does_what_the_model_does() {
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse().unwrap());
    let operations: u64 = number("SENDEBUD_OPERATIONS").unwrap_or(OPERATIONS);
    let first: u64 = number("SENDEBUD_SEED").unwrap_or(0);
    // Longer runs are longer for each seed too: what grows old shows there.
    let each = SEED_OPERATIONS.max(operations / 20);
    for seed in first..first + operations.div_ceil(each) {
        println!("SENDEBUD_SEED={seed}");
        let folder = running::folder();
        let mut run = Run::new(folder.path(), seed);
        for _ in 0..each {
            run.step();
        }
        run.compare();
        println!("  {} messages in {} files", run.messages(), run.files());
    }
}
