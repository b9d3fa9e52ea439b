//! `cargo xtask world FILE --port-base N`: start what a `world.json` describes.
//!
//! Each role is a process of its own, from a settings file that a newcomer could have
//! written. They stay up until this ends, by Ctrl-C or a signal, and end with it.

mod files;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::processes::{Process, build, fresh_folder};
use files::World;

/// How often it is looked whether all of them still run.
const LOOK_TIME: Duration = Duration::from_millis(200);

pub(crate) fn main(args: &[String]) -> Result<()> {
    let (path, base) = arguments(args)?;
    let world = World::read(&path, base)?;
    let program = build()?;
    let folder = fresh_folder(&format!("sendebud-world-{base}"))?;
    let mut running = Vec::new();
    for (role, address) in world.write(&folder)? {
        let process = Process::start(&program, role)?;
        println!("{:<36} {address}", process.name);
        running.push(process);
    }
    println!("Settings, data and logs: {}", folder.display());
    println!("The world stands. Ctrl-C ends it.");
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(watch(&mut running))
}

fn arguments(args: &[String]) -> Result<(PathBuf, u16)> {
    const USAGE: &str = "usage: cargo xtask world FILE --port-base N";
    let (mut path, mut base) = (None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--port-base" => base = args.next(),
            _ if path.is_none() && !arg.starts_with('-') => path = Some(arg.into()),
            _ => bail!("{arg} is not understood; {USAGE}"),
        }
    }
    let base = base.context(USAGE)?;
    let base = base
        .parse()
        .with_context(|| format!("--port-base {base} is no port; {USAGE}"))?;
    Ok((path.context(USAGE)?, base))
}

/// Stay until told to end, or until one of them has.
async fn watch(running: &mut [Process]) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut look = tokio::time::interval(LOOK_TIME);
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = tokio::signal::ctrl_c() => return Ok(()),
            _ = look.tick() => running.iter_mut().try_for_each(Process::runs)?,
        }
    }
}

/// An address on this machine.
fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
