//! What STYLE.md asks for and a machine can remember.
//!
//! One test a rule; each names every place that breaks it. Rules that clippy keeps
//! (function length, banned calls, `unwrap`) are in clippy.toml and Cargo.toml.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 600;

#[test]
fn every_file_opens_with_a_sentence() {
    let mut wrong = Vec::new();
    for (path, text) in rust() {
        let first = text.lines().next().unwrap_or_default();
        let words = first.strip_prefix("//! ").unwrap_or_default();
        let opening: Vec<&str> = text
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .take_while(|line| !line.is_empty())
            .collect();
        let ends = opening.last().is_some_and(|l| l.ends_with(['.', ':', '!']));
        let table = words.starts_with("Table:");
        if words.split_whitespace().count() < 2 || !(ends || table) {
            wrong.push(format!("{path}: {first:?}"));
        }
    }
    none(wrong, "files do not open with `//!` and a whole sentence");
}

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for (path, text) in rust() {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX && !text.starts_with("//! Table:") {
            wrong.push(format!("{path}: {lines} lines"));
        }
    }
    none(wrong, "files are longer than 600 lines");
}

#[test]
fn crates_lean_downwards() {
    let crates = manifests();
    let level = |manifest: &toml::Table| {
        manifest["package"]
            .get("metadata")?
            .get("level")?
            .as_integer()
    };
    let mut wrong = Vec::new();
    for (name, manifest) in &crates {
        let Some(own) = level(manifest) else {
            wrong.push(format!("{name} has no package.metadata.level"));
            continue;
        };
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let list = manifest.get(kind).and_then(toml::Value::as_table);
            for other in list.into_iter().flat_map(toml::Table::keys) {
                let Some(below) = crates.get(other).and_then(level) else {
                    continue;
                };
                if below >= own {
                    wrong.push(format!("{name} ({own}) leans on {other} ({below})"));
                }
            }
        }
    }
    none(wrong, "crates do not lean downwards");
}

#[test]
fn paths_in_the_docs_exist() {
    let mut wrong = Vec::new();
    for (path, text) in markdown() {
        let folder = root().join(&path);
        let folder = folder.parent().unwrap();
        for named in links(&text) {
            if !folder.join(&named).exists() {
                wrong.push(format!("{path}: ({named})"));
            }
        }
        for named in spans(&text).into_iter().filter(|span| is_path(span)) {
            if !root().join(&named).exists() && !folder.join(&named).exists() {
                wrong.push(format!("{path}: `{named}`"));
            }
        }
    }
    none(wrong, "paths in the docs do not exist");
}

#[test]
fn architecture_names_every_crate() {
    let text = read("ARCHITECTURE.md");
    let named: BTreeSet<String> = spans(&text).into_iter().collect();
    let missing = manifests().into_keys().filter(|name| !named.contains(name));
    none(missing.collect(), "crates are not in ARCHITECTURE.md");
}

#[test]
fn every_quirk_has_a_row_a_place_and_a_test() {
    let rows: BTreeSet<u32> = read("docs/quirks.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    let (mut places, mut tests) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in rust().filter(|(path, _)| path != TIDY) {
        let all_tests = path.contains("/tests/") || path.ends_with("/tests.rs");
        let start = text
            .find("#[cfg(test)]\nmod tests {")
            .filter(|_| !all_tests);
        let (main, test) = match start {
            _ if all_tests => ("", text.as_str()),
            Some(start) => text.split_at(start),
            None => (text.as_str(), ""),
        };
        places.extend(quirks(main, "Quirk "));
        tests.extend(quirks(test, "Quirk "));
        tests.extend(quirks(test, "fn quirk_"));
    }
    let mut wrong = Vec::new();
    for (there, what) in [(&rows, "row"), (&places, "place"), (&tests, "test")] {
        for number in rows.union(&places).chain(&tests) {
            if !there.contains(number) {
                wrong.push(format!("Quirk {number} has no {what}"));
            }
        }
    }
    none(
        wrong,
        "quirks are not complete (docs/quirks.md, code, test)",
    );
}

#[test]
fn every_norwegian_name_has_a_row() {
    let text = read("docs/ordliste.md");
    let known: BTreeSet<String> = spans(&text)
        .iter()
        .flat_map(|span| span.split(|c: char| !c.is_alphanumeric()))
        .map(str::to_lowercase)
        .collect();
    let mut wrong = Vec::new();
    for (path, text) in rust() {
        for line in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub "))
        {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let kind = words.next().unwrap_or_default();
            let name = words.next().unwrap_or_default().to_lowercase();
            let is_name = ["struct", "enum", "mod"].contains(&kind);
            if is_name && norwegian(&name) && !known.contains(&name) {
                wrong.push(format!("{path}: {name}"));
            }
        }
    }
    none(wrong, "Norwegian names have no row in docs/ordliste.md");
}

#[test]
fn skips_have_reasons() {
    let path = root().join("conformance/skips.toml");
    let Ok(text) = fs::read_to_string(path) else {
        return;
    };
    let skips: toml::Table = text.parse().unwrap();
    let reason = |skip: &toml::Value| {
        let reason = skip.get("reason").and_then(toml::Value::as_str);
        reason.is_some_and(|text| text.split_whitespace().count() > 2)
    };
    let mut wrong = Vec::new();
    for (name, list) in &skips {
        for skip in list.as_array().into_iter().flatten() {
            if !reason(skip) {
                wrong.push(format!("{name}: {skip}"));
            }
        }
    }
    none(wrong, "skips have no reason");
}

