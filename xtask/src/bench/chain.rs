//! `cargo xtask bench chain`: innsynskrav through the whole chain.
//!
//! From eInnsyn's case system (create, attach 10 kB, send) over both access points and
//! the message service to the body's case system (peek, pop, delete), and LEVERT home.
//! Each role is a process, as shipped; the callers share the machine with them.

mod callers;
pub(super) mod letter;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::http::Line;
use super::usage;
use crate::processes::{Process, Role, build, fresh_folder};
use callers::{Load, Passed};

/// First of the ports that the chain takes.
const PORT_BASE: u16 = 29_300;
const EINNSYN: &str = "127.0.0.1:29305";
const KOMMUNE: &str = "127.0.0.1:29304";

/// Roles to start, each after those that it needs.
const ROLES: [(&str, &str); 7] = [
    ("broker", "broker"),
    ("registry", "registry"),
    ("serve", "einnsyn"),
    ("serve", "kommune"),
    ("postmottak", "postmottak"),
    ("portal", "portal"),
    ("klient", "klient"),
];
/// Those that a message needs on its way; the others are stopped.
const ON_THE_WAY: [&str; 4] = ["broker", "registry", "einnsyn", "kommune"];

/// What is sent: first a warming up, then what is measured.
const LOADS: [Load; 5] = [
    Load {
        name: "warm up",
        callers: 8,
        messages: 1_000,
        a_second: None,
    },
    Load {
        name: "1 caller, 50/s",
        callers: 1,
        messages: 500,
        a_second: Some(50),
    },
    Load {
        name: "1 caller",
        callers: 1,
        messages: 500,
        a_second: None,
    },
    Load {
        name: "8 callers",
        callers: 8,
        messages: 5_000,
        a_second: None,
    },
    Load {
        name: "32 callers",
        callers: 32,
        messages: 10_000,
        a_second: None,
    },
];

pub(super) fn main() -> Result<Value> {
    let folder = fresh_folder("sendebud-bench-chain")?;
    let program = build()?;
    settings(&program, &folder)?;
    let mut processes = Vec::new();
    for (command, name) in ROLES {
        let settings = folder.join(format!("{name}.toml"));
        let name = name.to_owned();
        processes.push(Process::start(
            &program,
            Role {
                command,
                name,
                settings,
            },
        )?);
    }
    // Idle is what is left when the work of starting is done.
    sleep(Duration::from_secs(2));
    let idle = processes.iter().map(idle).collect::<Result<Vec<_>>>()?;
    processes.retain(|p| ON_THE_WAY.contains(&p.name.as_str()));
    let mut lanes = Vec::new();
    for (number, load) in LOADS.iter().enumerate() {
        let lane = lane(number, load, &processes, &folder)?;
        if number > 0 {
            print_lane(&lane);
            lanes.push(lane);
        }
    }
    let loaded = processes.iter().map(loaded).collect::<Result<Vec<_>>>()?;
    println!();
    idle.iter().chain(&loaded).for_each(print_memory);
    Ok(json!({ "lanes": lanes, "idle": idle, "loaded": loaded }))
}

/// What `init` writes, without the copies that a demonstration makes for its audience.
pub(super) fn settings(program: &Path, folder: &Path) -> Result<()> {
    let mut init = Command::new(program);
    init.args(["init", "--port-base", &PORT_BASE.to_string()]);
    let done = init.arg(folder).output()?;
    let words = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "sendebud init: {words}");
    for name in ["einnsyn.toml", "kommune.toml"] {
        let place = folder.join(name);
        let text = fs::read_to_string(&place)?;
        let kept = text.lines().filter(|line| !line.starts_with("record ="));
        fs::write(&place, kept.collect::<Vec<_>>().join("\n"))?;
    }
    Ok(())
}

