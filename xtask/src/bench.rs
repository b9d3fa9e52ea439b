//! `cargo xtask bench [NAME]`: measure, print a table, write `target/bench/NAME.json`.
//!
//! Everything that is compared is measured in one run; figures of two runs are not.

mod chain;
mod http;
mod noark;
mod usage;

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// A bench: prints its table, answers its figures.
type Bench = fn() -> Result<Value>;

const BENCHES: [(&str, Bench); 2] = [("chain", chain::main), ("noark", noark::main)];

pub(crate) fn main(args: &[String]) -> Result<()> {
    let names = BENCHES.map(|(name, _)| name).join(", ");
    let name = match args {
        [] => "chain",
        [name] => name,
        _ => bail!("one name at most; there are: {names}"),
    };
    let found = BENCHES.iter().find(|(known, _)| *known == name);
    let (name, bench) = found
        .with_context(|| format!("no bench is called {name}; there are: {names}"))?;
    // The callers share the machine with what they measure, so they too run optimised.
    if cfg!(debug_assertions) {
        return optimised(name);
    }
    let figures = bench()?;
    let folder = crate::root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let place = folder.join(format!("{name}.json"));
    std::fs::write(&place, serde_json::to_string_pretty(&figures)? + "\n")?;
    println!("\nwritten to target/bench/{name}.json");
    Ok(())
}

fn optimised(name: &str) -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args([
        "run",
        "--quiet",
        "--release",
        "--locked",
        "--package",
        "xtask",
    ]);
    let status = cargo
        .args(["--", "bench", name])
        .current_dir(crate::root())
        .status()?;
    ensure!(status.success(), "the bench {name} ended with {status}");
    Ok(())
}
