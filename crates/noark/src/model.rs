//! A publication as typed objects: read from any of the forms, written back as JSON-LD.

mod field;
mod record;
mod records;

use std::collections::HashSet;

use crate::graph::{Graph, Symbol, Term};

pub use field::{Date, DateTime, Iri, Kode, Segments, Time};
pub use record::{Other, OtherValue};
pub use records::*;

/// Everything in a publication, in the order of the file. Objects point to one another
/// by IRI, as they do in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publisering {
    /// One by one.
    pub objekter: Vec<Objekt>,
}

impl Publisering {
    /// The objects of a graph. What does not fit is kept beside the fields; nothing is
    /// lost.
    pub fn of(graph: &Graph) -> Self {
        let mut cells = list_cells(graph);
        let mut objekter = Vec::new();
        for node in graph.nodes() {
            if !cells.contains(&node.name) {
                objekter.push(Objekt::read(graph, node));
            }
        }
        // A list that went into no field still has its cells to be kept.
        for other in objekter.iter().flat_map(Objekt::other) {
            let list = match &other.value {
                OtherValue::Node(name) => graph.find(name).map(Term::Node),
                OtherValue::Literal(_) => None,
            };
            let list = list.and_then(|list| field::plain_list(graph, &list));
            for cell in list.into_iter().flat_map(|(_, cells)| cells) {
                cells.remove(&cell);
            }
        }
        let kept = graph
            .nodes()
            .iter()
            .filter(|node| !cells.contains(&node.name));
        Self {
            objekter: kept.map(|node| Objekt::read(graph, node)).collect(),
        }
    }

    /// As a graph.
    pub fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for objekt in &self.objekter {
            objekt.write(&mut graph);
        }
        graph
    }

    /// The object of an IRI.
    pub fn objekt(&self, iri: &Iri) -> Option<&Objekt> {
        self.objekter.iter().find(|objekt| objekt.id() == iri.0)
    }
}

/// Cells of the lists that fields hold; they are no objects of their own.
fn list_cells(graph: &Graph) -> HashSet<Symbol> {
    let properties = graph.nodes().iter().flat_map(|node| &node.properties);
    let lists = properties.filter(|(name, _)| graph.name(*name).ends_with("_LIST"));
    let values = lists.flat_map(|(_, values)| values);
    let cells = values.filter_map(|value| field::plain_list(graph, value));
    cells.flat_map(|(_, cells)| cells).collect()
}
