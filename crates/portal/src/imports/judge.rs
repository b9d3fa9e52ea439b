//! Judge what came in: the whole file first, then each registrering by itself.

use std::collections::HashSet;

use noark::graph::Graph;
use noark::kvittering::Valideringsfeil;
use noark::publisering::parse;
use noark::vocabulary::is_a;
use noark::{
    Finding, Language, Level, Report, Rule, Settings, document, line_and_column, shown,
    split, validate,
};
use serde_json::{Value, json};

use crate::publication::{Mappe, Registrering, View};

/// Complaints that one kvittering carries at the most.
const COMPLAINTS_MAX: usize = 50;

/// A file, judged.
#[derive(Debug)]
pub(super) struct Judged {
    /// What it is.
    pub(super) kind: &'static str,
    /// The gravest level.
    pub(super) verdict: &'static str,
    /// Why nothing of it can be used, where that is so.
    pub(super) refused: Option<String>,
    /// One for each registrering, and for each mappe that stands alone.
    pub(super) parts: Vec<Part>,
    /// IRI and systemID of what is to be withdrawn.
    pub(super) withdrawn: Vec<(String, Option<String>)>,
}

/// A registrering with what belongs to it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) iri: String,
    pub(super) mapper: Vec<Mappe>,
    pub(super) registreringer: Vec<Registrering>,
    /// Why it cannot be published, where that is so.
    pub(super) refused: Option<String>,
    pub(super) warnings: Vec<Valideringsfeil>,
    errors: Vec<Key>,
}

/// What tells a finding from others.
type Key = (Rule, Option<String>, Option<String>);

fn key(finding: &Finding) -> Key {
    (finding.rule, finding.focus.clone(), finding.path.clone())
}

/// Judge a file.
pub(super) fn judge(name: &str, bytes: &[u8]) -> Judged {
    let report = validate(name, bytes, &Settings::default());
    let mut judged = Judged {
        kind: report.kind.as_str(),
        verdict: report.verdict().as_str(),
        refused: None,
        parts: Vec::new(),
        withdrawn: withdrawn(&report),
    };
    if report.verdict() == Level::Refuse {
        judged.refused = Some(reasons(&report));
        return judged;
    }
    if !judged.withdrawn.is_empty() && report.verdict() >= Level::Error {
        judged.withdrawn.clear();
        judged.refused = Some(reasons(&report));
        return judged;
    }
    // Noark 5 and Noark 4 come as they are; what follows sees no difference.
    match document(bytes) {
        Ok(document) => {
            let parts = split(&document.graph);
            let parts = parts.iter().filter(|p| is_head(&document.graph, &p.iri));
            judged.parts = parts.map(|p| part(&p.iri, &p.jsonld)).collect();
        }
        Err(_) if !judged.withdrawn.is_empty() => return judged,
        Err(error) => judged.refused = Some(error.to_string()),
    }
    of_the_file(&report, &mut judged);
    judged
}

/// Whether a part is about something that is published.
fn is_head(graph: &Graph, iri: &str) -> bool {
    let node = graph.find(iri).and_then(|name| graph.node(name));
    let mut types = node.into_iter().flat_map(|node| graph.types(node));
    types.any(|t| {
        let class = graph.local(t);
        is_a(class, "Registrering") || is_a(class, "Mappe")
    })
}

/// Faults that no registrering has by itself refuse them all.
fn of_the_file(report: &Report, judged: &mut Judged) {
    let known: HashSet<&Key> = judged.parts.iter().flat_map(|p| &p.errors).collect();
    let mut errors = report.findings.iter().filter(|f| f.level >= Level::Error);
    let unknown = errors.any(|finding| !known.contains(&key(finding)));
    if judged.parts.is_empty() && judged.withdrawn.is_empty() {
        let words = Some(reasons(report)).filter(|words| !words.is_empty());
        judged.refused = judged.refused.take().or(words);
        judged.refused = judged
            .refused
            .take()
            .or(Some("Filen har ingenting å publisere.".into()));
    } else if unknown {
        for part in &mut judged.parts {
            part.refused = Some(reasons(report));
        }
    }
}

fn part(iri: &str, jsonld: &str) -> Part {
    let report = validate("payload.jsonld", jsonld.as_bytes(), &Settings::default());
    let errors = report.findings.iter().filter(|f| f.level >= Level::Error);
    let errors = errors.map(key).collect();
    let Ok(document) = parse(jsonld.as_bytes()) else {
        return Part {
            iri: iri.to_owned(),
            mapper: Vec::new(),
            registreringer: Vec::new(),
            refused: Some(reasons(&report)),
            warnings: Vec::new(),
            errors,
        };
    };
    let (mapper, registreringer) = View(&document.graph).all();
    let warnings = report.findings.iter().filter(|f| f.level == Level::Warning);
    let warnings = warnings.map(|finding| complaint(&document.graph, finding));
    // A file may hold a withdrawal as well; that nothing else is in it is no fault.
    let is_wrong = report.verdict() >= Level::Error;
    Part {
        iri: iri.to_owned(),
        mapper,
        registreringer,
        refused: is_wrong.then(|| reasons(&report)),
        warnings: warnings.take(COMPLAINTS_MAX).collect(),
        errors,
    }
}

fn complaint(graph: &Graph, finding: &Finding) -> Valideringsfeil {
    let focus = finding.focus.clone().unwrap_or_default();
    let node = graph.find(&focus).and_then(|name| graph.node(name));
    let class = node.and_then(|node| graph.types(node).next());
    Valideringsfeil {
        element_id: focus,
        element_type: class.map_or(String::new(), |c| graph.name(c).to_owned()),
        attributt: finding.path.clone().unwrap_or_default(),
        attributt_verdi: finding.value.clone(),
        feilmelding: sentence(finding),
    }
}

/// What is wrong and what would be right, gravest first.
fn reasons(report: &Report) -> String {
    const REASONS_MAX: usize = 10;
    let errors = report.findings.iter().filter(|f| f.level >= Level::Error);
    let words: Vec<String> = errors.take(REASONS_MAX).map(sentence).collect();
    words.join(" ")
}

fn sentence(finding: &Finding) -> String {
    let message = finding.message(Language::Bokmaal);
    let hint = finding.hint(Language::Bokmaal);
    let about = finding.focus.as_deref().unwrap_or_default();
    let about = if about.is_empty() || about == "_:" {
        String::new()
    } else {
        format!(" ({about})")
    };
    format!("{message}{about}. {hint}")
}

fn withdrawn(report: &Report) -> Vec<(String, Option<String>)> {
    let all = report.extracted.get("trekkes").and_then(Value::as_array);
    let one = |value: &Value| {
        let iri = value["iri"].as_str()?.to_owned();
        Some((iri, value["systemID"].as_str().map(str::to_owned)))
    };
    all.into_iter().flatten().filter_map(one).collect()
}

/// The report as the test console shows it, places as lines and columns.
pub(crate) fn explained(name: &str, bytes: &[u8], language: Language) -> Value {
    let report = validate(name, bytes, &Settings::default());
    let text = shown(bytes);
    let mut value = report.to_json(name, language);
    for list in ["findings", "advice"] {
        for finding in value[list].as_array_mut().into_iter().flatten() {
            let start = finding["place"]["start"].as_u64();
            if let Some(start) = start.and_then(|start| usize::try_from(start).ok()) {
                let (line, column) = line_and_column(&text, start);
                finding["line"] = json!(line);
                finding["column"] = json!(column);
            }
        }
    }
    value
}
