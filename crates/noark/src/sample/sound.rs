//! A sound node of any class: what the published constraints require, and no more.

use crate::graph::{Datatype, Graph, Literal, Symbol, Term};
use crate::rules::{Row, What, codes_of, is_code_list, rows};
use crate::vocabulary::{RDF_NIL, RDF_TYPE, expand, is_a, lineage};

/// Add a sound node of a class under an IRI, and all that it must point to.
pub fn sound(graph: &mut Graph, class: &str, iri: &str) -> Symbol {
    let node = typed(graph, class, iri);
    for row in required(class) {
        let property = graph.symbol(&expand(row.property));
        let place = format!("{iri}/{}", row.property);
        let itself = matches!(row.what, What::Class(other) if other == class);
        let value = if itself {
            Term::Node(node) // else there would be no end of them
        } else {
            fitting(graph, row.what, &place)
        };
        graph.add(node, property, value);
    }
    node
}

/// The rows that require something, for each property the narrowest.
fn required(class: &str) -> Vec<&'static Row> {
    let mut found: Vec<&'static Row> = Vec::new();
    for class in lineage(class) {
        for row in rows()
            .iter()
            .filter(|row| row.class == class && row.min > 0)
        {
            if !found.iter().any(|other| other.property == row.property) {
                found.push(row);
            }
        }
    }
    // Journalpost says which mappe; only Registrering says that there must be one.
    let narrowest = |row: &'static Row| {
        let same =
            |other: &&Row| other.property == row.property && is_a(class, other.class);
        let first = lineage(class).find_map(|class| {
            rows()
                .iter()
                .filter(same)
                .find(|other| other.class == class)
        });
        first.unwrap_or(row)
    };
    found.into_iter().map(narrowest).collect()
}

fn typed(graph: &mut Graph, class: &str, iri: &str) -> Symbol {
    let node = graph.symbol(iri);
    let property = graph.symbol(RDF_TYPE);
    let class = graph.symbol(&expand(class));
    graph.add(node, property, Term::Node(class));
    node
}

/// A value that a row takes; nodes that it needs are made under the place.
pub fn fitting(graph: &mut Graph, what: What, place: &str) -> Term {
    let text = |text: &str, datatype| Term::Literal(Literal::new(text, datatype));
    match what {
        What::Any | What::String => text(place, Datatype::String),
        What::Uuid => {
            let sum: u64 = place.bytes().fold(7, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u64::from(byte)) % (1 << 48)
            });
            text(
                &format!("00000000-0000-4000-8000-{sum:012x}"),
                Datatype::String,
            )
        }
        What::Integer => text(&place.len().to_string(), Datatype::Integer),
        What::Date => {
            let day = place.len() % 28 + 1;
            text(&format!("2026-03-{day:02}"), Datatype::Date)
        }
        What::DateTime | What::DateTimeOrDate => {
            let second = place.len() % 60;
            let time = format!("2026-03-05T10:21:{second:02}+01:00");
            text(&time, Datatype::DateTime)
        }
        What::Iri => Term::Node(graph.symbol(place)),
        What::List => list(graph, place),
        What::Class(list) if is_code_list(list) => {
            let mut codes = codes_of(list);
            let count = codes_of(list).count().min(2);
            let code = codes.nth(place.len() % count);
            let code = code.map_or("", |code| code.name);
            Term::Node(graph.symbol(&expand(code)))
        }
        What::Class(class) => Term::Node(sound(graph, concrete(class), place)),
        What::AnyOf(classes) => Term::Node(sound(graph, concrete(classes[0]), place)),
    }
}

/// A class that one would meet in a file.
fn concrete(class: &str) -> &str {
    match class {
        "Mappe" => "Saksmappe",
        "Registrering" => "Journalpost",
        class => class,
    }
}

fn list(graph: &mut Graph, text: &str) -> Term {
    let cell = graph.fresh();
    let (first, rest) = (expand("rdf:first"), expand("rdf:rest"));
    let (first, rest) = (graph.symbol(&first), graph.symbol(&rest));
    let nil = graph.symbol(RDF_NIL);
    graph.add(cell, first, Term::Literal(Literal::string(text)));
    graph.add(cell, rest, Term::Node(nil));
    Term::Node(cell)
}

/// A graph with one thing wrong.
#[derive(Debug)]
pub struct Flawed {
    /// What was done, for people.
    pub what: String,
    /// The rule that it breaks.
    pub rule: crate::Rule,
    /// The graph.
    pub graph: Graph,
}

/// The node that a row's samples are about.
pub const FOCUS: &str = "https://arkiv.fiktiv.example/id/1";

/// A node of the row's class that has the row's property, rightly.
pub fn passing(row: &Row) -> Graph {
    with(row, |graph| {
        vec![fitting(graph, row.what, &format!("{FOCUS}/a"))]
    })
}

