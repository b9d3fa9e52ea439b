//! The engine against a small broker in memory: random operations, a clock that is set
//! by hand, restarts. `cargo xtask soak broker` runs the same for longer.

use tempfile::TempDir;

use super::run::Run;

/// Seeds, and steps for each of them.
const SEEDS: u64 = 8;
const STEPS: usize = 2000;

#[test]
fn the_broker_does_what_the_model_does() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let folder = TempDir::new().unwrap();
        let mut run = Run::new(folder.path(), seed);
        for _ in 0..STEPS {
            run.step();
        }
        run.compare();
        println!("  {} messages in {} files", run.messages(), run.files());
    }
}
