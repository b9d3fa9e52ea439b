//! Findings as SARIF 2.1.0, for editors and code hosts.

use noark::{Finding, Language, Level, Rule, line_and_column};
use serde_json::{Value, json};

use super::Judged;

pub(super) fn log(all: &[Judged], language: Language) -> Value {
    let results = all.iter().flat_map(|judged| {
        let report = &judged.report;
        let findings = report.findings.iter().map(|f| (f, level(f.level)));
        let advice = report.advice.iter().map(|f| (f, "note"));
        findings
            .chain(advice)
            .map(|(f, level)| result(f, level, judged, language))
    });
    let rules = Rule::ALL.iter().map(|rule| {
        let text = rule.text();
        let words = match language {
            Language::Bokmaal => text.nb,
            Language::English => text.en,
        };
        json!({"id": rule.as_str(), "shortDescription": {"text": words}})
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "sendebud validate",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Ok => "none",
        Level::Warning => "warning",
        Level::Error | Level::Refuse => "error",
    }
}

fn result(
    finding: &Finding,
    level: &str,
    judged: &Judged,
    language: Language,
) -> Value {
    let mut physical = json!({"artifactLocation": {"uri": uri(&judged.name)}});
    if let Some(place) = &finding.place {
        let (line, column) = line_and_column(&judged.source, place.start);
        let (end_line, end_column) = line_and_column(&judged.source, place.end);
        physical["region"] = json!({
            "startLine": line, "startColumn": column,
            "endLine": end_line, "endColumn": end_column,
        });
    }
    let mut location = json!({"physicalLocation": physical});
    if let Some(focus) = &finding.focus {
        location["logicalLocations"] = json!([{"fullyQualifiedName": focus}]);
    }
    let text = format!("{}. {}", finding.message(language), finding.hint(language));
    json!({
        "ruleId": finding.rule.as_str(),
        "level": level,
        "message": {"text": text},
        "locations": [location],
    })
}

/// A path as the path of a URI.
fn uri(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/' => {
                out.push(char::from(byte));
            }
            b'\\' => out.push('/'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
