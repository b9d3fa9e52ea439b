//! `cargo xtask soak broker …`: the tests of the message service that also run in CI,
//! for longer.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const WORDS: &str = "cargo xtask soak broker --operations N | --kills N";

pub(crate) fn main(args: &[String]) -> Result<()> {
    let [name, what, number] = args else {
        bail!("{WORDS}");
    };
    ensure!(name == "broker", "{name} has no soak; {WORDS}");
    let wrong = || format!("{number:?} is no number; {WORDS}");
    let number: u64 = number.parse().with_context(wrong)?;
    let (package, test, variable) = match what.as_str() {
        "--operations" => ("broker", ["engine", "model"], "SENDEBUD_OPERATIONS"),
        "--kills" => ("sendebud", ["broker_kill", ""], "SENDEBUD_KILLS"),
        _ => bail!("{what} is not understood; {WORDS}"),
    };
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--release", "--locked", "--package", package]);
    cargo.args(["--test", test[0], "--", test[1], "--nocapture"]);
    cargo.env(variable, number.to_string());
    let status = cargo.current_dir(crate::root()).status()?;
    ensure!(status.success(), "the soak ended with {status}");
    Ok(())
}
