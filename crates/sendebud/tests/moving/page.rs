//! The afternoon of docs/move.md, its commands taken from the page itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::place::{ORGNR, Place, said};
use crate::player::Player;
use crate::queue::Queue;
use crate::record::vector;
use crate::world::{Role, World};

/// Starts and stops, as a service manager would.
const SYSTEMCTL: &str = r#"#!/bin/sh -e
case "$1 $2" in
"stop integrasjonspunkt") touch java-is-off ;;
"start integrasjonspunkt") rm java-is-off ;;
"start sendebud")
    sendebud serve --config sendebud.toml > serve.out 2> serve.err &
    echo $! > serve.pid
    until grep -q listening serve.out; do kill -0 $(cat serve.pid); done ;;
"stop sendebud")
    kill $(cat serve.pid)
    while kill -0 $(cat serve.pid) 2> /dev/null; do :; done
    rm serve.pid ;;
esac
"#;

/// Settings and log of an old client, its paths made up.
const KLIENT: &str = r"<service><arguments>-jar sender-2.4.0.jar
    --application.moveUrl=http://localhost:9093
    --application.inputDirectory=C:\ut --application.orgnummer=910076787
    </arguments></service>";

#[tokio::test]
async fn the_page_is_true() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/move.md");
    let page = fs::read_to_string(page).unwrap();
    let script = blocks(&page, "sh").join("\n");
    let promised = blocks(&page, "text").join("\n");
    for command in ["move-in", "move-out", "klient move-in", "check", "inbox"] {
        let line = format!("sendebud {command} ");
        assert!(script.contains(&line), "the page has no {command}");
    }

    let mut world = World::new();
    world.start(Role::Broker).await;
    let secrets = world.secrets();
    let service = world.address(Role::Broker, "http");
    let place = Place::beside("http://127.0.0.1:1", &service, &secrets[1]);
    let player = Player::start(2);
    {
        let mut state = player.state();
        let key = fs::read(vector("keys").join(format!("{ORGNR}.p12"))).unwrap();
        state.queue = Some(Queue::new(&world, ORGNR, &key, "changeit"));
        state.off = Some(place.path("java-is-off"));
    }
    fs::write(place.path("einnsyn-klient.xml"), KLIENT).unwrap();
    let kvittering =
        fs::read_to_string(vector("einnsyn/kvittering/a-publisert.json")).unwrap();
    fs::write(place.path("kvitteringer.log"), kvittering).unwrap();
    let bin = place.path("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("systemctl"), SYSTEMCTL).unwrap();
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(bin.join("systemctl"), mode).unwrap();

    let ours = Path::new(env!("CARGO_BIN_EXE_sendebud")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let serving = Pid(place.path("serve.pid"));
    let done = Command::new("sh")
        .args(["-e", "-u", "-c", &script])
        .env(
            "PATH",
            format!("{}:{}:{path}", bin.display(), ours.display()),
        )
        .env("PLACE", place.folder())
        .env("JAVA", &player.url)
        .env("HERE", place.url())
        .output()
        .unwrap();
    drop(serving);
    let words = said(&done);
    assert!(done.status.success(), "{words}");
    for line in promised.lines() {
        assert!(words.contains(line), "{line:?} is not in\n{words}");
    }
    // Forth and back: what waited is there again, once.
    let state = player.state();
    let mut there: Vec<&str> = state.waiting.iter().map(|m| m.id.as_str()).collect();
    let mut before: Vec<&str> = state.done.iter().map(|m| m.id.as_str()).collect();
    there.sort_unstable();
    before.sort_unstable();
    assert_eq!(there.len(), 2, "{words}");
    assert_eq!(there, before, "{words}");
    for secret in secrets.iter().map(String::as_str).chain(["changeit"]) {
        assert!(!words.contains(secret), "{words}");
    }
}

/// What stands in the frames of a kind.
fn blocks(page: &str, kind: &str) -> Vec<String> {
    let open = format!("```{kind}\n");
    let parts = page.split(&open).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

/// A process that the script may have left.
struct Pid(std::path::PathBuf);

impl Drop for Pid {
    fn drop(&mut self) {
        if let Ok(pid) = fs::read_to_string(&self.0) {
            drop(Command::new("kill").arg(pid.trim()).status());
        }
    }
}
