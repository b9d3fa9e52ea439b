//! Judge a file: what it is, what is wrong with it, what is in it.

use serde_json::json;

use crate::finding::{Finding, Profile, Rule};
use crate::graph::Graph;
use crate::json::{Node, Tree};
use crate::jsonld::{self, Document};
use crate::noark5::xsi_type;
use crate::report::{Kind, Report};
use crate::rules::lexical::has_uuid;
use crate::rules::{self, identity, withdrawal, written};
use crate::size::wire_bytes;
use crate::vocabulary::{ARKIV, ARKIV_XML, is_a};
use crate::{
    advice, emailtext, extract, kvittering, noark4, noark5, order, place, xml,
};

/// How to judge.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which rules hold.
    pub profile: Profile,
    /// Larger files are not read.
    pub bytes_max: usize,
    /// What eInnsyn has complained of before.
    pub complaints: Vec<kvittering::Valideringsfeil>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Practical,
            bytes_max: 64 << 20,
            complaints: Vec::new(),
        }
    }
}

/// Judge a file. Its name only helps where the content does not tell: an emailtext, and
/// what is broken.
pub fn validate(name: &str, bytes: &[u8], settings: &Settings) -> Report {
    if bytes.len() > settings.bytes_max {
        return oversized(bytes.len() as u64, settings);
    }
    let mut report = by_content(name, bytes, settings);
    for finding in report.findings.iter_mut().chain(&mut report.advice) {
        withhold_numbers(finding);
    }
    report.findings = distinct(report.findings);
    report
}

/// The report on a file that is too large to be looked at.
pub fn oversized(bytes: u64, settings: &Settings) -> Report {
    let finding = Finding::refuse(Rule::ForStor).value(bytes.to_string());
    let finding = finding.expected(settings.bytes_max.to_string());
    Report::refused(Kind::Ukjent, vec![finding])
}

/// > The number itself is never repeated in a finding
fn withhold_numbers(finding: &mut Finding) {
    for text in [&mut finding.value, &mut finding.note, &mut finding.focus] {
        if text.as_deref().is_some_and(identity::holds_identity_number) {
            *text = Some("[fødselsnummer]".into());
        }
    }
}

/// Each once, the gravest first.
fn distinct(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut seen = std::collections::HashSet::new();
    for finding in findings {
        let Finding { level, rule, .. } = finding;
        let key = (level, rule, finding.focus.clone(), finding.path.clone());
        if seen.insert((key, finding.value.clone())) {
            kept.push(finding);
        }
    }
    kept.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    kept
}

fn by_content(name: &str, bytes: &[u8], settings: &Settings) -> Report {
    let name = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(name)
        .to_lowercase();
    let ends = |end: &str| name.ends_with(end);
    if name.starts_with("emailtext") {
        return emailtext::judge(bytes);
    }
    let unmarked = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match unmarked.trim_ascii_start().first() {
        Some(b'<') => return by_root(bytes),
        Some(0xff | 0xfe)
            if bytes.get(1).is_some_and(|b| *b >= 0xfe) && !ends("ld") =>
        {
            return by_root(bytes);
        }
        Some(b'{' | b'[') => return by_keys(&name, bytes, settings),
        _ if ends(".jsonld") || ends(".json") => {
            return by_keys(&name, bytes, settings);
        }
        _ if ends(".xml") => return by_root(bytes),
        _ => {}
    }
    if emailtext::looks_like(bytes) {
        return emailtext::judge(bytes);
    }
    Report::refused(Kind::Ukjent, vec![Finding::refuse(Rule::UkjentInnhold)])
}

fn by_keys(name: &str, bytes: &[u8], settings: &Settings) -> Report {
    let named = name.ends_with(".jsonld");
    let text = match jsonld::text(bytes) {
        Ok(text) => text,
        Err(refusals) => {
            let kind = if named {
                Kind::Publisering
            } else {
                Kind::Ukjent
            };
            return Report::refused(kind, refusals);
        }
    };
    match jsonld::tree(text) {
        Ok(tree) if named || is_jsonld(&tree) => {
            publication(bytes, text, &tree, settings)
        }
        Err(refusals) if named || text.contains("\"@context\"") => {
            Report::refused(Kind::Publisering, refusals)
        }
        _ => kvittering::judge(text),
    }
}

fn is_jsonld(tree: &Tree<'_>) -> bool {
    let objects = tree.root.items().iter().chain([&tree.root]);
    let mut keys = objects.flat_map(Node::members);
    keys.any(|member| {
        ["@context", "@graph", "@id", "@type"].contains(&member.key.as_ref())
    })
}

fn publication(
    bytes: &[u8],
    text: &str,
    tree: &Tree<'_>,
    settings: &Settings,
) -> Report {
    let mut report = Report::new(Kind::Publisering);
    report.wire_bytes = Some(wire_bytes(bytes.len()));
    let document = match jsonld::document(text, tree, &mut report.findings) {
        Ok(document) => document,
        Err(refusals) => return Report::refused(Kind::Publisering, refusals),
    };
    for id in &document.relative {
        report
            .findings
            .push(Finding::error(Rule::RelativIri).focus(id));
    }
    let profile = settings.profile;
    if document.named.is_empty() || !document.graph.is_empty() {
        judge_published(&document, profile, &mut report);
        advice::published(&document.graph, bytes.len(), settings, &mut report.advice);
    }
    if !document.named.is_empty() {
        report.kind = Kind::TrekkTilbake;
        withdrawal::check(&document, profile, &mut report.findings);
        let withdrawn = withdrawal::withdrawn(&document);
        let withdrawn = withdrawn
            .iter()
            .map(|w| json!({"iri": w.iri, "type": w.class}));
        report
            .extracted
            .insert("trekkes".into(), withdrawn.collect());
    }
    place::in_json(tree, &mut report.findings);
    place::in_json(tree, &mut report.advice);
    report
}

