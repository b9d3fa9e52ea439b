//! Bench `noark`: parse and check what conformance/vectors/einnsyn/big makes.
//!
//! One file of 1 MB, and 1 000 files of 3 kB, each judged from bytes to findings in both
//! profiles, in one thread. Memory is the most that this process has had.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use noark::{Level, Profile, Settings, validate};
use serde_json::{Value, json};

use super::usage;

const ROUNDS: usize = 21;
const LARGE_TIME_MAX: Duration = Duration::from_millis(120);
const SMALL_TIME_MAX: Duration = Duration::from_secs(1);
const MEMORY_BYTES_MAX: u64 = 64 << 20;

pub(super) fn main() -> Result<Value> {
    let folder = crate::root().join("target/bench/noark-input");
    make(&folder)?;
    let large = vec![std::fs::read(folder.join("stor.jsonld"))?];
    let mut small = Vec::new();
    for number in 1..=1000 {
        small.push(std::fs::read(
            folder.join(format!("smaa/{number:04}.jsonld")),
        )?);
    }
    // As the generator's README gives them.
    ensure!(large[0].len() == 1_022_646, "the large file is another");
    ensure!(small.iter().map(Vec::len).sum::<usize>() == 3_027_208);
    println!("{:<40}{:>10}{:>10}{:>10}", "", "median", "best", "limit");
    let mut figures = json!({"rounds": ROUNDS});
    for (name, files, limit) in [
        ("1 MB JSON-LD", &large, LARGE_TIME_MAX),
        ("1000 files of 3 kB", &small, SMALL_TIME_MAX),
    ] {
        for profile in [Profile::Practical, Profile::PublishedStrict] {
            let (median, best) = time(files, profile)?;
            let row = format!("{name}, {}", profile.as_str());
            let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
            println!(
                "{row:<40}{:>10}{:>10}{:>10}",
                ms(median),
                ms(best),
                ms(limit)
            );
            figures[row] = json!({
                "medianMs": median.as_secs_f64() * 1000.0,
                "bestMs": best.as_secs_f64() * 1000.0,
                "limitMs": limit.as_millis(),
                "within": median <= limit,
            });
        }
    }
    let (_, most) = usage::memory(std::process::id())?;
    let mb =
        |bytes: u64| format!("{:.1} MB", Duration::from_micros(bytes).as_secs_f64());
    println!(
        "{:<40}{:>10}{:>10}{:>10}",
        "memory, most",
        mb(most),
        "",
        mb(MEMORY_BYTES_MAX)
    );
    figures["memory"] = json!({
        "bytes": most,
        "limitBytes": MEMORY_BYTES_MAX,
        "within": most <= MEMORY_BYTES_MAX,
    });
    Ok(figures)
}

/// Let the generator write its files; they are the same each time.
fn make(folder: &Path) -> Result<()> {
    let script = crate::root().join("conformance/vectors/einnsyn/big/make_big.py");
    std::fs::create_dir_all(folder)?;
    let mut python = Command::new("python3");
    let status = python.arg(script).arg(folder).status();
    let status = status.context("python3 makes the input; it could not be started")?;
    ensure!(status.success(), "make_big.py ended with {status}");
    Ok(())
}

/// Median and best of judging all of the files.
fn time(files: &[Vec<u8>], profile: Profile) -> Result<(Duration, Duration)> {
    let settings = Settings {
        profile,
        ..Settings::default()
    };
    // > practical ok for all; published-strict error, since no *_LIST is given
    let verdict = match profile {
        Profile::Practical => Level::Ok,
        Profile::PublishedStrict => Level::Error,
    };
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for file in files {
            let report = validate("payload.jsonld", file, &settings);
            ensure!(
                report.verdict() == verdict,
                "another verdict than the README's"
            );
        }
        times.push(started.elapsed());
    }
    times.sort();
    Ok((times[ROUNDS / 2], times[0]))
}
