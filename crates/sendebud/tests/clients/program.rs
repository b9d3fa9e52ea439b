//! A client's program: build what must be built, run it, read what it saw.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::broker::Broker;
use crate::cases::{Client, Seen};
use crate::{root, sdk};

/// A program that takes longer is ended; what it did not say is then missing.
const TIME_MAX: Duration = Duration::from_mins(5);

/// Run all of the client's cases; what it says of each.
pub(crate) fn run(client: Client, broker: &mut Broker) -> BTreeMap<String, Seen> {
    let folder = TempDir::new().unwrap();
    let errors = folder.path().join("errors");
    let mut command = program(client, folder.path());
    let authority = broker.authority();
    let shown = if broker.is_secure() {
        authority.as_path()
    } else {
        Path::new("-")
    };
    let mut process = command
        .args([broker.connection(), broker.admin()])
        .arg(shown)
        // JavaScript's way of believing it.
        .env("NODE_EXTRA_CA_CERTS", &authority)
        .env("SDK_CA", &authority)
        .env("SDK_HTTPS", broker.https())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&errors).unwrap())
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let mut answers = process.stdin.take().unwrap();
    let said = BufReader::new(process.stdout.take().unwrap());
    let (ended, watch) = std::sync::mpsc::channel::<()>();
    let mut seen = BTreeMap::new();
    std::thread::scope(|scope| {
        // Dropped at the end, or by a panic: then the wait is over.
        let _ended = ended;
        scope.spawn(move || {
            let _ = watch.recv_timeout(TIME_MAX);
            drop(process.kill());
            drop(process.wait());
        });
        for line in said.lines() {
            let line = line.unwrap();
            let Ok(report) = serde_json::from_str::<Value>(&line) else {
                panic!("{client:?} said {line:?}");
            };
            if report["restart"] == true {
                broker.restart();
                answers.write_all(b"\n").unwrap();
                continue;
            }
            println!("{line}");
            let text =
                |name: &str| report[name].as_str().unwrap_or_default().to_owned();
            let (ok, reason) = (report["ok"] == true, text("reason"));
            seen.insert(text("case"), Seen { ok, reason });
        }
    });
    let words = std::fs::read_to_string(errors).unwrap_or_default();
    assert!(!seen.is_empty(), "{client:?} ran no case: {words}");
    seen
}

/// Where `cargo xtask test` installs what a client needs.
fn installed(client: Client, name: &str) -> PathBuf {
    let folder = root().join("target/sdk").join(client.folder());
    let place = folder.canonicalize().map(|folder| folder.join(name));
    let place = place.ok().filter(|place| place.exists());
    place.unwrap_or_else(|| {
        panic!(
            "the {client:?} client is not installed (target/sdk/{}/{name}): run \
             `cargo xtask test`, which installs it",
            client.folder()
        )
    })
}

fn program(client: Client, folder: &Path) -> Command {
    let source = sdk(client.folder()).canonicalize().unwrap();
    let with = |program: PathBuf, script: &str| {
        let mut command = Command::new(program);
        command.arg(source.join(script));
        command
    };
    match client {
        Client::Python | Client::Proton => {
            with(installed(client, "bin/python"), "cases.py")
        }
        Client::JavaScript => {
            // Modules are looked for beside the program, and a link counts as a place.
            let here = folder.join("node_modules");
            link(&installed(client, "node_modules"), &here);
            link(&source.join("cases.js"), &folder.join("cases.js"));
            link(&source.join("package.json"), &folder.join("package.json"));
            let mut command = Command::new("node");
            command.args(["--preserve-symlinks", "--preserve-symlinks-main"]);
            command.arg(folder.join("cases.js"));
            command
        }
        Client::Java => {
            let libraries = installed(client, "lib").join("*");
            let classes = folder.join("classes");
            build(
                Command::new("sh")
                    .args(["-c", "exec javac -proc:none -d \"$0\" -cp \"$1\" *.java"])
                    .arg(&classes)
                    .arg(&libraries)
                    .current_dir(&source),
            );
            let path = [classes.as_path(), libraries.as_path()];
            let mut command = Command::new("java");
            command
                .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
                .arg("-cp")
                .arg(std::env::join_paths(path).unwrap())
                .arg("Main");
            command
        }
        Client::Go => {
            let program = folder.join("cases");
            build(
                Command::new("go")
                    .args(["build", "-mod=readonly", "-o"])
                    .arg(&program)
                    .arg(".")
                    .current_dir(&source),
            );
            Command::new(program)
        }
    }
}

fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

fn build(command: &mut Command) {
    let done = command.output();
    let done = done.unwrap_or_else(|e| panic!("{command:?} is needed here: {e}"));
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {words}");
}
