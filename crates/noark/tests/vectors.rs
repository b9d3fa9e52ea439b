//! Each file of eInnsyn's vectors gets the verdict, the findings and the content listed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use noark::{Finding, Level, Profile, Settings, validate};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

const PROFILES: [Profile; 2] = [Profile::Practical, Profile::PublishedStrict];

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors/einnsyn")
        .join(folder)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()))
}

fn cases(folder: &str) -> Vec<Value> {
    serde_json::from_slice(&bytes(&vectors(folder).join("expected.json"))).unwrap()
}

/// Level, rule, focus, path: what findings are compared by.
type Key = [Option<String>; 4];

fn ours(finding: &Finding) -> Key {
    let level = finding.level.as_str().to_owned();
    let rule = finding.rule.as_str().to_owned();
    [
        Some(level),
        Some(rule),
        finding.focus.clone(),
        finding.path.clone(),
    ]
}

fn theirs(finding: &Value) -> Key {
    ["level", "rule", "focus", "path"]
        .map(|name| finding[name].as_str().map(|text| text.nfc().collect()))
}

/// Texts in NFC, since that is how they are compared.
fn normal(value: &Value) -> Value {
    match value {
        Value::String(text) => text.nfc().collect::<String>().into(),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            let members = members.iter();
            members
                .map(|(k, v)| (k.nfc().collect::<String>(), normal(v)))
                .collect()
        }
        other => other.clone(),
    }
}

fn check(folder: &str, case: &Value, profile: Profile) -> Result<(), String> {
    let name = case["file"].as_str().unwrap();
    let file = bytes(&vectors(folder).join(name));
    let settings = Settings {
        profile,
        ..Settings::default()
    };
    let report = validate(name, &file, &settings);
    let mut wrong = Vec::new();
    let expected = &case["profile"][profile.as_str()];
    if *expected != report.verdict().as_str() {
        wrong.push(format!(
            "verdict {} for {expected}",
            report.verdict().as_str()
        ));
    }
    if case["kind"] != report.kind.as_str() {
        wrong.push(format!(
            "kind {} for {}",
            report.kind.as_str(),
            case["kind"]
        ));
    }
    let holds = |finding: &&Value| {
        let profiles = finding["profiles"].as_array().unwrap();
        profiles.contains(&profile.as_str().into())
    };
    let listed = case["findings"].as_array().unwrap().iter().filter(holds);
    let listed: BTreeSet<Key> = listed.map(theirs).collect();
    let found: BTreeSet<Key> = report.findings.iter().map(ours).collect();
    wrong.extend(
        listed
            .difference(&found)
            .map(|f| format!("not found: {f:?}")),
    );
    wrong.extend(
        found
            .difference(&listed)
            .map(|f| format!("found too: {f:?}")),
    );
    let (content, read) = (normal(&case["extracted"]), Value::Object(report.extracted));
    if content != normal(&read) {
        wrong.push(format!("content\n  {read}\nfor\n  {content}"));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{folder}/{name} ({}):\n  {}",
        profile.as_str(),
        wrong.join("\n  ")
    ))
}

fn check_all(folder: &str, count: usize) {
    let cases = cases(folder);
    assert_eq!(cases.len(), count, "vectors in {folder}");
    let mut wrong = Vec::new();
    for case in &cases {
        for profile in PROFILES {
            wrong.extend(check(folder, case, profile).err());
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn publications() {
    check_all("publisering", 159);
}

#[test]
fn noark_xml() {
    check_all("noark", 23);
}

#[test]
fn orders() {
    check_all("order", 49);
}

#[test]
fn kvitteringer() {
    check_all("kvittering", 18);
}

#[test]
fn every_finding_says_what_and_where_in_two_languages() {
    use noark::Language::{Bokmaal, English};
    for folder in ["publisering", "noark", "order", "kvittering"] {
        for case in cases(folder) {
            let name = case["file"].as_str().unwrap();
            let file = bytes(&vectors(folder).join(name));
            let report = validate(name, &file, &Settings::default());
            for finding in &report.findings {
                let rule = finding.rule.as_str();
                for language in [Bokmaal, English] {
                    for text in [finding.message(language), finding.hint(language)] {
                        let whole = text.len() > 10 && !text.contains("{path}");
                        assert!(whole, "{name}: {rule}: {text}");
                        assert!(!text.contains(": –"), "{name}: {rule}: {text}");
                    }
                }
                // A focus that is in the file can be pointed at; a graph that is only
                // named, and what a repaired text no longer has, cannot.
                let pointed = finding.place.is_some() || finding.focus.is_none();
                assert!(pointed, "{name}: {rule}: no place");
                assert!(finding.level > Level::Ok);
            }
        }
    }
}