#[test]
fn nothing_names_a_place_outside_the_clone() {
    // Put together here, so that this file does not name them.
    let places = [
        ["/work", "/"],
        [".lib", "rary"],
        ["/tmp/", "brief"],
        ["../", "shared"],
        ["/ro", "ot/"],
    ];
    let mut wrong = Vec::new();
    for path in files(&root()) {
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue; // Not text.
        };
        for (number, line) in text.lines().enumerate() {
            if places.iter().any(|place| line.contains(&place.concat())) {
                wrong.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(wrong, "lines name a place outside the clone");
}

#[test]
fn the_bans_have_reasons() {
    let text: toml::Table = read("clippy.toml").parse().unwrap();
    let banned = text["disallowed-methods"].as_array().unwrap();
    let mut wrong = Vec::new();
    for ban in banned {
        if ban.get("reason").is_none() {
            wrong.push(ban.to_string());
        }
    }
    let paths: BTreeSet<&str> = banned
        .iter()
        .filter_map(|ban| ban.get("path")?.as_str())
        .collect();
    for path in [
        "std::time::SystemTime::now",
        "jiff::Timestamp::now",
        "std::thread::spawn",
        "tokio::spawn",
        "uuid::Uuid::new_v4",
    ] {
        if !paths.contains(path) {
            wrong.push(format!("{path} is not banned"));
        }
    }
    for (path, manifest) in manifests() {
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            wrong.push(format!("{path} does not take the workspace's lints"));
        }
    }
    none(wrong, "clippy.toml or a manifest leaves a hole");
}

const TIDY: &str = "conformance/tests/tidy.rs";

fn none(wrong: Vec<String>, what: &str) {
    assert!(
        wrong.is_empty(),
        "{} {what}:\n  {}",
        wrong.len(),
        wrong.join("\n  ")
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(root().join(path));
    text.unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

/// Every file that we write, by its path in the clone; recordings are not ours.
fn files(folder: &Path) -> Vec<String> {
    const NOT_OURS: &[&str] = &[
        ".git",
        "target",
        "vectors",
        "demo",
        "node_modules",
        "__pycache__",
    ];
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let relative = path.strip_prefix(root()).unwrap().to_owned();
        let name = path.file_name().unwrap().to_str().unwrap();
        let at_root = folder == root();
        let skip = NOT_OURS.contains(&name) && (name != "demo" || at_root);
        if path.is_dir() && !skip {
            found.extend(files(&path));
        } else if path.is_file() && !skip {
            found.push(relative.to_str().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

fn with_ending(ending: &'static str) -> impl Iterator<Item = (String, String)> {
    let all = files(&root()).into_iter();
    let ours = all.filter(move |path| path.ends_with(ending));
    ours.map(|path| {
        let text = read(&path);
        (path, text)
    })
}

fn rust() -> impl Iterator<Item = (String, String)> {
    with_ending(".rs")
}

fn markdown() -> impl Iterator<Item = (String, String)> {
    with_ending(".md")
}

/// Every member's manifest by its name.
fn manifests() -> BTreeMap<String, toml::Table> {
    let members = with_ending("/Cargo.toml").map(|(path, text)| {
        let manifest: toml::Table = text.parse().unwrap();
        let name = manifest["package"]["name"].as_str();
        (
            name.unwrap_or_else(|| panic!("{path}: no name")).to_owned(),
            manifest,
        )
    });
    members.collect()
}

/// What stands in backticks, outside blocks of code.
fn spans(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// Where `[words](path)` and `src="path"` lead, addresses on the net left out.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        for (mark, end) in [("](", ')'), ("src=\"", '"')] {
            for rest in line.split(mark).skip(1) {
                let target = rest.split(end).next().unwrap_or_default();
                let target = target.split('#').next().unwrap_or_default();
                if !target.is_empty() && !target.contains("://") {
                    found.push(target.to_owned());
                }
            }
        }
    }
    found
}

/// The lines that are not in a fenced block.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// `docs/x.md`, `crates/flow`, `deny.toml`; not `POST /api`, `a/b.c` of a package or
/// what a program writes (under target/ and demo/).
fn is_path(span: &str) -> bool {
    const PLACES: &[&str] = &[
        "crates/",
        "conformance/",
        "docs/",
        "xtask/",
        ".ci/",
        ".cargo/",
        "src/",
    ];
    const ENDINGS: &[&str] = &[".rs", ".md", ".svg"];
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let place = PLACES.iter().any(|place| span.starts_with(place));
    let file = ENDINGS.iter().any(|ending| span.ends_with(ending));
    span.chars().all(plain) && (place || file)
}

/// The numbers that follow the mark, also in "Quirk 2 and 3".
fn quirks(text: &str, mark: &str) -> Vec<u32> {
    let after = text.split(mark).skip(1);
    let digits = |rest: &str| {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    after.filter_map(digits).collect()
}

/// Whether a name is one that the protocol or its country's authorities gave.
fn norwegian(name: &str) -> bool {
    const STEMS: &[&str] = &[
        "innsyn",
        "publisering",
        "kvittering",
        "journal",
        "møte",
        "moete",
        "dokument",
        "arkiv",
        "orgnr",
        "avtalt",
        "levetid",
        "fagsystem",
        "klient",
        "postmottak",
        "skjerming",
        "saksmappe",
        "mottak",
        "registrering",
        "enhet",
        "mappe",
        "bestilling",
    ];
    STEMS
        .iter()
        .any(|stem| name.contains(stem) && name != "document")
}
