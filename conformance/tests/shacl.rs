//! Our table of constraints against a SHACL engine, rudof, on generated documents.
//!
//! The engine runs the published constraints converted to standard SHACL
//! (conformance/shacl/shapes.ttl). Every difference is one that
//! conformance/shacl/differences.toml explains.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use noark::graph::{Datatype, Graph, Literal, Term};
use noark::rules::rows;
use noark::sample::{failing, fitting, passing, sound};
use noark::vocabulary::expand;
use noark::{Document, Profile, Settings};

/// Level, rule, focus, path.
type Key = (String, String, String, String);

/// The rules that come from the published constraints.
const CONSTRAINTS: &[&str] = &[
    "minCount",
    "maxCount",
    "datatype",
    "datatypeIn",
    "class",
    "classIn",
    "nodeKind",
    "pattern",
    "dobbeltHoveddokument",
    "moetesakUtenSekvensnummer",
    "moetesakUtenAar",
];

#[test]
fn our_table_says_what_a_shacl_engine_says() {
    let documents = documents();
    assert!(documents.len() >= 500, "only {} documents", documents.len());
    let theirs = engine(&documents);
    let mut explained: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut findings = 0;
    let reasons = reasons();
    for (name, graph) in &documents {
        let none = BTreeSet::new();
        let (ours, theirs) = (ours(graph), theirs.get(name).unwrap_or(&none));
        findings += theirs.len();
        for (side, key) in ours
            .difference(theirs)
            .map(|key| ("ours", key))
            .chain(theirs.difference(&ours).map(|key| ("theirs", key)))
        {
            match reasons
                .iter()
                .find(|reason| reason.covers(side, key, graph))
            {
                Some(reason) => *explained.entry(reason.name.clone()).or_default() += 1,
                None => wrong.push(format!("{name}: only {side}: {key:?}")),
            }
        }
    }
    assert!(
        findings > documents.len(),
        "the engine found only {findings}"
    );
    assert!(
        wrong.is_empty(),
        "{} not explained:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    for reason in &reasons {
        let seen = explained.contains_key(&reason.name);
        assert!(seen, "{} explains nothing any more", reason.name);
    }
    println!(
        "{} documents, {findings} findings, {explained:?}",
        documents.len()
    );
}

/// A difference that is known and why.
struct Reason {
    name: String,
    side: String,
    rules: Vec<String>,
    when: String,
}

impl Reason {
    fn covers(&self, side: &str, key: &Key, graph: &Graph) -> bool {
        let (_, rule, focus, path) = key;
        let applies = match self.when.as_str() {
            "no such day" => no_such_day(graph, focus, path),
            other => panic!("{}: `when` is {other}", self.name),
        };
        side == self.side && self.rules.contains(rule) && applies
    }
}

/// Whether a value is a day of a month that has fewer.
fn no_such_day(graph: &Graph, focus: &str, path: &str) -> bool {
    let node = graph.find(focus).and_then(|name| graph.node(name));
    let property = graph.find(path);
    let values = node
        .zip(property)
        .map_or(&[][..], |(node, p)| node.values(p));
    let mut texts = values.iter().map(|value| graph.text(value));
    texts.any(|text| text == "2026-02-30")
}

fn reasons() -> Vec<Reason> {
    let text = std::fs::read_to_string(shacl().join("differences.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let all = table["difference"].as_array().unwrap().iter().map(|row| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        assert!(text("reason").split_whitespace().count() > 5);
        let rules = row["rules"].as_array().unwrap().iter();
        Reason {
            name: text("name"),
            side: text("side"),
            rules: rules
                .map(|rule| rule.as_str().unwrap().to_owned())
                .collect(),
            when: text("when"),
        }
    });
    all.collect()
}

fn ours(graph: &Graph) -> BTreeSet<Key> {
    let document = Document {
        graph: graph.clone(),
        ..Document::default()
    };
    let settings = Settings {
        profile: Profile::PublishedStrict,
        ..Settings::default()
    };
    let text = noark::write_jsonld(&document);
    let report = noark::validate("x.jsonld", text.as_bytes(), &settings);
    let findings = report.findings.into_iter();
    let of_table = findings.filter(|f| CONSTRAINTS.contains(&f.rule.as_str()));
    of_table
        .map(|f| {
            (
                f.level.as_str().to_owned(),
                f.rule.as_str().to_owned(),
                f.focus.unwrap_or_default(),
                f.path.unwrap_or_default(),
            )
        })
        .collect()
}

