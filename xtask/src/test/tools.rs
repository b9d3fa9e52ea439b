//! What the tests need of the machine: looked for, installed where that is allowed.

use std::fs;

use anyhow::{Result, bail};

use super::{command, run, works};

/// The release of cargo-deny that the toolchain builds.
const DENY_VERSION: &str = "0.20.2";

/// A program, how to see that it works, and the Debian package that has it.
const PROGRAMS: &[(&str, &[&str], &str)] = &[
    ("cc", &["--version"], "gcc"),
    ("openssl", &["version"], "openssl"),
    ("unzip", &["-v"], "unzip"),
    ("python3", &["-c", "import venv, ensurepip"], "python3-venv"),
];

/// The programs that tests compare with, and a C compiler.
pub(super) fn programs() -> Result<()> {
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, args, _)| !works(program, args))
        .map(|(_, _, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !root_user() || !works("apt-get", &["--version"]) {
        bail!("missing programs; run: sudo apt-get install {packages}");
    }
    run("apt-get", &["update", "--quiet"])?;
    let install = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "install"];
    let how = ["--yes", "--quiet", "--no-install-recommends"];
    run("env", &[&install, &how[..], &missing[..]].concat())
}

fn root_user() -> bool {
    let id = command("id", &["-u"]).output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// rustfmt and clippy, in the release that rust-toolchain.toml names.
pub(super) fn components() -> Result<()> {
    for (name, args) in [
        ("rustfmt", ["fmt", "--version"]),
        ("clippy", ["clippy", "-V"]),
    ] {
        if !works("cargo", &args) {
            run("rustup", &["component", "add", name])?;
        }
    }
    Ok(())
}

/// cargo-deny; another release that is there already will do.
pub(super) fn deny() -> Result<()> {
    if works("cargo", &["deny", "--version"]) {
        return Ok(());
    }
    let version = ["--version", DENY_VERSION];
    run(
        "cargo",
        &[&["install", "--locked", "cargo-deny"], &version[..]].concat(),
    )
}

/// Microsoft's client and a SHACL engine in a Python of their own, in exactly the
/// releases listed.
pub(super) fn python() -> Result<()> {
    let wanted = crate::root().join("conformance/sdk/requirements.txt");
    let stamp = crate::root().join("target/venv/requirements.txt");
    let (wanted_text, python) =
        (fs::read_to_string(&wanted)?, "target/venv/bin/python");
    let installed = fs::read_to_string(&stamp).is_ok_and(|text| text == wanted_text);
    if installed
        && works(
            python,
            &["-c", "import azure.servicebus, jsonschema, lxml, pyrudof"],
        )
    {
        return Ok(());
    }
    run("python3", &["-m", "venv", "--clear", "target/venv"])?;
    let list = ["--requirement", "conformance/sdk/requirements.txt"];
    let quiet = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    run(python, &[&quiet[..], &list[..]].concat())?;
    Ok(fs::write(stamp, wanted_text)?)
}