/// One load, and what it took.
fn lane(
    number: usize,
    load: &Load,
    processes: &[Process],
    folder: &Path,
) -> Result<Value> {
    let before = spent(processes)?;
    let (disk_before, own_before) =
        (usage::disk(folder)?, usage::cpu(std::process::id())?);
    let begun = Instant::now();
    let passed = callers::run(number, load, EINNSYN, KOMMUNE)?;
    home()?;
    let took = begun.elapsed();
    let mut cpu = serde_json::Map::new();
    for ((name, before), (_, after)) in before.iter().zip(spent(processes)?) {
        cpu.insert(
            (*name).to_owned(),
            per_thousand(after.saturating_sub(*before), load),
        );
    }
    let own = usage::cpu(std::process::id())?.saturating_sub(own_before);
    cpu.insert("callers".into(), per_thousand(own, load));
    let disk = usage::disk(folder)?.saturating_sub(disk_before);
    Ok(json!({
        "load": load.name,
        "callers": load.callers,
        "messages": load.messages,
        "messages_per_second": f64::from(load.messages) / took.as_secs_f64(),
        "send_to_peekable_ms": percentiles(passed),
        "cpu_seconds_per_1000": cpu,
        "disk_bytes_per_1000": disk * 1000 / u64::from(load.messages),
    }))
}

/// Wait until every LEVERT is home: the sender counts no conversation as unfinished.
fn home() -> Result<()> {
    let mut line = Line::open(EINNSYN)?;
    let path = "/api/conversations?direction=OUTGOING&finished=false&size=1";
    loop {
        let page = line.get(path)?.wanted(&[200])?;
        let page: Value = serde_json::from_slice(&page.body)?;
        let left = page["totalElements"].as_u64().context("no totalElements")?;
        if left == 0 {
            return Ok(());
        }
        sleep(Duration::from_millis(10));
    }
}

fn spent(processes: &[Process]) -> Result<Vec<(&str, Duration)>> {
    let one = |p| -> Result<_> {
        let process: &Process = p;
        Ok((process.name.as_str(), usage::cpu(process.id())?))
    };
    processes.iter().map(one).collect()
}

fn per_thousand(time: Duration, load: &Load) -> Value {
    json!(time.as_secs_f64() * 1000.0 / f64::from(load.messages))
}

fn percentiles(passed: Passed) -> Value {
    let mut times = passed.send_to_peekable;
    times.sort_unstable();
    let at =
        |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    json!({ "p50": at(50), "p99": at(99) })
}

fn idle(process: &Process) -> Result<Value> {
    let (now, _) = usage::memory(process.id())?;
    Ok(json!({
        "role": process.name,
        "when": "idle",
        "start_ms": process.start_time.as_secs_f64() * 1000.0,
        "rss_bytes": now,
    }))
}

fn loaded(process: &Process) -> Result<Value> {
    let (now, most) = usage::memory(process.id())?;
    Ok(json!({
        "role": process.name,
        "when": "loaded",
        "rss_bytes": now,
        "rss_bytes_max": most,
    }))
}

fn print_lane(lane: &Value) {
    let number =
        |at: &str| lane.pointer(at).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let cpu = |name: &str| number(&format!("/cpu_seconds_per_1000/{name}"));
    println!(
        "{:<16} {:>7.0} msg/s   send→peekable p50 {:>7.1} ms p99 {:>7.1} ms   \
         CPU s/1000: einnsyn {:.3} broker {:.3} kommune {:.3} (callers {:.3})   \
         disk {:>5.1} MB/1000",
        lane["load"].as_str().unwrap_or_default(),
        number("/messages_per_second"),
        number("/send_to_peekable_ms/p50"),
        number("/send_to_peekable_ms/p99"),
        cpu("einnsyn"),
        cpu("broker"),
        cpu("kommune"),
        cpu("callers"),
        number("/disk_bytes_per_1000") / 1e6,
    );
}

fn print_memory(role: &Value) {
    let megabytes = |name: &str| {
        role[name]
            .as_f64()
            .map_or(String::new(), |bytes| format!("{:>6.1} MB", bytes / 1e6))
    };
    let start = role["start_ms"].as_f64();
    println!(
        "{:<12} {:<7} {} {} {}",
        role["role"].as_str().unwrap_or_default(),
        role["when"].as_str().unwrap_or_default(),
        megabytes("rss_bytes"),
        megabytes("rss_bytes_max"),
        start.map_or(String::new(), |ms| format!("listens after {ms:.1} ms")),
    );
}
