//! The written rules: what the constraints do not say (einnsyn §4.2, §4.3, §7).

use super::identity::holds_identity_number;
use super::washed::{Wrong, wrong};
use crate::finding::{Finding, Level, Profile, Rule};
use crate::graph::{Graph, Node, Term};
use crate::vocabulary::{ARKIV, RDF_FIRST, RDF_TYPE, is_a};

/// Check a graph that is to be published.
pub(crate) fn check(graph: &Graph, profile: Profile, findings: &mut Vec<Finding>) {
    let mut anything = false;
    for node in graph.nodes() {
        let types = graph.types(node).map(|t| graph.local(t));
        let types: Vec<&str> = types.collect();
        let is = |class: &str| types.iter().any(|t| is_a(t, class));
        anything |= is("Registrering") || is("Moetemappe");
        if profile == Profile::Practical {
            parents(graph, node, is, findings);
        }
        if graph.is_blank(node.name) {
            nameless(graph, node, &types, findings);
        }
        texts(graph, node, findings);
    }
    if !anything {
        findings.push(Finding::error(Rule::IngenRegistrering));
    }
}

fn parents(
    graph: &Graph,
    node: &Node,
    is: impl Fn(&str) -> bool,
    findings: &mut Vec<Finding>,
) {
    let (level, rule) = if is("Journalpost") {
        (Level::Warning, Rule::SaksmappeMangler)
    } else if is("Møtesaksregistrering") {
        (Level::Error, Rule::MoetemappeMangler)
    } else if is("Mappe") {
        (Level::Warning, Rule::ForelderMangler)
    } else {
        return;
    };
    for parent in graph.values(node, "parent").iter().filter_map(Term::node) {
        if graph.node(parent).is_none() {
            let finding = Finding::new(level, rule).focus(graph.name(node.name));
            let finding = finding.path(format!("{ARKIV}parent"));
            findings.push(finding.value(graph.name(parent)));
        }
    }
}

fn nameless(graph: &Graph, node: &Node, types: &[&str], findings: &mut Vec<Finding>) {
    for class in types {
        if is_a(class, "Registrering") || is_a(class, "Mappe") {
            let finding = Finding::error(Rule::ManglerIri).path(RDF_TYPE);
            let finding = finding.focus(graph.name(node.name));
            findings.push(finding.value(format!("{ARKIV}{class}")));
        }
    }
}

/// Identity numbers in any text, and names where only washed text may stand.
pub(crate) fn texts(graph: &Graph, node: &Node, findings: &mut Vec<Finding>) {
    identity_numbers(graph, node, findings);
    for (property, values) in &node.properties {
        let name = graph.name(*property);
        let sensitive = graph.find(&format!("{name}_SENSITIV"));
        let sensitive = sensitive.map_or(&[][..], |s| node.values(s));
        let pairs = values.iter().zip(sensitive);
        for (open, sensitive) in pairs {
            let finding = match wrong(graph.text(open), graph.text(sensitive)) {
                Some(Wrong::Swapped) => Finding::error(Rule::VaskByttet),
                Some(Wrong::NameInTheOpen) => Finding::warning(Rule::UvasketNavn),
                None => continue,
            };
            findings.push(finding.focus(graph.name(node.name)).path(name));
        }
    }
}

/// The number itself is never repeated.
pub(crate) fn identity_numbers(
    graph: &Graph,
    node: &Node,
    findings: &mut Vec<Finding>,
) {
    for (property, values) in &node.properties {
        let holds = |value: &Term| match value {
            Term::Literal(literal) => holds_identity_number(&literal.text),
            Term::Node(_) => false,
        };
        if values.iter().any(holds) {
            let finding = Finding::error(Rule::Identitetsnummer);
            let finding = finding.focus(graph.name(node.name));
            findings.push(finding.path(graph.name(*property)));
        }
    }
}

/// Identity numbers in Noark XML, where one text gives several fields: said once.
pub(crate) fn noark(graph: &Graph, findings: &mut Vec<Finding>) {
    for node in graph.nodes() {
        let mut found = Vec::new();
        identity_numbers(graph, node, &mut found);
        let paths: Vec<String> = found.iter().filter_map(|f| f.path.clone()).collect();
        let titled = |path: &str| path.starts_with(&format!("{ARKIV}tittel"));
        let official = format!("{ARKIV}offentligTittel_SENSITIV");
        found.retain(|finding| {
            let path = finding.path.as_deref().unwrap_or_default();
            let said_below = paths.contains(&format!("{path}_SENSITIV"));
            let said_above = titled(path) && paths.contains(&official);
            !said_below && !said_above && path != RDF_FIRST
        });
        findings.append(&mut found);
    }
}
