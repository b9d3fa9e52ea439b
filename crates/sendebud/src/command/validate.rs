//! Judge files of eInnsyn's by hand: publications, orders, kvitteringer.
//!
//! Exit code 0 when every file may be used, 1 when one may not or cannot be read.

mod html;
mod picture;
mod sarif;
mod text;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use noark::kvittering::{Read as Answer, Valideringsfeil};
use noark::{Level, Report, Settings};

use crate::cli::validate::{Format, Language, Profile, Validate};
use crate::run::shown;

/// A file and its judgement.
struct Judged {
    name: String,
    report: Report,
    /// The text that the places of the findings count in.
    source: String,
}

pub(crate) fn run(options: &Validate) -> ExitCode {
    match validate(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let kind = error.downcast_ref().map(std::io::Error::kind);
            if kind != Some(std::io::ErrorKind::BrokenPipe) {
                eprintln!("{error:#}"); // who reads us may stop when he has seen enough
            }
            ExitCode::FAILURE
        }
    }
}

/// Answers whether every file was read and may be used.
fn validate(options: &Validate) -> anyhow::Result<bool> {
    let settings = Settings {
        profile: match options.profile {
            Profile::Practical => noark::Profile::Practical,
            Profile::PublishedStrict => noark::Profile::PublishedStrict,
        },
        complaints: complaints(&options.learn)?,
        ..Settings::default()
    };
    let language = match options.language {
        Language::Nb => noark::Language::Bokmaal,
        Language::En => noark::Language::English,
    };
    let mut out = std::io::stdout().lock();
    let mut good = true;
    let mut all = Vec::new();
    for path in &options.files {
        let judged = match judge(path, &settings) {
            Ok(judged) => judged,
            Err(error) => {
                eprintln!("{error:#}");
                good = false;
                continue;
            }
        };
        good &= judged.report.verdict() <= Level::Warning;
        match options.format {
            Format::Text => write!(out, "{}", text::page(&judged, language))?,
            Format::Json => {
                writeln!(out, "{}", judged.report.to_json(&judged.name, language))?;
            }
            Format::Sarif | Format::Html => all.push(judged),
        }
    }
    match options.format {
        Format::Sarif => writeln!(out, "{:#}", sarif::log(&all, language))?,
        Format::Html => write!(out, "{}", html::page(&all, language))?,
        Format::Text | Format::Json => {}
    }
    Ok(good)
}

fn judge(path: &Path, settings: &Settings) -> anyhow::Result<Judged> {
    let name = path.display().to_string();
    let limit = settings.bytes_max as u64;
    let (bytes, size) = read(path, limit)?;
    if size > limit {
        return Ok(Judged {
            name,
            report: noark::oversized(size, settings),
            source: String::new(),
        });
    }
    Ok(Judged {
        report: noark::validate(&name, &bytes, settings),
        source: noark::shown(&bytes),
        name,
    })
}

/// The file, as far as it is looked at, and its whole size. `-` is standard input.
fn read(path: &Path, limit: u64) -> anyhow::Result<(Vec<u8>, u64)> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().take(limit + 1).read_to_end(&mut bytes)?;
        let size = bytes.len() as u64;
        return Ok((bytes, size));
    }
    let what = || shown(path);
    let about = std::fs::metadata(path).with_context(what)?;
    if about.is_dir() {
        bail!("{} is a folder; name the files in it", what());
    }
    if about.len() <= limit {
        let file = std::fs::File::open(path).with_context(what)?;
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .with_context(what)?;
    }
    let size = about.len().max(bytes.len() as u64);
    Ok((bytes, size))
}

/// What eInnsyn complained of in kvitteringer that were kept.
fn complaints(files: &[PathBuf]) -> anyhow::Result<Vec<Valideringsfeil>> {
    let mut all = Vec::new();
    for path in files {
        let (bytes, _) = read(path, 1 << 20)?;
        let report = noark::validate("kvittering.json", &bytes, &Settings::default());
        let complaints = &report.extracted.get("valideringsfeil");
        let Some(complaints) = complaints else {
            bail!("{} is no kvittering with a warning", shown(path));
        };
        let text = serde_json::json!({
            "alvorlighetsgrad": "ADVARSEL",
            "valideringsfeil": complaints,
        });
        if let Answer::Warning(warning) = noark::kvittering::read(&text.to_string()) {
            all.extend(warning.valideringsfeil);
        }
    }
    Ok(all)
}

/// The words that stand for a verdict.
fn verdict(level: Level, language: noark::Language) -> &'static str {
    use noark::Language::{Bokmaal, English};
    match (level, language) {
        (Level::Ok, _) => "ok",
        (Level::Warning, Bokmaal) => "advarsel",
        (Level::Error, Bokmaal) => "feil",
        (Level::Refuse, Bokmaal) => "avvist",
        (Level::Warning, English) => "warning",
        (Level::Error, English) => "error",
        (Level::Refuse, English) => "refused",
    }
}
