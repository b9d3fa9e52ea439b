//! The programs of others that tests run, clients of the message service and judges of
//! files: in exactly the releases listed in `conformance/sdk`, below `target/sdk`. Quick
//! when they are there already.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{command, run};

/// What is written in Python, each in a Python of its own.
pub(super) fn python(client: &str) -> Result<()> {
    let list = format!("conformance/sdk/{client}/requirements.txt");
    let folder = format!("target/sdk/{client}");
    let python = format!("{folder}/bin/python");
    once(&[&list], &folder, || {
        run("python3", &["-m", "venv", "--clear", &folder])?;
        let install = ["-m", "pip", "install", "--disable-pip-version-check"];
        let quiet = ["--quiet", "--requirement", &list];
        run(&python, &[&install[..], &quiet[..]].concat())
    })
}

/// What is written in JavaScript, as the lock file has it.
pub(super) fn javascript(client: &str) -> Result<()> {
    let lists = ["package.json", "package-lock.json"]
        .map(|name| format!("conformance/sdk/{client}/{name}"));
    let folder = format!("target/sdk/{client}");
    once(&[&lists[0], &lists[1]], &folder, || {
        for list in &lists {
            let name = Path::new(list).file_name().context("it has a name")?;
            let root = crate::root();
            fs::copy(root.join(list), root.join(&folder).join(name))?;
        }
        let quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];
        run("npm", &[&["ci", "--prefix", &folder], &quiet[..]].concat())
    })
}

/// What is written in Java, and all that it needs.
pub(super) fn java(client: &str) -> Result<()> {
    let list = format!("conformance/sdk/{client}/pom.xml");
    let folder = format!("target/sdk/{client}");
    once(&[&list], &folder, || {
        let out = crate::root().join(&folder).join("lib");
        let out = format!("-DoutputDirectory={}", out.display());
        let copy = ["dependency:copy-dependencies", &out];
        run("mvn", &[&["-q", "-B", "-f", &list], &copy[..]].concat())
    })
}

/// The client for Go, where Go keeps what it has fetched.
pub(super) fn go() -> Result<()> {
    let folder = "conformance/sdk/go";
    let offline = command("go", &["-C", folder, "mod", "verify"])
        .env("GOFLAGS", "-mod=readonly")
        .env("GOPROXY", "off")
        .output();
    if offline.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    run("go", &["-C", folder, "mod", "download"])
}

/// Install into a folder unless it was done from lists that read the same.
fn once(
    lists: &[&str],
    folder: &str,
    install: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let root = crate::root();
    let read = |list: &&str| {
        let text = fs::read_to_string(root.join(list));
        text.with_context(|| format!("{list} cannot be read"))
    };
    let wanted: String = lists.iter().map(read).collect::<Result<_>>()?;
    let folder = root.join(folder);
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    // What another list has left behind is not mixed in.
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    install()?;
    Ok(fs::write(stamp, wanted)?)
}
