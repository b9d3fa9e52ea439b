//! An archive that asks by NTLM who calls: pyspnego, which knows nothing of ours, finds us
//! to be who we are, and hears what became of the publication. No password goes in the
//! clear to one that does not want it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::world::{EINNSYN, Role, TIME_MAX, World};
use crate::{CHAIN, found, installed, iri, root};

/// The archive. Dropped, it ends.
struct Archive {
    lines: Lines<BufReader<ChildStdout>>,
    port: String,
    _users: TempDir,
    _child: Child,
}

impl Archive {
    async fn start(users: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("users"), users).unwrap();
        let mut child = Command::new(installed("ntlm/bin/python"))
            .arg(root().join("conformance/sdk/ntlm/archive.py"))
            .arg(folder.path().join("users"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next_line().await.unwrap().expect("it listens");
        Self {
            lines,
            port,
            _users: folder,
            _child: child,
        }
    }

    async fn next(&mut self) -> Value {
        let line = timeout(TIME_MAX, self.lines.next_line()).await;
        let line = line.expect("the archive is called").unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

#[tokio::test]
async fn an_archive_that_asks_by_ntlm_is_told() {
    let mut world = World::new();
    let password = fs::read_to_string(world.place("keys/passord")).unwrap();
    let users = format!("FJORDVIK:sendebud:{}\n", password.trim());
    let mut archive = Archive::start(&users).await;
    world.set(
        Role::Kommune,
        &format!(
            "bestedu = {{ einnsyn = \"{EINNSYN}\", archive = {{ url = \
             \"http://127.0.0.1:{}/soap\", domain = \"FJORDVIK\", user = \
             \"sendebud\", password_file = \"keys/passord\" }} }}",
            archive.port
        ),
    );
    world.start_all(&CHAIN).await;
    let sample = root().join("crates/bestedu/tests/samples/websak.xml");
    let answer = Client::new()
        .post(world.url(Role::Kommune, "/noarkExchange"))
        .header("content-type", "text/xml; charset=utf-8")
        .body(fs::read(sample).unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    found(&world, &iri(90114, 4)).await;

    // It is asked how it asks, with nothing in hand.
    assert_eq!(archive.next().await, json!({ "scheme": "" }));
    let mut codes = BTreeSet::new();
    while codes.len() < 2 {
        let told = archive.next().await;
        if told == json!({ "scheme": "" }) {
            // By another hand, before the first was answered.
            continue;
        }
        assert_eq!(told["scheme"], "NTLM", "{told}");
        assert_eq!(told["who"], "FJORDVIK\\sendebud", "{told}");
        assert_eq!(told["receipt"][0], "OK", "{told}");
        codes.insert(told["receipt"][1].as_str().unwrap().to_owned());
    }
    assert!(codes.contains("LEVERT") && codes.contains("publisert"));
}
