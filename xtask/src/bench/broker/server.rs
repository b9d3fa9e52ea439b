//! A broker that runs: its processes, what they use, and their end.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

use super::super::usage;

/// What every process of a server has in its environment.
const MARK: &str = "SENDEBUD_BENCH";

/// Dropped, all its processes are ended: those too that it has let go of.
pub(super) struct Server {
    pub(super) name: &'static str,
    /// Until the first client had its answer.
    pub(super) start_time: Duration,
    mark: String,
    child: Child,
}

impl Server {
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let value = format!("{name}-{number}-{}", std::process::id());
        let child = command.env(MARK, &value).spawn()?;
        Ok(Self {
            name,
            start_time: Duration::ZERO,
            mark: format!("{MARK}={value}"),
            child,
        })
    }

    /// Fails when it has ended by itself.
    pub(super) fn runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} has ended: {status}", self.name),
            None => Ok(()),
        }
    }

    /// Processor time of all its processes.
    pub(super) fn cpu(&self) -> Result<Duration> {
        self.processes().into_iter().map(usage::cpu).sum()
    }

    /// Bytes of memory that they have now, and the most that they have had.
    pub(super) fn memory(&self) -> Result<(u64, u64)> {
        let (mut now, mut most) = (0, 0);
        for id in self.processes() {
            let (own, own_most) = usage::memory(id)?;
            now += own;
            most += own_most;
        }
        Ok((now, most))
    }

    fn processes(&self) -> Vec<u32> {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        numbers.filter(|id| self.owns(*id)).collect()
    }

    fn owns(&self, id: u32) -> bool {
        let place = PathBuf::from(format!("/proc/{id}/environ"));
        let words = fs::read(place).unwrap_or_default();
        words
            .split(|b| *b == 0)
            .any(|word| word == self.mark.as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for id in self.processes() {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        }
        let _ = self.child.wait();
    }
}
