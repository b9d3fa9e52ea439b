//! What we write is read back as it was.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use noark::order::{Order, Version};
use noark::publisering;
use noark::sample::{Sample, journalpost, moete};

fn vector(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = folder.join("../../conformance/vectors/einnsyn").join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{name} is missing: {e}"))
}

const SAMPLE: Sample<'_> = Sample {
    base: "https://arkiv.fiktiv.example/id/",
    ids: [
        "44444444-4444-4444-8444-444444444444",
        "33333333-3333-4333-8333-333333333333",
        "77777777-7777-4777-8777-777777777777",
        "66666666-6666-4666-8666-666666666666",
    ],
    year: 2026,
    number: (417, 3),
    date: "2026-11-24",
    mappe: "Vann & \"avløp\" <nord>",
    title: "Søknad om tilkobling",
};

#[test]
fn samples_are_read_as_they_were_meant() {
    let post = &publisering::read(journalpost(&SAMPLE).as_bytes()).unwrap()[0];
    assert_eq!(post.iri, format!("{}{}", SAMPLE.base, SAMPLE.ids[1]));
    assert_eq!(
        (post.saksnr.as_str(), post.dokumentnr.as_str()),
        ("2026/417", "3")
    );
    assert_eq!(post.journalnr, "41703/26");
    assert_eq!(post.mappe, SAMPLE.mappe);
    assert_eq!(post.dato.as_deref(), Some("2026-11-24"));
    let sak = &publisering::read(moete(&SAMPLE).as_bytes()).unwrap()[0];
    assert_eq!(sak.kind, publisering::Kind::Moetesak);
    assert_eq!(sak.saksnr, "2026/417");
    assert!(sak.dokumenter[0].1.is_some());
}

#[test]
fn an_order_comes_back_as_it_was_written() {
    for (name, version) in [
        ("order/v2-femti-dokumenter.xml", Version::V2),
        ("order/v2-vanlig.xml", Version::V2),
        ("order/v1-femti-dokumenter.xml", Version::V1),
        ("order/v1-html-escapet-navn.xml", Version::V1),
    ] {
        let order = Order::read(&vector(name)).unwrap();
        let again = Order::read(order.write(version).as_bytes()).unwrap();
        assert_eq!(again, order, "{name}");
        assert_eq!(again.key("310000000"), order.key("310000000"));
    }
}

/// A graph as another library has it, blank nodes under names that depend on nothing but
/// what is said of them.
fn canonical(graph: &noark::graph::Graph) -> Vec<String> {
    use noark::graph::Term;
    use oxrdf::{
        BlankNode, Dataset, GraphName, Literal, NamedNode, NamedOrBlankNode, Quad,
    };
    let node = |name: &str| -> NamedOrBlankNode {
        match name.strip_prefix("_:") {
            Some(label) => BlankNode::new(label).unwrap().into(),
            None => NamedNode::new_unchecked(name).into(),
        }
    };
    let mut dataset = Dataset::new();
    for subject in graph.nodes() {
        for (property, values) in &subject.properties {
            for value in values {
                let object: oxrdf::Term = match value {
                    Term::Node(name) => node(graph.name(*name)).into(),
                    Term::Literal(l) => match &l.datatype {
                        noark::graph::Datatype::Language(language) => {
                            Literal::new_language_tagged_literal_unchecked(
                                l.text.to_string(),
                                language.to_string(),
                            )
                        }
                        datatype => Literal::new_typed_literal(
                            l.text.to_string(),
                            NamedNode::new_unchecked(datatype.iri()),
                        ),
                    }
                    .into(),
                };
                dataset.insert(&Quad::new(
                    node(graph.name(subject.name)),
                    NamedNode::new_unchecked(graph.name(*property)),
                    object,
                    GraphName::DefaultGraph,
                ));
            }
        }
    }
    dataset.canonicalize(oxrdf::dataset::CanonicalizationAlgorithm::Unstable);
    let mut lines: Vec<String> = dataset.iter().map(|quad| quad.to_string()).collect();
    lines.sort();
    lines
}