/// What the engine finds, by document. It is given all of them as one graph, each under
/// IRIs of its own, since starting it takes longer than judging.
fn engine(documents: &[(String, Graph)]) -> BTreeMap<String, BTreeSet<Key>> {
    let python = shacl().join("../../target/sdk/judges/bin/python");
    assert!(
        python.exists(),
        "rudof is not installed: run `cargo xtask test`, or\n  \
         python3 -m venv target/sdk/judges\n  \
         target/sdk/judges/bin/pip install -r conformance/sdk/judges/requirements.txt"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("documents.nt");
    let all = documents.iter().map(|(name, graph)| ntriples(name, graph));
    std::fs::write(&file, all.collect::<String>()).unwrap();
    let script = shacl().join("judge.py");
    let output = Command::new(python)
        .arg(script)
        .arg(&file)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let found: Vec<Key> = serde_json::from_slice(&output.stdout).unwrap();
    let mut by_document: BTreeMap<String, BTreeSet<Key>> = BTreeMap::new();
    for (level, rule, focus, path) in found {
        let rest = focus.strip_prefix(DOCUMENT).unwrap();
        let (name, place) = rest.split_once('/').unwrap();
        let focus = if place.starts_with("blank/") {
            "_:".to_owned()
        } else {
            format!("{BASE}{place}")
        };
        let findings = by_document.entry(name.to_owned()).or_default();
        findings.insert((level, rule, focus, path));
    }
    by_document
}

/// What the samples' IRIs begin with, and what they begin with for the engine, the name
/// of the document and a slash between.
const BASE: &str = "https://arkiv.fiktiv.example/id/";
const DOCUMENT: &str = "https://engine.example/";

fn shacl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("shacl")
}

/// Every row of the table, passing and failing, and documents with several flaws.
fn documents() -> Vec<(String, Graph)> {
    let mut all = Vec::new();
    for (number, row) in rows().iter().enumerate() {
        all.push((format!("row-{number}-passes"), passing(row)));
        for (i, flawed) in failing(row).into_iter().enumerate() {
            all.push((format!("row-{number}-fails-{i}"), flawed.graph));
        }
    }
    for seed in 0..200 {
        all.push((format!("mixed-{seed}"), mixed(seed)));
    }
    all
}

/// A case or meeting with entries, some of whose values are drawn from other rows.
fn mixed(seed: u64) -> Graph {
    let mut random = Lottery(seed);
    let mut graph = Graph::default();
    let base = "https://arkiv.fiktiv.example/id";
    let (mappe, post) = if random.draw(2) == 0 {
        ("Saksmappe", "Journalpost")
    } else {
        ("Moetemappe", "Møtesaksregistrering")
    };
    let parent = sound(&mut graph, mappe, &format!("{base}/mappe"));
    let link = graph.symbol(&expand("parent"));
    for entry in 0..=random.draw(3) {
        let iri = format!("{base}/{entry}");
        let node = sound(&mut graph, post, &iri);
        graph.add(node, link, Term::Node(parent));
        for document in 0..random.draw(3) {
            let iri = format!("{iri}/dok{document}");
            let document = sound(&mut graph, "Dokumentbeskrivelse", &iri);
            let property = graph.symbol(&expand("dokumentbeskrivelse"));
            graph.add(node, property, Term::Node(document));
            let role = graph.symbol(&expand("tilknyttetRegistreringSom"));
            let code = ["hoveddokument", "vedlegg"][random.draw(2)];
            let code = graph.symbol(&expand(code));
            graph.add(document, role, Term::Node(code));
        }
    }
    let dated = graph.symbol(&expand("moetedato"));
    if random.draw(2) == 0 {
        let when = Literal::new("2026-05-12T17:00:00+02:00", Datatype::DateTime);
        graph.add(parent, dated, Term::Literal(when));
    }
    for _ in 0..random.draw(6) {
        let nodes = graph.nodes();
        let node = nodes[random.draw(nodes.len())].name;
        let row = &rows()[random.draw(rows().len())];
        let property = graph.symbol(&expand(row.property));
        let place = format!("{base}/x{}", random.draw(1000));
        let value = fitting(&mut graph, row.what, &place);
        graph.add(node, property, value);
    }
    graph
}

/// Numbers that look drawn, the same each time (SplitMix64).
struct Lottery(u64);

impl Lottery {
    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        usize::try_from(z % below as u64).unwrap()
    }
}

/// The graph as the engine reads it; list nodes are typed, as RDF Schema says. Blank
/// nodes have names, so that it can be told whose they are.
fn ntriples(document: &str, graph: &Graph) -> String {
    let name = |name: &str| match (name.strip_prefix("_:"), name.strip_prefix(BASE)) {
        (Some(label), _) => format!("<{DOCUMENT}{document}/blank/{label}>"),
        (_, Some(place)) => format!("<{DOCUMENT}{document}/{place}>"),
        _ => format!("<{name}>"),
    };
    let rest = graph.find(&expand("rdf:rest"));
    let mut out = String::new();
    for node in graph.nodes() {
        let subject = name(graph.name(node.name));
        if rest.is_some_and(|rest| !node.values(rest).is_empty()) {
            let (kind, list) = (expand("rdf:type"), expand("rdf:List"));
            writeln!(out, "{subject} <{kind}> <{list}> .").unwrap();
        }
        for (property, values) in &node.properties {
            let property = graph.name(*property);
            for value in values {
                let value = match value {
                    Term::Node(node) => name(graph.name(*node)),
                    Term::Literal(l) => match &l.datatype {
                        Datatype::Language(language) => {
                            format!("{:?}@{language}", l.text)
                        }
                        datatype => format!("{:?}^^<{}>", l.text, datatype.iri()),
                    },
                };
                writeln!(out, "{subject} <{property}> {value} .").unwrap();
            }
        }
    }
    out
}
