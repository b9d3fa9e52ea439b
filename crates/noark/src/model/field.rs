//! What a field may hold, and how it stands in a graph.

use crate::graph::{Datatype, Graph, Literal, Symbol, Term};
use crate::rules::lexical::{is_date, is_date_time};
use crate::vocabulary::{ARKIV, RDF_FIRST, RDF_NIL, RDF_REST, expand};

/// Name of another object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Iri(pub String);

/// A code, by its local name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kode(pub String);

/// `2026-03-05`, with or without a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(String);

/// `2026-03-05T09:15:00+01:00`; the zone may be left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(String);

/// Either of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Time {
    /// A day.
    Date(Date),
    /// A moment.
    DateTime(DateTime),
}

/// A title in pieces, names by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segments(pub Vec<String>);

impl Date {
    /// None when the text is no date that exists.
    pub fn new(text: &str) -> Option<Self> {
        is_date(text).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DateTime {
    /// None when the text is no moment that exists.
    pub fn new(text: &str) -> Option<Self> {
        is_date_time(text).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value that can stand in a graph.
pub(super) trait Value: Sized {
    /// None when it is another kind of value, or would not come back as it was.
    fn read(graph: &Graph, term: &Term) -> Option<Self>;
    fn write(&self, graph: &mut Graph) -> Term;
}

/// A property: one value, or any number.
pub(super) trait Field: Sized {
    /// The field, and the values that did not go into it.
    fn read(graph: &Graph, terms: &[Term]) -> (Self, Vec<Term>);
    fn write(&self, graph: &mut Graph) -> Vec<Term>;
}

impl<V: Value> Field for Option<V> {
    fn read(graph: &Graph, terms: &[Term]) -> (Self, Vec<Term>) {
        let mut left = Vec::new();
        let mut found = None;
        for term in terms {
            match V::read(graph, term) {
                Some(value) if found.is_none() => found = Some(value),
                _ => left.push(term.clone()),
            }
        }
        (found, left)
    }

    fn write(&self, graph: &mut Graph) -> Vec<Term> {
        self.iter().map(|value| value.write(graph)).collect()
    }
}

impl<V: Value> Field for Vec<V> {
    fn read(graph: &Graph, terms: &[Term]) -> (Self, Vec<Term>) {
        let mut left = Vec::new();
        let mut found = Self::new();
        for term in terms {
            match V::read(graph, term) {
                Some(value) => found.push(value),
                None => left.push(term.clone()),
            }
        }
        (found, left)
    }

    fn write(&self, graph: &mut Graph) -> Vec<Term> {
        self.iter().map(|value| value.write(graph)).collect()
    }
}

fn literal(term: &Term, datatype: Datatype) -> Option<&str> {
    match term {
        Term::Literal(literal) if literal.datatype == datatype => Some(&literal.text),
        _ => None,
    }
}

impl Value for String {
    fn read(_: &Graph, term: &Term) -> Option<Self> {
        literal(term, Datatype::String).map(str::to_owned)
    }

    fn write(&self, _: &mut Graph) -> Term {
        Term::Literal(Literal::string(self))
    }
}

impl Value for i64 {
    fn read(_: &Graph, term: &Term) -> Option<Self> {
        let text = literal(term, Datatype::Integer)?;
        let number: Self = text.parse().ok()?;
        Some(number).filter(|number| number.to_string() == text)
    }

    fn write(&self, _: &mut Graph) -> Term {
        Term::Literal(Literal::new(&self.to_string(), Datatype::Integer))
    }
}

impl Value for Date {
    fn read(_: &Graph, term: &Term) -> Option<Self> {
        Self::new(literal(term, Datatype::Date)?)
    }

    fn write(&self, _: &mut Graph) -> Term {
        Term::Literal(Literal::new(&self.0, Datatype::Date))
    }
}

impl Value for DateTime {
    fn read(_: &Graph, term: &Term) -> Option<Self> {
        Self::new(literal(term, Datatype::DateTime)?)
    }

    fn write(&self, _: &mut Graph) -> Term {
        Term::Literal(Literal::new(&self.0, Datatype::DateTime))
    }
}

impl Value for Time {
    fn read(graph: &Graph, term: &Term) -> Option<Self> {
        let date = Date::read(graph, term).map(Self::Date);
        date.or_else(|| DateTime::read(graph, term).map(Self::DateTime))
    }

    fn write(&self, graph: &mut Graph) -> Term {
        match self {
            Self::Date(date) => date.write(graph),
            Self::DateTime(time) => time.write(graph),
        }
    }
}

impl Value for Iri {
    fn read(graph: &Graph, term: &Term) -> Option<Self> {
        term.node().map(|name| Self(graph.name(name).to_owned()))
    }

    fn write(&self, graph: &mut Graph) -> Term {
        Term::Node(graph.symbol(&self.0))
    }
}

impl Value for Kode {
    fn read(graph: &Graph, term: &Term) -> Option<Self> {
        let name = graph.name(term.node()?);
        name.strip_prefix(ARKIV).map(|local| Self(local.to_owned()))
    }

    fn write(&self, graph: &mut Graph) -> Term {
        Term::Node(graph.symbol(&format!("{ARKIV}{}", self.0)))
    }
}

/// The texts and cells of a list that is nothing but plain texts in blank cells.
pub(super) fn plain_list(
    graph: &Graph,
    list: &Term,
) -> Option<(Vec<String>, Vec<Symbol>)> {
    let (mut texts, mut cells) = (Vec::new(), Vec::new());
    let mut at = list.node()?;
    while graph.name(at) != RDF_NIL {
        let (first, rest) = (graph.find(RDF_FIRST)?, graph.find(RDF_REST)?);
        let node = graph.node(at).filter(|_| graph.is_blank(at))?;
        let [Term::Literal(text)] = node.values(first) else {
            return None;
        };
        let plain = text.datatype == Datatype::String && node.properties.len() == 2;
        if !plain || cells.contains(&at) {
            return None;
        }
        texts.push(text.text.to_string());
        cells.push(at);
        let [next] = node.values(rest) else {
            return None;
        };
        at = next.node()?;
    }
    Some((texts, cells))
}

impl Value for Segments {
    fn read(graph: &Graph, term: &Term) -> Option<Self> {
        plain_list(graph, term).map(|(texts, _)| Self(texts))
    }

    fn write(&self, graph: &mut Graph) -> Term {
        let first = graph.symbol(&expand("rdf:first"));
        let rest = graph.symbol(&expand("rdf:rest"));
        let mut at = graph.symbol(RDF_NIL);
        for segment in self.0.iter().rev() {
            let cell = graph.fresh();
            graph.add(cell, first, Term::Literal(Literal::string(segment)));
            graph.add(cell, rest, Term::Node(at));
            at = cell;
        }
        Term::Node(at)
    }
}
