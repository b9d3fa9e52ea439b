//! Settings that cannot be used: one error, which says what, where and what would be
//! right; nothing of our own insides.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::world::{Role, World, sendebud};

/// How long a role may take to see that its settings cannot be used.
const REFUSAL_TIME_MAX: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_missing_file_is_named() {
    let world = World::new();
    for role in Role::ALL {
        let place = world.place(format!("nowhere/{}", role.file()));
        let words = refused(role, &place).await;
        says(
            &words,
            &[place.to_str().unwrap(), "No such file", "sendebud init"],
        );
    }
}

#[tokio::test]
async fn what_is_no_toml_is_shown_where_it_stops() {
    let world = World::new();
    for role in Role::ALL {
        world.set(role, "# A comment.\ndata = ikke sitert");
        let words = refused(role, &world.settings(role)).await;
        says(
            &words,
            &[role.file(), ":2:", "data = ikke sitert", "must be quoted"],
        );
    }
}

#[tokio::test]
async fn an_unknown_key_is_shown_among_the_known() {
    let world = World::new();
    for role in Role::ALL {
        let known = fs::read_to_string(world.settings(role)).unwrap();
        let known: toml::Table = known.parse().unwrap();
        let known = format!("`{}`", known.keys().next().unwrap());
        world.set(role, "\nlytt = \"127.0.0.1:1\"");
        let words = refused(role, &world.settings(role)).await;
        says(
            &words,
            &[role.file(), ":2:", "unknown field `lytt`", &known],
        );
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let world = World::new();
    for role in Role::ALL {
        for name in role.listens() {
            let address = world.address(role, name);
            let taken = TcpListener::bind(&address).unwrap();
            let words = refused(role, &world.settings(role)).await;
            says(&words, &[&address, "already in use", "another address"]);
            drop(taken);
        }
    }
}

/// Start a role that must not start; what it says to the person, its log apart.
async fn refused(role: Role, settings: &Path) -> String {
    let mut command = Command::from(sendebud());
    command
        .args([role.command(), "--config"])
        .arg(settings)
        // Asked for, and still nobody needs it to mend their settings.
        .env("RUST_BACKTRACE", "1")
        .kill_on_drop(true);
    let done = timeout(REFUSAL_TIME_MAX, command.output()).await;
    let done = done.unwrap_or_else(|_| panic!("{role:?} runs with such settings"));
    let done = done.unwrap();
    assert_eq!(done.status.code(), Some(1), "{role:?}");
    assert!(done.stdout.is_empty(), "{role:?} says that it listens");
    let said = String::from_utf8(done.stderr).unwrap();
    for insides in ["panicked", "backtrace", "src/", "crates/"] {
        assert!(
            !said.contains(insides),
            "{role:?} shows its insides: {said}"
        );
    }
    let (log, words): (Vec<&str>, Vec<&str>) = said
        .lines()
        .partition(|line| line.starts_with("{\"timestamp\""));
    let failed = log.iter().find(|line| line.contains("\"ERROR\""));
    assert_eq!(failed, None, "{role:?} says it twice");
    words.join("\n")
}

/// Every one of these is in the words, wherever the lines break.
fn says(words: &str, all: &[&str]) {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let flat = plain(&words.replace('│', " "));
    for one in all {
        assert!(flat.contains(&plain(one)), "{one:?} is not in\n{words}");
    }
}
