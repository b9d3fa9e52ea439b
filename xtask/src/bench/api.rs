//! `cargo xtask bench api`: one access point's API, on SQLite and on PostgreSQL.
//!
//! create + attach 10 kB + send, and peek + pop + delete, by 1, 8, 32 and 128 callers;
//! and the lists of an access point that has had 1 000, 100 000 and 1 000 000 messages.

mod callers;
mod lists;

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow};
use cluster::Cluster;
use serde_json::{Value, json};

use super::chain;
use crate::processes::{Process, Role, build, fresh_folder};

const EINNSYN: &str = "127.0.0.1:29305";
const KOMMUNE: &str = "127.0.0.1:29304";

/// Roles that a message needs on its way, each after those that it needs.
const ROLES: [(&str, &str); 4] = [
    ("broker", "broker"),
    ("registry", "registry"),
    ("serve", "einnsyn"),
    ("serve", "kommune"),
];

/// Callers, and messages for all of them together.
const LOADS: [(usize, usize); 4] = [(1, 300), (8, 2_000), (32, 4_000), (128, 4_000)];

/// Where everything is kept.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Lite,
    Server(&'a Cluster),
}

impl Kind<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Lite => "SQLite",
            Self::Server(_) => "PostgreSQL",
        }
    }

    /// Put the database of an access point in its place; answers its address.
    fn settle(self, settings: &Path) -> Result<Option<String>> {
        let Self::Server(cluster) = self else {
            return Ok(None);
        };
        let (address, file) = (cluster.database(), settings.with_extension("database"));
        fs::write(&file, &address)?;
        let place = file.display().to_string();
        let text = fs::read_to_string(settings)?;
        fs::write(settings, format!("database_file = {place:?}\n{text}"))?;
        Ok(Some(address))
    }
}

pub(super) fn main() -> Result<Value> {
    let program = build()?;
    // As in production: every commit is synced.
    let cluster = Cluster::start(true).map_err(|why| anyhow!(why))?;
    let (mut lanes, mut tables) = (Vec::new(), Vec::new());
    for kind in [Kind::Lite, Kind::Server(&cluster)] {
        lanes.extend(lanes_on(kind, &program)?);
        tables.extend(lists::on(kind, &program)?);
    }
    Ok(json!({ "lanes": lanes, "lists": tables }))
}

fn lanes_on(kind: Kind<'_>, program: &Path) -> Result<Vec<Value>> {
    let folder = fresh_folder("sendebud-bench-api")?;
    chain::settings(program, &folder)?;
    let mut processes = Vec::new();
    for (command, name) in ROLES {
        let settings = folder.join(format!("{name}.toml"));
        if command == "serve" {
            kind.settle(&settings)?;
        }
        let name = name.to_owned();
        let role = Role {
            command,
            name,
            settings,
        };
        processes.push(Process::start(program, role)?);
    }
    callers::run(0, 8, 300, EINNSYN, KOMMUNE)?;
    let mut lanes = Vec::new();
    for (number, (callers, messages)) in LOADS.into_iter().enumerate() {
        let [sent, taken] =
            callers::run(number + 1, callers, messages, EINNSYN, KOMMUNE)?;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let rate = |time: std::time::Duration| messages as f64 / time.as_secs_f64();
        println!(
            "{:<11} {callers:>4} callers   send {:>6.0} msg/s   take {:>6.0} msg/s",
            kind.name(),
            rate(sent),
            rate(taken),
        );
        lanes.push(json!({
            "database": kind.name(),
            "callers": callers,
            "messages": messages,
            "sent_per_second": rate(sent),
            "taken_per_second": rate(taken),
        }));
    }
    Ok(lanes)
}
