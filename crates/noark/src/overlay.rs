//! Lay one publication over another: what a full replacement needs to be full.
//!
//! > Update = full replacement: what is left out is removed (einnsyn §4.2)

use std::borrow::Cow;

use crate::graph::{Graph, Node, Symbol, Term};

/// The graph with another laid over it: where both speak of a node, each property that
/// the change has replaces the one that was, and the rest stays. Blank nodes have no
/// name by which both could speak of them.
pub fn overlay(base: &Graph, change: &Graph) -> Graph {
    let mut whole = Graph::default();
    for node in base.nodes() {
        let other = find(change, base.name(node.name));
        for (property, values) in &node.properties {
            let property = base.name(*property);
            let replaced = other.is_some_and(|other| says(change, other, property));
            if !replaced {
                let from = Source(base, "");
                copy(&mut whole, &from, base.name(node.name), property, values);
            }
        }
    }
    let from = Source(change, "ny-");
    for node in change.nodes() {
        for (property, values) in &node.properties {
            let name = from.name(node.name);
            copy(&mut whole, &from, &name, change.name(*property), values);
        }
    }
    whole
}

/// The graph, and of another graph what it points to and lacks: a saksmappe that was sent
/// earlier, for one. Says which were added.
pub fn completed(graph: &Graph, known: &Graph) -> (Graph, Vec<String>) {
    let mut whole = graph.clone();
    let mut added = Vec::new();
    let from = Source(known, "kjent-");
    let wanted = missing(graph);
    let mut next: Vec<Symbol> = wanted.iter().filter_map(|w| known.find(w)).collect();
    while let Some(name) = next.pop() {
        let Some(node) = known.node(name) else {
            continue;
        };
        let shown = from.name(name);
        if whole.find(&shown).is_some_and(|n| whole.node(n).is_some()) {
            continue;
        }
        for (property, values) in &node.properties {
            copy(&mut whole, &from, &shown, known.name(*property), values);
            next.extend(values.iter().filter_map(Term::node));
        }
        if !known.is_blank(name) {
            added.push(shown.into_owned());
        }
    }
    (whole, added)
}

/// Names that nodes have as parent, and that nothing is said of.
pub fn missing(graph: &Graph) -> Vec<String> {
    let parents = graph.nodes().iter().flat_map(|n| graph.values(n, "parent"));
    let parents = parents.filter_map(Term::node);
    parents
        .filter(|name| graph.node(*name).is_none())
        .map(|name| graph.name(name).to_owned())
        .collect()
}

/// A graph, and what tells its blank nodes from another's.
struct Source<'a>(&'a Graph, &'static str);

impl<'a> Source<'a> {
    fn name(&self, symbol: Symbol) -> Cow<'a, str> {
        let name = self.0.name(symbol);
        match name.strip_prefix("_:") {
            Some(label) if !self.1.is_empty() => format!("_:{}{label}", self.1).into(),
            _ => name.into(),
        }
    }
}

fn find<'a>(graph: &'a Graph, name: &str) -> Option<&'a Node> {
    let found = graph.find(name).filter(|found| !graph.is_blank(*found));
    found.and_then(|name| graph.node(name))
}

fn says(graph: &Graph, node: &Node, property: &str) -> bool {
    let property = graph.find(property);
    property.is_some_and(|property| !node.values(property).is_empty())
}

fn copy(
    to: &mut Graph,
    from: &Source<'_>,
    node: &str,
    property: &str,
    values: &[Term],
) {
    let node = to.symbol(node);
    let property = to.symbol(property);
    for value in values {
        let value = match value {
            Term::Node(name) => Term::Node(to.symbol(&from.name(*name))),
            Term::Literal(literal) => Term::Literal(literal.clone()),
        };
        to.add(node, property, value);
    }
}
