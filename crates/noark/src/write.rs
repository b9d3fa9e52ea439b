//! Write a graph as JSON-LD: flattened, with prefixes, lists as lists.

use std::collections::HashMap;

use crate::graph::{Datatype, Graph, Literal, Node, Symbol, Term};
use crate::json::quote;
use crate::jsonld::Document;
use crate::vocabulary::{ARKIV, EINNSYN, RDF_FIRST, RDF_NIL, RDF_REST, RDF_TYPE};

const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// Write a publication or withdrawal; reading it gives the same graphs again, up to the
/// names of blank nodes.
pub fn jsonld(document: &Document) -> String {
    let graphs = document.named.iter().map(|(_, graph)| graph);
    let graphs: Vec<&Graph> = graphs.chain([&document.graph]).collect();
    let prefixes = prefixes(&graphs);
    let mut out = String::from("{\"@context\":{");
    for (i, (prefix, space)) in prefixes.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        quote(prefix, &mut out);
        out.push(':');
        quote(space, &mut out);
    }
    out.push_str("},\"@graph\":[");
    let mut first = true;
    Writer::new(&document.graph, &prefixes).nodes(&mut out, &mut first);
    for (name, graph) in &document.named {
        next(&mut out, &mut first);
        out.push_str("{\"@id\":");
        quote(name, &mut out);
        out.push_str(",\"@graph\":[");
        Writer::new(graph, &prefixes).nodes(&mut out, &mut true);
        out.push_str("]}");
    }
    out.push_str("\n]}\n");
    out
}

const PREFIXES: &[Prefix] = &[("arkiv", ARKIV), ("einnsyn", EINNSYN), ("xsd", XSD)];

/// Prefix and namespace.
type Prefix = (&'static str, &'static str);

/// Those that no IRI of the file could be mistaken for.
fn prefixes(graphs: &[&Graph]) -> Vec<Prefix> {
    let values = |graph: &&Graph| -> Vec<String> {
        let properties = graph.nodes().iter().flat_map(|node| &node.properties);
        let values = properties.flat_map(|(_, values)| values);
        let datatypes = values.filter_map(|value| match value {
            Term::Literal(Literal {
                datatype: Datatype::Other(iri),
                ..
            }) => Some(iri.to_string()),
            _ => None,
        });
        datatypes.collect()
    };
    let datatypes: Vec<String> = graphs.iter().flat_map(values).collect();
    let taken = |prefix: &str| {
        let begins = |name: &str| {
            let rest = name.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.starts_with(':'))
        };
        let mut names = graphs.iter().flat_map(|graph| graph.names());
        names.any(begins) || datatypes.iter().any(|name| begins(name))
    };
    PREFIXES
        .iter()
        .copied()
        .filter(|(prefix, _)| !taken(prefix))
        .collect()
}

fn next(out: &mut String, first: &mut bool) {
    out.push_str(if *first { "\n" } else { ",\n" });
    *first = false;
}

struct Writer<'a> {
    graph: &'a Graph,
    prefixes: &'a [Prefix],
    first: Option<Symbol>,
    rest: Option<Symbol>,
    nil: Option<Symbol>,
    /// How often a blank node is pointed to.
    pointers: HashMap<Symbol, usize>,
}

impl<'a> Writer<'a> {
    fn new(graph: &'a Graph, prefixes: &'a [Prefix]) -> Self {
        let mut pointers = HashMap::new();
        for (_, values) in graph.nodes().iter().flat_map(|node| &node.properties) {
            for name in values.iter().filter_map(Term::node) {
                *pointers.entry(name).or_insert(0) += 1;
            }
        }
        Self {
            graph,
            prefixes,
            first: graph.find(RDF_FIRST),
            rest: graph.find(RDF_REST),
            nil: graph.find(RDF_NIL),
            pointers,
        }
    }

    fn nodes(&self, out: &mut String, first: &mut bool) {
        let mut inside = std::collections::HashSet::new();
        for node in self.graph.nodes() {
            let values = node
                .properties
                .iter()
                .filter(|(p, _)| Some(*p) != self.rest);
            for value in values.flat_map(|(_, values)| values) {
                inside.extend(self.cells(value).unwrap_or_default());
            }
        }
        for node in self.graph.nodes() {
            if !inside.contains(&node.name) {
                next(out, first);
                self.node(node, out);
            }
        }
    }

    fn node(&self, node: &Node, out: &mut String) {
        out.push_str("{\"@id\":");
        quote(self.graph.name(node.name), out);
        for (property, values) in &node.properties {
            out.push(',');
            let name = self.graph.name(*property);
            let nodes = values.iter().all(|value| value.node().is_some());
            let is_type = name == RDF_TYPE && nodes;
            quote(
                if is_type {
                    "@type".into()
                } else {
                    self.compact(name)
                }
                .as_str(),
                out,
            );
            out.push(':');
            let several = values.len() > 1;
            out.push_str(if several { "[" } else { "" });
            for (i, value) in values.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                match value {
                    Term::Node(class) if is_type => {
                        quote(&self.compact(self.graph.name(*class)), out);
                    }
                    value => self.value(value, out),
                }
            }
            out.push_str(if several { "]" } else { "" });
        }
        out.push('}');
    }

    fn value(&self, value: &Term, out: &mut String) {
        if let Some(cells) = self.cells(value) {
            out.push_str("{\"@list\":[");
            for (i, cell) in cells.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                let first = self.graph.node(*cell).zip(self.first);
                let items = first.map_or(&[][..], |(node, first)| node.values(first));
                items.iter().for_each(|item| self.value(item, out));
            }
            out.push_str("]}");
            return;
        }
        match value {
            Term::Node(name) => {
                out.push_str("{\"@id\":");
                quote(&self.compact(self.graph.name(*name)), out);
                out.push('}');
            }
            Term::Literal(literal) => self.literal(literal, out),
        }
    }

    /// The cells of a list that is nothing but a list: blank, each pointed to once, with
    /// one first and one rest; none when it is no such list.
    fn cells(&self, value: &Term) -> Option<Vec<Symbol>> {
        let mut cells = Vec::new();
        let mut at = value.node()?;
        while Some(at) != self.nil {
            let node = self.graph.node(at)?;
            let (first, rest) = (node.values(self.first?), node.values(self.rest?));
            let plain = self.graph.is_blank(at)
                && self.pointers.get(&at) == Some(&1)
                && node.properties.len() == 2
                && first.len() == 1
                && rest.len() == 1
                && cells.len() < self.graph.nodes().len();
            if !plain {
                return None;
            }
            cells.push(at);
            at = rest[0].node()?;
        }
        Some(cells)
    }

    fn literal(&self, literal: &Literal, out: &mut String) {
        match &literal.datatype {
            Datatype::String => quote(&literal.text, out),
            Datatype::Language(language) => {
                out.push_str("{\"@language\":");
                quote(language, out);
                out.push_str(",\"@value\":");
                quote(&literal.text, out);
                out.push('}');
            }
            datatype => {
                out.push_str("{\"@type\":");
                quote(&self.compact(&datatype.iri()), out);
                out.push_str(",\"@value\":");
                quote(&literal.text, out);
                out.push('}');
            }
        }
    }

    /// With a prefix, where what is left is a plain name.
    fn compact(&self, iri: &str) -> String {
        for (prefix, space) in self.prefixes {
            let local = iri.strip_prefix(space).filter(|l| !l.starts_with("//"));
            if let Some(local) = local.filter(|local| !local.is_empty()) {
                return format!("{prefix}:{local}");
            }
        }
        iri.to_owned()
    }
}
