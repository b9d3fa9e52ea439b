//! `cargo xtask world FILE --port-base N`: start what a `world.json` describes.
//!
//! Each role is a process of its own, from a settings file that a newcomer could have
//! written. They stay up until this ends, by Ctrl-C or a signal, and end with it.

mod files;

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::signal::unix::{SignalKind, signal};

use crate::root;
use files::{Role, World};

/// How long a role may take until it listens.
const START_TIME_MAX: Duration = Duration::from_secs(30);
/// How often it is looked whether all of them still run.
const LOOK_TIME: Duration = Duration::from_millis(200);

pub(crate) fn main(args: &[String]) -> Result<()> {
    let (path, base) = arguments(args)?;
    let world = World::read(&path, base)?;
    build()?;
    let folder = std::env::temp_dir().join(format!("sendebud-world-{base}"));
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            bail!("{} is in the way: {e}", folder.display())
        }
        _ => {}
    }
    let roles = world.write(&folder)?;
    let mut running = Running(Vec::new());
    for role in roles {
        running.start(role)?;
    }
    println!("Settings, data and logs: {}", folder.display());
    println!("The world stands. Ctrl-C ends it.");
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(running.watch())
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

fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--package", "sendebud"]);
    let built = cargo.current_dir(root()).status()?;
    ensure!(built.success(), "sendebud cannot be built");
    Ok(())
}

/// The processes; dropped, they end.
struct Running(Vec<(String, Child)>);

impl Running {
    /// Start a role and wait until it listens.
    fn start(&mut self, role: Role) -> Result<()> {
        let program = root().join("target/release/sendebud");
        let log = std::fs::File::create(role.settings.with_extension("log"))?;
        let mut command = Command::new(program);
        command.args([role.command, "--config"]).arg(&role.settings);
        command.stdin(std::process::Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn()?;
        let begun = Instant::now();
        while TcpStream::connect(role.listens).is_err() {
            if let Some(status) = child.try_wait()? {
                bail!(ended(&role.name, status, &role.settings));
            }
            if begun.elapsed() > START_TIME_MAX {
                let _ = child.kill();
                bail!("{} does not listen on {}", role.name, role.listens);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        println!("{:<36} {}", role.name, role.address);
        self.0.push((role.name, child));
        Ok(())
    }

    /// Stay until told to end, or until one of them has.
    async fn watch(&mut self) -> Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut look = tokio::time::interval(LOOK_TIME);
        loop {
            tokio::select! {
                _ = terminate.recv() => return Ok(()),
                _ = tokio::signal::ctrl_c() => return Ok(()),
                _ = look.tick() => self.all_run()?,
            }
        }
    }

    fn all_run(&mut self) -> Result<()> {
        for (name, child) in &mut self.0 {
            if let Some(status) = child.try_wait()? {
                bail!("{name} has ended: {status}");
            }
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ended(name: &str, status: ExitStatus, settings: &Path) -> String {
    let log = std::fs::read_to_string(settings.with_extension("log"));
    format!("{name} has ended: {status}\n{}", log.unwrap_or_default())
}

/// An address on this machine.
fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}