/// All publications that can be read: name, document, and the file it is the same as.
fn publications() -> Vec<(String, noark::Document, Option<String>)> {
    let cases = vector("publisering/expected.json");
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&cases).unwrap();
    let read = cases.iter().filter_map(|case| {
        let name = case["file"].as_str().unwrap();
        let document = publisering::parse(&vector(&format!("publisering/{name}")));
        let same = case["sameAs"].as_str().map(str::to_owned);
        Some((name.to_owned(), document.ok()?, same))
    });
    read.collect()
}

#[test]
fn fourteen_forms_are_one_graph() {
    let all = publications();
    let mut seen = 0;
    for (name, document, same) in &all {
        let Some(same) = same else { continue };
        let (_, other, _) = all.iter().find(|(name, ..)| name == same).unwrap();
        assert_eq!(
            canonical(&document.graph),
            canonical(&other.graph),
            "{name}"
        );
        seen += 1;
    }
    assert_eq!(seen, 13);
}

#[test]
fn jsonld_comes_back_as_the_same_graphs() {
    let all = publications();
    assert!(all.len() > 140, "only {}", all.len());
    for (name, document, _) in &all {
        let text = noark::write_jsonld(document);
        let again = publisering::parse(text.as_bytes());
        let again = again.unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
        assert_eq!(
            canonical(&again.graph),
            canonical(&document.graph),
            "{name}"
        );
        let names = |d: &noark::Document| -> Vec<String> {
            d.named.iter().map(|(name, _)| name.clone()).collect()
        };
        assert_eq!(names(&again), names(document), "{name}");
        for ((_, one), (_, other)) in again.named.iter().zip(&document.named) {
            assert_eq!(canonical(one), canonical(other), "{name}");
        }
    }
}

#[test]
fn the_typed_objects_hold_everything() {
    use noark::model::{Objekt, Publisering};
    let mut posts = 0;
    for (name, document, _) in publications() {
        let typed = Publisering::of(&document.graph);
        let again = typed.graph();
        assert_eq!(canonical(&again), canonical(&document.graph), "{name}");
        let post = |o: &&Objekt| matches!(o, Objekt::Journalpost(p) if p.journaldato.is_some());
        posts += typed.objekter.iter().filter(post).count();
    }
    assert!(posts > 90, "only {posts} journalposter");
}

#[test]
fn the_parts_of_a_publication_are_sound_and_leave_nothing_out() {
    use noark::{Level, Settings, validate};
    for name in ["tre-journalposter", "mote-flere-saker", "arkivstruktur-hel"] {
        let file = vector(&format!("publisering/{name}.jsonld"));
        let whole = publisering::parse(&file).unwrap().graph;
        let parts = noark::split(&whole);
        let mut together: Vec<String> = Vec::new();
        for part in &parts {
            let report = validate(
                "payload.jsonld",
                part.jsonld.as_bytes(),
                &Settings::default(),
            );
            assert_eq!(report.verdict(), Level::Ok, "{name}: {}", part.iri);
            let posts = report.extracted["registreringer"].as_array().unwrap();
            assert_eq!(posts.len(), 1, "{name}: {}", part.iri);
            let graph = publisering::parse(part.jsonld.as_bytes()).unwrap().graph;
            let nodes = graph
                .nodes()
                .iter()
                .map(|node| graph.name(node.name).to_owned());
            together.extend(nodes.filter(|name| !name.starts_with("_:")));
        }
        for node in whole.nodes() {
            let node = whole.name(node.name);
            let there = node.starts_with("_:") || together.iter().any(|n| n == node);
            assert!(there, "{name}: {node} is in no part");
        }
        assert!(parts.len() > usize::from(name != "arkivstruktur-hel"));
    }
}
