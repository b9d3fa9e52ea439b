//! Withdrawal: what stands in the named graphs (einnsyn §4.6).

use std::collections::BTreeSet;

use super::row::{Row, What};
use super::shapes::Checker;
use crate::finding::{Finding, Profile, Rule};
use crate::graph::{Graph, Term};
use crate::jsonld::Document;
use crate::vocabulary::{META_GRAPH, RDF_TYPE, WITHDRAWALS};

/// The published constraints require systemID; no documented example has it.
const ROWS: &[Row] = &[
    Row::one("Mappe", "systemID", What::Uuid),
    Row::one("Registrering", "systemID", What::Uuid),
];

/// Something to be withdrawn: its IRI and its class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Withdrawn {
    /// What it was published under.
    pub(crate) iri: String,
    /// Its class, without the namespace.
    pub(crate) class: String,
}

/// Check the named graphs.
pub(crate) fn check(
    document: &Document,
    profile: Profile,
    findings: &mut Vec<Finding>,
) {
    let declared = declared(document);
    for (name, graph) in data(document) {
        if !declared.contains(name) {
            findings.push(Finding::error(Rule::TrekkUtenMeta).focus(name));
            continue;
        }
        let mut checker = Checker::new(graph, profile);
        for node in graph.nodes() {
            let classes = checker.classes(node);
            for row in ROWS.iter().filter(|r| classes.contains(&r.class)) {
                let min = usize::from(profile == Profile::PublishedStrict);
                checker.row(node, &Row { min, ..*row }, findings);
            }
        }
    }
    let filled: BTreeSet<&str> = data(document).map(|(name, _)| name).collect();
    for name in &declared {
        if !filled.contains(name.as_str()) {
            findings.push(Finding::error(Rule::TrekkTomGraf).focus(name));
        }
    }
    for graph in document.named.iter().map(|(_, graph)| graph) {
        for node in graph.nodes() {
            super::written::identity_numbers(graph, node, findings);
        }
    }
}

/// What is to be withdrawn, by IRI: the objects of every graph that is declared to be
/// one of withdrawal.
pub(crate) fn withdrawn(document: &Document) -> Vec<Withdrawn> {
    let declared = declared(document);
    let mut all = Vec::new();
    for (name, graph) in data(document) {
        if !declared.contains(name) {
            continue;
        }
        for node in graph.nodes() {
            for class in graph.types(node) {
                all.push(Withdrawn {
                    iri: graph.name(node.name).to_owned(),
                    class: graph.local(class).to_owned(),
                });
            }
        }
    }
    all.sort();
    all
}

fn data(document: &Document) -> impl Iterator<Item = (&str, &Graph)> {
    let named = document.named.iter();
    named
        .filter(|(name, _)| name != META_GRAPH)
        .map(|(name, graph)| (name.as_str(), graph))
}

/// The graphs that the meta graph says are of withdrawal.
fn declared(document: &Document) -> BTreeSet<String> {
    let meta = document.named.iter().find(|(name, _)| name == META_GRAPH);
    let Some((_, meta)) = meta else {
        return BTreeSet::new();
    };
    let Some(property) = meta.find(RDF_TYPE) else {
        return BTreeSet::new();
    };
    let mut names = BTreeSet::new();
    for node in meta.nodes() {
        let types = node.values(property).iter().filter_map(Term::node);
        if types
            .into_iter()
            .any(|t| WITHDRAWALS.contains(&meta.name(t)))
        {
            names.insert(meta.name(node.name).to_owned());
        }
    }
    names
}