fn judge_published(document: &Document, profile: Profile, report: &mut Report) {
    let findings = &mut report.findings;
    rules::check(&document.graph, profile, findings);
    rules::queries(&document.graph, findings);
    written::check(&document.graph, profile, findings);
    if !document.relative.is_empty() {
        // What there is has no place to stand; that is said already.
        findings.retain(|finding| finding.rule != Rule::IngenRegistrering);
    }
    report.extracted = extract::publication(&document.graph);
}

fn by_root(bytes: &[u8]) -> Report {
    match read_root(bytes) {
        Ok(report) => report,
        Err(refusals) => {
            let mut report = Report::refused(Kind::Ukjent, refusals);
            if order::looks_like(bytes) {
                report
                    .extracted
                    .insert("reserve".into(), json!("emailtext"));
            }
            report
        }
    }
}

fn read_root(bytes: &[u8]) -> Result<Report, Vec<Finding>> {
    if order::looks_like(bytes) {
        return order::judge(bytes).map(order::Judged::report);
    }
    let source = xml::decode(bytes)?;
    let document = xml::parse(&source.text)?;
    let root = document.root_element();
    let mut report = match (root.tag_name().namespace(), root.tag_name().name()) {
        (Some(ARKIV_XML), "arkiv") => noark_5(&document),
        (Some(ARKIV_XML), "trekkTilbake") => withdrawn_5(root),
        (None, "OFFJOURNAL") => noark_4(&document),
        (space, name) => {
            let space = space.map_or(String::new(), |space| format!(" ({space})"));
            let finding =
                Finding::refuse(Rule::Rotelement).note(format!("{name}{space}"));
            let start = root.range().start;
            return Err(vec![finding.at(start)]);
        }
    };
    if let Some(name) = &source.lie {
        report
            .findings
            .push(Finding::warning(Rule::Tegnsett).note(name));
    }
    Ok(report)
}

fn noark_5(document: &roxmltree::Document<'_>) -> Report {
    let mut report = Report::new(Kind::Noark5);
    let placed = noark5::read(document.root_element(), &mut report.findings);
    judge_noark(&placed.graph, &mut report);
    place::in_xml(document, &placed, &mut report.findings);
    report.extracted = extract::noark(&placed.graph);
    report
}

fn noark_4(document: &roxmltree::Document<'_>) -> Report {
    let mut report = Report::new(Kind::Noark4);
    let root = document.root_element();
    let (placed, orgnr) = noark4::read(root, &mut report.findings);
    judge_noark(&placed.graph, &mut report);
    place::in_xml(document, &placed, &mut report.findings);
    report.extracted = extract::noark(&placed.graph);
    if let Some(orgnr) = orgnr {
        report.extracted.insert("orgnr".into(), json!(orgnr));
    }
    report
}

/// > Noark files are judged on reading, codes, dates, required fields and identity
/// > numbers; both profiles give the same
fn judge_noark(graph: &Graph, report: &mut Report) {
    const JUDGED: &[&str] = &[
        "Mappe",
        "Registrering",
        "Korrespondansepart",
        "Skjerming",
        "Dokumentbeskrivelse",
        "Dokumentobjekt",
    ];
    let mut found = Vec::new();
    let practical = Profile::Practical;
    let judged = |class: &str| JUDGED.iter().any(|j| is_a(class, j));
    rules::check_classes(graph, practical, judged, &mut found);
    found.retain(|f| [Rule::MinCount, Rule::Datatype].contains(&f.rule));
    // One element gives both texts; that it is missing is said once.
    found.retain(|f| {
        !f.path
            .as_deref()
            .is_some_and(|path| path.ends_with("_SENSITIV"))
    });
    without_system_id(graph, &mut found);
    report.findings.append(&mut found);
    written::noark(graph, &mut report.findings);
}

/// In Noark 5 a mappe or registrering gets its IRI from systemID.
fn without_system_id(graph: &Graph, findings: &mut Vec<Finding>) {
    for node in graph
        .nodes()
        .iter()
        .filter(|node| graph.is_blank(node.name))
    {
        let mut types = graph.types(node).map(|t| graph.local(t));
        if types.any(|t| is_a(t, "Mappe") || is_a(t, "Registrering")) {
            let finding = Finding::error(Rule::MinCount).expected("1..1");
            let finding = finding.focus(graph.name(node.name));
            findings.push(finding.path(format!("{ARKIV}systemID")));
        }
    }
}

fn withdrawn_5(root: roxmltree::Node<'_, '_>) -> Report {
    let mut report = Report::new(Kind::TrekkTilbake);
    let path = format!("{ARKIV}systemID");
    let mut all = Vec::new();
    for element in root.children().filter(roxmltree::Node::is_element) {
        let at = element.range().start;
        let id = xml::child_text(element, "systemID").filter(|id| !id.is_empty());
        let Some(id) = id else {
            let finding = Finding::error(Rule::MinCount).path(&path).at(at);
            report.findings.push(finding.expected("1..1"));
            continue;
        };
        if !has_uuid(&id) {
            let finding = Finding::error(Rule::Pattern).path(&path).at(at);
            report.findings.push(finding.value(id));
            continue;
        }
        all.push(json!({
            "element": element.tag_name().name(),
            "type": xsi_type(element),
            "iri": format!("{}{id}", noark5::IRI),
            "systemID": id,
        }));
    }
    if all.is_empty() && report.findings.is_empty() {
        report.findings.push(Finding::error(Rule::TrekkTomGraf));
    }
    report.extracted.insert("trekkes".into(), all.into());
    report
}
