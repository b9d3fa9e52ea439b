//! `cargo xtask bench broker [--backlog N]`: the message service, beside RabbitMQ and
//! Apache Artemis where they are installed.
//!
//! All keep messages on disk before they confirm them, and are asked by the same client
//! in the same run. The client shares the machine with them.

mod backlog;
mod cases;
mod line;
mod peers;
mod server;

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::processes::{build, fresh_folder};
use cases::Lane;
use peers::Peer;
use server::Server;

/// Messages that wait, unless it is said.
const BACKLOG: u64 = 1_000_000;
/// Idle is what is left when the work of starting is done.
const SETTLE_TIME: Duration = Duration::from_secs(2);

pub(super) fn main(args: &[String]) -> Result<Value> {
    let backlog = match args {
        [] => BACKLOG,
        [name, number] if name == "--backlog" => {
            let number = number.parse();
            number.context("--backlog wants a number of messages")?
        }
        _ => bail!("usage: cargo xtask bench broker [--backlog N]"),
    };
    let folder = fresh_folder("sendebud-bench-broker")?;
    let program = build()?;
    let (mut running, mut absent) = (Vec::new(), Vec::new());
    for peer in peers::all(&program) {
        match peer {
            Ok(peer) => {
                let server = peer.start(&folder.join(peer.name))?;
                running.push((peer, server));
            }
            Err(name) => absent.push(name),
        }
    }
    sleep(SETTLE_TIME);
    let idle = running.iter().map(memory).collect::<Result<Vec<_>>>()?;
    let lanes = cases::compare(&running)?;
    let loaded = running.iter().map(memory).collect::<Result<Vec<_>>>()?;
    print_lanes(&lanes);
    absent
        .iter()
        .for_each(|name| println!("{name}: not installed"));
    let memory = running.iter().zip(idle).zip(loaded);
    let memory: Vec<Value> = memory
        .map(|((one, i), l)| print_memory(one, i, l))
        .collect();
    drop(running);
    let much = backlog::main(&program, backlog, &folder)?;
    std::fs::remove_dir_all(&folder)?;
    Ok(json!({
        "lanes": lanes.iter().map(Lane::figures).collect::<Vec<_>>(),
        "memory": memory,
        "not_installed": absent,
        "much": much,
    }))
}

fn memory((_, server): &(Peer, Server)) -> Result<(u64, u64)> {
    server.memory()
}

fn print_lanes(lanes: &[Lane]) {
    println!(
        "{:<24} {:<10} {:>10} {:>12}   {:>10} {:>12}",
        "", "", "send/s", "CPU s/1000", "receive/s", "CPU s/1000"
    );
    for lane in lanes {
        println!(
            "{:<24} {:<10} {:>10.0} {:>12.4}   {:>10.0} {:>12.4}",
            format!("{} bytes, {} in flight", lane.bytes, lane.flight),
            lane.name,
            lane.send.a_second(),
            lane.send.cpu(),
            lane.receive.a_second(),
            lane.receive.cpu(),
        );
    }
}

fn print_memory(
    (peer, server): &(Peer, Server),
    idle: (u64, u64),
    loaded: (u64, u64),
) -> Value {
    let start = server.start_time.as_secs_f64() * 1000.0;
    println!(
        "{:<10} answers after {start:>7.1} ms   idle {:>5.1} MB   loaded {:>6.1} MB, \
         {:>6.1} MB at most",
        peer.name,
        megabytes(idle.0),
        megabytes(loaded.0),
        megabytes(loaded.1),
    );
    json!({
        "name": peer.name,
        "start_ms": start,
        "idle_rss_bytes": idle.0,
        "loaded_rss_bytes": loaded.0,
        "rss_bytes_max": loaded.1,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
