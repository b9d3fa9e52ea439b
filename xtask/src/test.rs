//! `cargo xtask test`: everything that must hold before a change is kept.
//!
//! Step after step, the quick ones first where nothing depends on them. The first that
//! fails ends the run, with the command that failed.

mod clients;
mod said;
mod tools;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("programs", tools::programs),
    ("rust components", tools::components),
    ("cargo-deny", tools::deny),
    ("judges", || clients::python("judges")),
    ("S3 server", || clients::python("s3")),
    ("Azure's blob server", || clients::javascript("azurite")),
    ("webdav", || clients::python("webdav")),
    ("mail server", || clients::python("smtp")),
    ("callers", || clients::python("door")),
    ("archive in python", || clients::python("zeep")),
    ("archive by NTLM", || clients::python("ntlm")),
    ("archive in java", || clients::java("jaxws")),
    ("python client", || clients::python("python")),
    ("plain AMQP client", || clients::python("proton")),
    ("javascript client", || clients::javascript("javascript")),
    ("browser judges", || clients::javascript("browser")),
    ("java client", || clients::java("java")),
    ("Artemis", || clients::java("artemis")),
    ("package opener in python", || clients::python("asn1crypto")),
    ("package opener in java", || clients::java("bouncycastle")),
    ("go client", clients::go),
    ("format", || cargo(&["fmt", "--all", "--check"])),
    ("dependencies", dependencies),
    ("lints", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ])
    }),
    ("fuzz targets", || {
        cargo(&["check", "--manifest-path", "fuzz/Cargo.toml", "--locked"])
    }),
    ("tests", said::tests),
];

pub(crate) fn main() -> Result<()> {
    let begun = Instant::now();
    for (number, (name, step)) in STEPS.iter().enumerate() {
        let number = number + 1;
        println!("── {number}/{} {name}", STEPS.len());
        let started = Instant::now();
        step().with_context(|| {
            format!("step {number}, {name}, failed after {}", time(started))
        })?;
        println!("── {number}/{} {name}: {}", STEPS.len(), time(started));
    }
    println!("all {} steps passed: {}", STEPS.len(), time(begun));
    Ok(())
}

/// Licences, bans and sources always; advisories where their list can be fetched.
fn dependencies() -> Result<()> {
    cargo(&["deny", "--locked", "check", "licenses", "bans", "sources"])?;
    if works("cargo", &["deny", "--locked", "fetch", "db"]) {
        return cargo(&["deny", "--locked", "check", "advisories"]);
    }
    eprintln!(
        "NOT CHECKED: security advisories; their list cannot be fetched from here"
    );
    Ok(())
}

/// Minutes and seconds since then.
fn time(since: Instant) -> String {
    let passed: Duration = since.elapsed();
    format!(
        "{} min {:02} s",
        passed.as_secs() / 60,
        passed.as_secs() % 60
    )
}

/// Run cargo on the whole clone.
fn cargo(args: &[&str]) -> Result<()> {
    run("cargo", args)
}

/// Run a program in the clone, its output where ours goes.
fn run(program: &str, args: &[&str]) -> Result<()> {
    let line = format!("{program} {}", args.join(" "));
    println!("$ {line}");
    let status = command(program, args)
        .status()
        .with_context(|| format!("`{line}` could not be started"))?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

/// Whether the program runs and says that all is well.
fn works(program: &str, args: &[&str]) -> bool {
    let quiet = command(program, args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(crate::root())
        .stdin(Stdio::null())
        // A clone has its own; these belong to the cargo that started us.
        .env_remove("CARGO_MANIFEST_DIR");
    command
}