/// The ways in which a row can be broken.
pub fn failing(row: &Row) -> Vec<Flawed> {
    use crate::Rule;
    let mut all = Vec::new();
    let mut add = |what: &str, rule, graph| {
        let what = format!("{}.{}: {what}", row.class, row.property);
        all.push(Flawed { what, rule, graph });
    };
    if row.min > 0 {
        add("none", Rule::MinCount, with(row, |_| Vec::new()));
    }
    if row.max == Some(1) {
        let two = |graph: &mut Graph| {
            let (a, b) = (format!("{FOCUS}/a"), format!("{FOCUS}/bb"));
            vec![fitting(graph, row.what, &a), fitting(graph, row.what, &b)]
        };
        add("two", Rule::MaxCount, with(row, two));
    }
    for (what, rule, value) in wrong_values(row.what) {
        let graph = with(row, |graph| {
            let other = graph.symbol(&format!("{FOCUS}/other"));
            let value = match &value {
                Wrong::Text(literal) => Term::Literal(literal.clone()),
                Wrong::Untyped => Term::Node(other),
                Wrong::OfClass(class) => {
                    Term::Node(typed(graph, class, &format!("{FOCUS}/other")))
                }
            };
            vec![value]
        });
        add(what, rule, graph);
    }
    all
}

enum Wrong {
    Text(Literal),
    Untyped,
    OfClass(&'static str),
}

fn wrong_values(what: What) -> Vec<(&'static str, crate::Rule, Wrong)> {
    use crate::Rule::{
        Class, ClassIn, Datatype as Type, DatatypeIn, NodeKind, Pattern,
    };
    let text = |text: &str, datatype| Wrong::Text(Literal::new(text, datatype));
    let uuid = "00000000-0000-4000-8000-000000000001";
    let tagged = || Datatype::Language("nb".into());
    match what {
        What::Any => Vec::new(),
        What::String => vec![
            ("a number", Type, text("3", Datatype::Integer)),
            ("a language", Type, text("tekst", tagged())),
            ("a node", Type, Wrong::Untyped),
        ],
        What::Uuid => vec![
            ("no UUID", Pattern, text("2026/4021", Datatype::String)),
            ("a language", Type, text(uuid, tagged())),
        ],
        What::Integer => vec![
            ("a text", Type, text("3", Datatype::String)),
            ("a fraction", Type, text("1.5", Datatype::Integer)),
        ],
        What::Date => vec![
            ("a text", Type, text("2026-03-05", Datatype::String)),
            (
                "a moment",
                Type,
                text("2026-03-05T10:00:00", Datatype::DateTime),
            ),
            ("no such day", Type, text("2026-02-30", Datatype::Date)),
        ],
        What::DateTime => vec![
            ("a day", Type, text("2026-03-05", Datatype::Date)),
            (
                "a space",
                Type,
                text("2026-03-05 10:00:00", Datatype::DateTime),
            ),
        ],
        What::DateTimeOrDate => {
            vec![("a text", DatatypeIn, text("2026-03-05", Datatype::String))]
        }
        What::Iri => vec![(
            "a text",
            NodeKind,
            text("https://x.example/1", Datatype::String),
        )],
        What::List => vec![
            ("a text", Class, text("tittel", Datatype::String)),
            ("a node", Class, Wrong::Untyped),
        ],
        What::Class(_) => vec![
            ("a text", Class, text("avsender", Datatype::String)),
            ("not in the file", Class, Wrong::Untyped),
            ("another class", Class, Wrong::OfClass("Ukjent")),
        ],
        What::AnyOf(_) => vec![
            ("a text", ClassIn, text("x", Datatype::String)),
            ("another class", ClassIn, Wrong::OfClass("Ukjent")),
        ],
    }
}

/// A node that is sound but for the row's property, which has these values.
fn with(row: &Row, values: impl FnOnce(&mut Graph) -> Vec<Term>) -> Graph {
    let mut whole = Graph::default();
    sound(&mut whole, row.class, FOCUS);
    let mut graph = Graph::default();
    let property = expand(row.property);
    for node in whole.nodes() {
        let subject = graph.symbol(whole.name(node.name));
        for (name, values) in &node.properties {
            if whole.name(node.name) == FOCUS && whole.name(*name) == property {
                continue;
            }
            let name = graph.symbol(whole.name(*name));
            for value in values {
                let value = match value {
                    Term::Node(name) => Term::Node(graph.symbol(whole.name(*name))),
                    Term::Literal(literal) => Term::Literal(literal.clone()),
                };
                graph.add(subject, name, value);
            }
        }
    }
    let node = typed(&mut graph, row.class, FOCUS);
    let values = values(&mut graph);
    let property = graph.symbol(&property);
    for value in values {
        graph.add(node, property, value);
    }
    graph
}
