//! `cargo xtask bench [NAME …]`: measure, print a table, write `target/bench/NAME.json`.
//!
//! Everything that is compared is measured in one run; figures of two runs are not.

mod api;
mod broker;
mod chain;
mod dokumentpakke;
mod http;
mod noark;
mod portal;
mod usage;

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A bench: takes what stands behind its name, prints its table, answers its figures.
type Bench = fn(&[String]) -> Result<Value>;

const BENCHES: [(&str, Bench); 6] = [
    ("api", |args| alone(args, api::main)),
    ("broker", broker::main),
    ("chain", |args| alone(args, chain::main)),
    ("dokumentpakke", |args| alone(args, dokumentpakke::main)),
    ("noark", |args| alone(args, noark::main)),
    ("portal", |args| alone(args, portal::main)),
];

pub(crate) fn main(args: &[String]) -> Result<()> {
    let names = BENCHES.map(|(name, _)| name).join(", ");
    let (name, args) = match args {
        [] => ("chain", args),
        [name, args @ ..] => (name.as_str(), args),
    };
    let found = BENCHES.iter().find(|(known, _)| *known == name);
    let (name, bench) = found
        .with_context(|| format!("no bench is called {name}; there are: {names}"))?;
    // The callers share the machine with what they measure, so they too run optimised.
    if cfg!(debug_assertions) {
        return optimised(name, args);
    }
    let figures = bench(args)?;
    let folder = crate::root().join("target/bench");
    std::fs::create_dir_all(&folder)?;
    let place = folder.join(format!("{name}.json"));
    std::fs::write(&place, serde_json::to_string_pretty(&figures)? + "\n")?;
    println!("\nwritten to target/bench/{name}.json");
    Ok(())
}

/// A bench that takes nothing.
fn alone(args: &[String], bench: fn() -> Result<Value>) -> Result<Value> {
    ensure!(
        args.is_empty(),
        "nothing follows the name, but {args:?} did"
    );
    bench()
}

fn optimised(name: &str, args: &[String]) -> Result<()> {
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
        .args(args)
        .current_dir(crate::root())
        .status()?;
    ensure!(status.success(), "the bench {name} ended with {status}");
    Ok(())
}
