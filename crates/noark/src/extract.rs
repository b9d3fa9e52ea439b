//! What is read out of a publication, as JSON: the fields that people look for.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::graph::{Datatype, Graph, Node, Term};
use crate::rules::lexical::is_integer;
use crate::vocabulary::{RDF_FIRST, RDF_REST, is_a};

const MAPPE: &[&str] = &[
    "systemID",
    "saksaar",
    "sakssekvensnummer",
    "utvalg",
    "moetenummer",
    "moetedato",
    "offentligTittel",
    "offentligTittel_SENSITIV",
];

const REGISTRERING: &[&str] = &[
    "systemID",
    "parent",
    "journalposttype",
    "journalaar",
    "journalsekvensnummer",
    "journalpostnummer",
    "journaldato",
    "dokumentetsDato",
    "møtesakstype",
    "møtesaksår",
    "møtesakssekvensnummer",
    "møtedokumentregistreringstype",
    "offentligTittel",
    "offentligTittel_SENSITIV",
];

const SKJERMING: &[&str] = &["tilgangsrestriksjon", "skjermingshjemmel"];

/// From JSON-LD: parties and documents by their number.
pub(crate) fn publication(graph: &Graph) -> Map<String, Value> {
    let mut mapper = of_class(graph, "Mappe", |node| fields(graph, node, MAPPE));
    let mut registreringer = of_class(graph, "Registrering", |node| {
        let mut found = fields(graph, node, REGISTRERING);
        let files = files(graph, node);
        found.insert(
            "parter".into(),
            json!(count(graph, node, "korrespondansepart")),
        );
        let documents = count(graph, node, "dokumentbeskrivelse");
        found.insert("dokumenter".into(), json!(documents));
        found.insert("filer".into(), json!(files));
        skjerming(graph, node, &mut found);
        found
    });
    let by_iri = |value: &Value| value["iri"].as_str().unwrap_or_default().to_owned();
    mapper.sort_by_key(by_iri);
    registreringer.sort_by_key(by_iri);
    Map::from_iter([
        ("mapper".to_owned(), Value::Array(mapper)),
        ("registreringer".to_owned(), Value::Array(registreringer)),
    ])
}

/// From Noark XML: parties and documents in full, segments where there is a name.
pub(crate) fn noark(graph: &Graph) -> Map<String, Value> {
    const MORE: &[&str] = &["administrativEnhet", "saksansvarlig", "videolink"];
    const ALSO: &[&str] = &["journalstatus", "referanseTilMøtesak"];
    const PARTY: &[&str] = &[
        "korrespondanseparttype",
        "korrespondansepartNavn",
        "korrespondansepartNavn_SENSITIV",
        "administrativEnhet",
        "saksbehandler",
    ];
    let mapper = of_class(graph, "Mappe", |node| {
        let mut found = fields(graph, node, &[MAPPE, MORE].concat());
        segments(graph, node, &mut found);
        found
    });
    let registreringer = of_class(graph, "Registrering", |node| {
        let mut found = fields(graph, node, &[REGISTRERING, ALSO].concat());
        segments(graph, node, &mut found);
        let parties = nodes(graph, node, "korrespondansepart");
        let parties = parties.map(|part| Value::Object(known(graph, part, PARTY)));
        found.insert("parter".into(), parties.collect());
        let documents = nodes(graph, node, "dokumentbeskrivelse");
        let documents = documents.map(|document| noark_document(graph, document));
        found.insert("dokumenter".into(), documents.collect());
        skjerming(graph, node, &mut found);
        found
    });
    Map::from_iter([
        ("mapper".to_owned(), Value::Array(mapper)),
        ("registreringer".to_owned(), Value::Array(registreringer)),
    ])
}

fn noark_document(graph: &Graph, document: &Node) -> Value {
    const DOCUMENT: &[&str] = &[
        "dokumentnummer",
        "tilknyttetRegistreringSom",
        "tittel",
        "tittel_SENSITIV",
    ];
    const FILE: &[&str] = &["variantformat", "versjonsnummer", "referanseDokumentfil"];
    let mut found = known(graph, document, DOCUMENT);
    let files = nodes(graph, document, "dokumentobjekt");
    let files = files.map(|file| Value::Object(known(graph, file, FILE)));
    found.insert("filer".into(), files.collect());
    Value::Object(found)
}

