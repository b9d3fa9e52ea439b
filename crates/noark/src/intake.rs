//! Whatever a body hands in, as one document: JSON-LD, Noark 5, Noark 4, withdrawals.

use crate::error::Error;
use crate::finding::{Finding, Rule};
use crate::graph::{Graph, Term};
use crate::jsonld::Document;
use crate::noark5::{IRI, xsi_type};
use crate::vocabulary::{
    ARKIV_XML, EINNSYN, META_GRAPH, RDF_TYPE, WITHDRAWALS, expand,
};
use crate::{noark4, noark5, publisering, rules, xml};

/// Read a publication or a withdrawal in any of its forms. Nothing is judged;
/// [`crate::validate`] does that.
///
/// Fails when it can be read in none of them.
pub fn document(bytes: &[u8]) -> Result<Document, Error> {
    let unmarked = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match unmarked.trim_ascii_start().first() {
        Some(b'<' | 0xff | 0xfe) => of_xml(bytes).map_err(Error::Findings),
        _ => publisering::parse(bytes),
    }
}

fn of_xml(bytes: &[u8]) -> Result<Document, Vec<Finding>> {
    let source = xml::decode(bytes)?;
    let parsed = xml::parse(&source.text)?;
    let root = parsed.root_element();
    let graph = match (root.tag_name().namespace(), root.tag_name().name()) {
        (Some(ARKIV_XML), "arkiv") => noark5::read(root, &mut Vec::new()).graph,
        (None, "OFFJOURNAL") => noark4::read(root, &mut Vec::new()).0.graph,
        (Some(ARKIV_XML), "trekkTilbake") => return Ok(withdrawn(root)),
        (_, name) => return Err(vec![Finding::refuse(Rule::Rotelement).note(name)]),
    };
    Ok(Document {
        graph,
        ..Document::default()
    })
}

fn withdrawn(root: roxmltree::Node<'_, '_>) -> Document {
    let mut all = Vec::new();
    for element in root.children().filter(roxmltree::Node::is_element) {
        if let Some(id) = xml::child_text(element, "systemID") {
            let class = xsi_type(element).and_then(noark5::class_of);
            let class = class.unwrap_or(match element.tag_name().name() {
                "mappe" => "Mappe",
                _ => "Registrering",
            });
            all.push((format!("{IRI}{id}"), class.to_owned()));
        }
    }
    withdrawal("_:trekkes", &all)
}

/// A document that withdraws these: IRI and class of each. The graph they stand in has
/// the name that is given.
pub fn withdrawal(graph: &str, all: &[(String, String)]) -> Document {
    let mut data = Graph::default();
    for (iri, class) in all {
        type_of(&mut data, iri, &expand(class));
    }
    let mut meta = Graph::default();
    type_of(&mut meta, graph, WITHDRAWALS[0]);
    Document {
        named: vec![(graph.to_owned(), data), (META_GRAPH.to_owned(), meta)],
        ..Document::default()
    }
}

fn type_of(graph: &mut Graph, iri: &str, class: &str) {
    let node = graph.symbol(iri);
    let property = graph.symbol(RDF_TYPE);
    let class = graph.symbol(class);
    graph.add(node, property, Term::Node(class));
}

/// What a document withdraws: IRI and class of each.
pub fn withdrawn_by(document: &Document) -> Vec<(String, String)> {
    let all = rules::withdrawal::withdrawn(document).into_iter();
    all.map(|w| (w.iri, w.class)).collect()
}

/// The name for a graph of things to withdraw.
pub fn withdrawal_graph(id: &str) -> String {
    format!("{EINNSYN}trekk/{id}")
}
