//! What processes have used, as the kernel counts it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// Ticks a second of the times in `/proc` (`USER_HZ`, 100 on every Linux).
const TICKS: u64 = 100;

/// Processor time of a process, in itself and in the kernel for it.
pub(super) fn cpu(id: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name, in brackets, may hold anything; 14 and 15 are counted from the start.
    let (_, rest) = stat.rsplit_once(')').context("a stat line")?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut ticks =
        || -> Result<u64> { Ok(fields.next().context("a short stat line")?.parse()?) };
    Ok(Duration::from_millis((ticks()? + ticks()?) * 1000 / TICKS))
}

/// Bytes of memory that a process has now, and the most that it has had.
pub(super) fn memory(id: u32) -> Result<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let field = |name: &str| -> Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.split_ascii_whitespace().next());
        Ok(kilobytes.context("no such field")?.parse::<u64>()? * 1024)
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}

/// Bytes on disk under a folder, as allocated.
pub(super) fn disk(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        bytes += match data.is_dir() {
            true => disk(&entry.path())?,
            false => data.blocks() * 512,
        };
    }
    Ok(bytes)
}
