//! Roles as processes of their own, each from a settings file, as an operator starts
//! them. What `world` keeps up and `bench` measures.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::root;

/// A process to start.
pub(crate) struct Role {
    /// The subcommand.
    pub(crate) command: &'static str,
    /// Who it is, for people.
    pub(crate) name: String,
    pub(crate) settings: PathBuf,
}

/// A role that runs. Dropped, it is killed.
pub(crate) struct Process {
    pub(crate) name: String,
    /// From the start of the program until it said that it listens.
    pub(crate) start_time: Duration,
    child: Child,
}

/// The program, built as it is shipped.
pub(crate) fn build() -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--locked", "--package", "sendebud"]);
    let built = cargo.current_dir(root()).status()?;
    ensure!(built.success(), "sendebud cannot be built");
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| root().join("target"));
    Ok(target.join("release/sendebud"))
}

impl Process {
    /// Start a role and wait until it says that it listens. Its log lies beside its
    /// settings.
    pub(crate) fn start(program: &Path, role: Role) -> Result<Self> {
        let log = File::create(role.settings.with_extension("log"))?;
        let mut command = Command::new(program);
        command.args([role.command, "--config"]).arg(&role.settings);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let begun = Instant::now();
        let child = command.stderr(log).spawn()?;
        let mut process = Self {
            name: role.name,
            start_time: Duration::ZERO,
            child,
        };
        let said = process.child.stdout.take().context("its words are piped")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        process.start_time = begun.elapsed();
        if !line.ends_with('\n') {
            let status = process.child.wait()?;
            bail!(ended(&process.name, status, &role.settings));
        }
        Ok(process)
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended by itself.
    pub(crate) fn runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} has ended: {status}", self.name),
            None => Ok(()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended(name: &str, status: ExitStatus, settings: &Path) -> String {
    let log = std::fs::read_to_string(settings.with_extension("log"));
    format!("{name} has ended: {status}\n{}", log.unwrap_or_default())
}

/// An empty folder for a run, under the machine's temporary folder.
pub(crate) fn fresh_folder(name: &str) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(name);
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            bail!("{} is in the way: {e}", folder.display())
        }
        _ => {}
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
