//! What a file says, as triples: of which node, which property, which value.

use std::collections::{HashMap, HashSet};

use crate::vocabulary::{ARKIV, RDF_TYPE};

/// Number of a name (IRI, or `_:` and a label) in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

/// All that is said, by node, in the order of the file. Equal values count once.
#[derive(Debug, Default, Clone)]
pub struct Graph {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Symbol>,
    nodes: Vec<Node>,
    places: HashMap<Symbol, usize>,
}

/// A subject and its properties.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub name: Symbol,
    /// Property by property.
    pub properties: Vec<(Symbol, Vec<Term>)>,
    /// Where each property stands, once there are too many to look through.
    places: HashMap<Symbol, usize>,
    /// What was said, of properties with too many values to look through.
    said: HashSet<(Symbol, Term)>,
}

/// More than these are not looked through one by one.
const FEW: usize = 32;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Term {
    /// Another node, in the file or not.
    Node(Symbol),
    /// A text of some type.
    Literal(Literal),
}

/// A text and its type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Literal {
    /// As it was written.
    pub text: Box<str>,
    /// What it is said to be.
    pub datatype: Datatype,
}

/// The types that our data use; others by their IRI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Datatype {
    /// xsd:string.
    String,
    /// A text in a language, which is no xsd:string.
    Language(Box<str>),
    /// xsd:integer.
    Integer,
    /// xsd:date.
    Date,
    /// xsd:dateTime.
    DateTime,
    /// Some other.
    Other(Box<str>),
}

const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

impl Datatype {
    /// By its IRI.
    pub fn of(iri: &str) -> Self {
        match iri.strip_prefix(XSD) {
            Some("string") => Self::String,
            Some("integer") => Self::Integer,
            Some("date") => Self::Date,
            Some("dateTime") => Self::DateTime,
            _ => Self::Other(iri.into()),
        }
    }

    /// Its IRI.
    pub fn iri(&self) -> String {
        match self {
            Self::String => format!("{XSD}string"),
            Self::Integer => format!("{XSD}integer"),
            Self::Date => format!("{XSD}date"),
            Self::DateTime => format!("{XSD}dateTime"),
            Self::Language(_) => {
                "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString".into()
            }
            Self::Other(iri) => iri.to_string(),
        }
    }
}

impl Literal {
    /// A text of the plain kind.
    pub fn string(text: &str) -> Self {
        Self::new(text, Datatype::String)
    }

    /// A text of some kind.
    pub fn new(text: &str, datatype: Datatype) -> Self {
        let text = text.into();
        Self { text, datatype }
    }
}

impl Graph {
    /// Say something; what was said before is passed over.
    pub fn add(&mut self, subject: Symbol, property: Symbol, value: Term) {
        let next = self.nodes.len();
        let place = *self.places.entry(subject).or_insert(next);
        if place == next {
            self.nodes.push(Node {
                name: subject,
                properties: Vec::new(),
                places: HashMap::new(),
                said: HashSet::new(),
            });
        }
        self.nodes[place].add(property, value);
    }

    /// The number of a name, new or known.
    pub fn symbol(&mut self, name: &str) -> Symbol {
        if let Some(known) = self.numbers.get(name) {
            return *known;
        }
        let new = Symbol(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        self.numbers.insert(name.into(), new);
        new
    }

    /// A blank node that nothing is said of yet.
    pub fn fresh(&mut self) -> Symbol {
        let mut label = self.names.len();
        while self.find(&format!("_:n{label}")).is_some() {
            label += 1;
        }
        self.symbol(&format!("_:n{label}"))
    }

    /// The number of a name, if the graph has it.
    pub fn find(&self, name: &str) -> Option<Symbol> {
        self.numbers.get(name).copied()
    }

    /// The number of one of eInnsyn's own names.
    pub fn find_arkiv(&self, local: &str) -> Option<Symbol> {
        self.find(&format!("{ARKIV}{local}"))
    }

    /// Every name, of nodes, properties and values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }

    /// The name of a number.
    pub fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol.0 as usize]
    }

    /// The part of a name that tells it from its neighbours.
    pub fn local(&self, symbol: Symbol) -> &str {
        let name = self.name(symbol);
        name.strip_prefix(ARKIV).unwrap_or(name)
    }

    /// Whether a name is that of a blank node.
    pub fn is_blank(&self, symbol: Symbol) -> bool {
        self.name(symbol).starts_with("_:")
    }

    /// The nodes, in the order of the file.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of a name, if anything is said of it.
    pub fn node(&self, name: Symbol) -> Option<&Node> {
        self.places.get(&name).map(|place| &self.nodes[*place])
    }

    /// Whether anything is said at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The values of one of eInnsyn's own properties.
    pub fn values<'a>(&self, node: &'a Node, local: &str) -> &'a [Term] {
        let property = self.find_arkiv(local);
        property.map_or(&[], |property| node.values(property))
    }

    /// The types of a node.
    pub fn types<'a>(&self, node: &'a Node) -> impl Iterator<Item = Symbol> + 'a {
        let property = self.find(RDF_TYPE);
        let values = property.map_or(&[][..], |p| node.values(p));
        values.iter().filter_map(Term::node)
    }

    /// A value as text: the literal's, or the node's name.
    pub fn text<'a>(&'a self, value: &'a Term) -> &'a str {
        match value {
            Term::Node(name) => self.name(*name),
            Term::Literal(literal) => &literal.text,
        }
    }
}

impl Node {
    /// The values of a property.
    pub fn values(&self, property: Symbol) -> &[Term] {
        let place = self.place(property);
        place.map_or(&[], |place| &self.properties[place].1)
    }

    fn place(&self, property: Symbol) -> Option<usize> {
        if self.properties.len() > FEW {
            return self.places.get(&property).copied();
        }
        self.properties.iter().position(|(p, _)| *p == property)
    }

    fn add(&mut self, property: Symbol, value: Term) {
        let Some(place) = self.place(property) else {
            self.properties.push((property, vec![value]));
            if self.properties.len() > FEW {
                let known = self.places.len();
                let new = self.properties.iter().enumerate().skip(known);
                self.places.extend(new.map(|(place, (p, _))| (*p, place)));
            }
            return;
        };
        let values = &mut self.properties[place].1;
        if values.len() < FEW {
            if !values.contains(&value) {
                values.push(value);
            }
            return;
        }
        if values.len() == FEW {
            let said = values.iter().map(|value| (property, value.clone()));
            self.said.extend(said);
        }
        if self.said.insert((property, value.clone())) {
            values.push(value);
        }
    }
}

impl Term {
    /// The node, unless it is a text.
    pub fn node(&self) -> Option<Symbol> {
        match self {
            Self::Node(name) => Some(*name),
            Self::Literal(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_and_properties_are_kept_once_each() {
        let mut graph = Graph::default();
        let node = graph.symbol("https://x.example/1");
        for round in 0..2 {
            for i in 0..200 {
                let property = graph.symbol(&format!("https://x.example/p{i}"));
                for j in 0..=i {
                    let value = Literal::string(&j.to_string());
                    graph.add(node, property, Term::Literal(value));
                }
            }
            let found = graph.node(node).unwrap();
            assert_eq!(found.properties.len(), 200, "round {round}");
            for i in [0, 31, 32, 33, 199] {
                let name = format!("https://x.example/p{i}");
                let property = graph.find(&name).unwrap();
                assert_eq!(found.values(property).len(), i + 1, "{name}");
            }
        }
    }
}