fn of_class(
    graph: &Graph,
    class: &str,
    read: impl Fn(&Node) -> Map<String, Value>,
) -> Vec<Value> {
    let mut all = Vec::new();
    for node in graph.nodes() {
        let mut types = graph.types(node).map(|t| graph.local(t));
        if types.any(|t| is_a(t, class)) {
            all.push(Value::Object(read(node)));
        }
    }
    all
}

/// IRI, class and the fields that are there.
fn fields(graph: &Graph, node: &Node, names: &[&str]) -> Map<String, Value> {
    let name = graph.name(node.name);
    let iri = if name.starts_with("_:") { "_:" } else { name };
    let classes = graph.types(node).map(|t| graph.local(t));
    let class = classes
        .filter(|class| is_a(class, "Mappe") || is_a(class, "Registrering"))
        .max();
    let mut found = known(graph, node, names);
    found.insert("iri".into(), json!(iri));
    found.insert("type".into(), json!(class.unwrap_or_default()));
    found
}

fn known(graph: &Graph, node: &Node, names: &[&str]) -> Map<String, Value> {
    let one = |name: &&str| Some(((*name).to_owned(), first(graph, node, name)?));
    names.iter().filter_map(one).collect()
}

/// The first value in the order of letters, since a graph has no other.
fn first(graph: &Graph, node: &Node, name: &str) -> Option<Value> {
    let values = graph.values(node, name).iter();
    let value = values.min_by_key(|value| graph.text(value))?;
    Some(match value {
        Term::Node(node) => json!(graph.local(*node)),
        Term::Literal(literal) => {
            let integer = literal.datatype == Datatype::Integer;
            let number = Some(&literal.text).filter(|text| integer && is_integer(text));
            match number.and_then(|text| text.parse::<i64>().ok()) {
                Some(number) => json!(number),
                None => json!(literal.text),
            }
        }
    })
}

fn count(graph: &Graph, node: &Node, name: &str) -> usize {
    graph.values(node, name).len()
}

fn nodes<'a>(
    graph: &'a Graph,
    node: &'a Node,
    name: &str,
) -> impl Iterator<Item = &'a Node> {
    let values = graph.values(node, name).iter().filter_map(Term::node);
    values.filter_map(|name| graph.node(name))
}

fn files(graph: &Graph, node: &Node) -> BTreeSet<String> {
    let documents = nodes(graph, node, "dokumentbeskrivelse");
    let objects = documents.flat_map(|d| nodes(graph, d, "dokumentobjekt"));
    let files = objects.flat_map(|o| graph.values(o, "referanseDokumentfil"));
    files.map(|file| graph.text(file).to_owned()).collect()
}

fn skjerming(graph: &Graph, node: &Node, found: &mut Map<String, Value>) {
    if let Some(skjerming) = nodes(graph, node, "skjerming").next() {
        let fields = known(graph, skjerming, SKJERMING);
        found.insert("skjerming".into(), Value::Object(fields));
    }
}

fn segments(graph: &Graph, node: &Node, found: &mut Map<String, Value>) {
    let lists = graph.values(node, "offentligTittel_LIST").iter();
    let segments: Vec<&str> = lists.flat_map(|list| list_items(graph, list)).collect();
    if segments.len() > 1 {
        found.insert("offentligTittel_LIST".into(), json!(segments));
    }
}

/// The texts of a list.
pub(crate) fn list_items<'a>(graph: &'a Graph, list: &'a Term) -> Vec<&'a str> {
    let (first, rest) = (graph.find(RDF_FIRST), graph.find(RDF_REST));
    let (Some(first), Some(rest)) = (first, rest) else {
        return Vec::new();
    };
    let mut items = Vec::new();
    let mut at = list.node();
    while let Some(cell) = at.and_then(|name| graph.node(name)) {
        items.extend(cell.values(first).first().map(|value| graph.text(value)));
        at = cell.values(rest).first().and_then(Term::node);
        if items.len() > graph.nodes().len() {
            break; // a list that bites its tail
        }
    }
    items
}
