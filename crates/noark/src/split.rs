//! Split a publication: one registrering a message (einnsyn §4.1).

use std::collections::{BTreeSet, HashSet};

use crate::graph::{Graph, Node, Symbol, Term};
use crate::jsonld::Document;
use crate::vocabulary::is_a;
use crate::write;

/// A publication of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The registrering or møtemappe that it is about.
    pub iri: String,
    /// What to send.
    pub jsonld: String,
}

/// One part for each registrering, with everything that it points to: its mappe, parties,
/// documents. A mappe without registreringer has a part of its own, and so has what
/// nothing points to and nothing else includes.
pub fn split(graph: &Graph) -> Vec<Part> {
    let heads = graph
        .nodes()
        .iter()
        .filter(|node| is(graph, node, "Registrering"));
    let mut taken = BTreeSet::new();
    let mut parts: Vec<Part> = heads
        .map(|node| {
            let names = reached(graph, node.name);
            taken.extend(names.iter().copied());
            part(graph, node.name, &names)
        })
        .collect();
    let mut left: Vec<&Node> = graph.nodes().iter().collect();
    // What others point to last, so that it goes with them.
    left.sort_by_key(|node| !is(graph, node, "Mappe"));
    for node in left {
        if !taken.contains(&node.name) && !graph.is_blank(node.name) {
            let names = reached(graph, node.name);
            taken.extend(names.iter().copied());
            parts.push(part(graph, node.name, &names));
        }
    }
    parts
}

fn is(graph: &Graph, node: &Node, class: &str) -> bool {
    let mut types = graph.types(node).map(|t| graph.local(t));
    types.any(|t| is_a(t, class))
}

/// Everything that a node points to, and what that points to, short of other
/// registreringer.
fn reached(graph: &Graph, head: Symbol) -> HashSet<Symbol> {
    let mut names = HashSet::from([head]);
    let mut next = vec![head];
    while let Some(node) = next.pop().and_then(|name| graph.node(name)) {
        let values = node.properties.iter().flat_map(|(_, values)| values);
        for name in values.filter_map(Term::node) {
            let Some(other) = graph.node(name) else {
                continue;
            };
            if !is(graph, other, "Registrering") && names.insert(name) {
                next.push(name);
            }
        }
    }
    names
}

fn part(graph: &Graph, head: Symbol, names: &HashSet<Symbol>) -> Part {
    let mut small = Graph::default();
    for node in graph
        .nodes()
        .iter()
        .filter(|node| names.contains(&node.name))
    {
        let subject = small.symbol(graph.name(node.name));
        for (property, values) in &node.properties {
            let property = small.symbol(graph.name(*property));
            for value in values {
                let value = match value {
                    Term::Node(name) => Term::Node(small.symbol(graph.name(*name))),
                    Term::Literal(literal) => Term::Literal(literal.clone()),
                };
                small.add(subject, property, value);
            }
        }
    }
    let document = Document {
        graph: small,
        ..Document::default()
    };
    Part {
        iri: graph.name(head).to_owned(),
        jsonld: write::jsonld(&document),
    }
}
