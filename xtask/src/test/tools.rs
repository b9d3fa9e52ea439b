//! What the tests need of the machine: looked for, installed where that is allowed.

use anyhow::{Result, bail};

use super::{command, run, works};

/// The release of cargo-deny that the toolchain builds.
const DENY_VERSION: &str = "0.20.2";

/// A program, how to see that it works, and the Debian package that has it.
const PROGRAMS: &[(&str, &[&str], &str)] = &[
    ("cc", &["--version"], "gcc"),
    ("openssl", &["version"], "openssl"),
    ("unzip", &["-v"], "unzip"),
    ("sh", &["-c", POSTGRES], "postgresql"),
    ("softhsm2-util", &["--version"], "softhsm2"),
    ("keytool", &["-help"], "openjdk-17-jre-headless"),
    ("python3", &["-c", "import venv, ensurepip"], "python3-venv"),
    ("python3", &["-c", PYTHON_HEADERS], "python3-dev"),
    ("pkg-config", &["--version"], "pkg-config"),
    ("pkg-config", &["--exists", "openssl"], "libssl-dev"),
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
    ("chromium", &["--version"], "chromium"),
    ("javac", &["-version"], "default-jdk-headless"),
    ("mvn", &["--version"], "maven"),
    ("go", &["version"], "golang-go"),
    ("sh", &["-c", RABBITMQ], "rabbitmq-server"),
];

/// What is on the path is a shell around it, for the user that Debian makes.
const RABBITMQ: &str =
    "ls \"${RABBITMQ_HOME:-/usr/lib/rabbitmq}\"/*bin/rabbitmq-server";

/// Debian keeps the server's own programs out of the path.
const POSTGRES: &str = "command -v initdb || ls /usr/lib/postgresql/*/bin/initdb";

/// Qpid Proton comes as C and is built where it is installed.
const PYTHON_HEADERS: &str = "import os, sysconfig; \
    os.stat(os.path.join(sysconfig.get_path('include'), 'Python.h'))";

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
