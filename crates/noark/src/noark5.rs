//! Noark 5 XML as a graph (einnsyn §4.9).

use std::collections::HashMap;
use std::ops::Range;

use roxmltree::Node;

use crate::finding::{Finding, Rule};
use crate::graph::{Datatype, Graph, Literal, Symbol, Term};
use crate::rules::{What, codes_of, is_code_list, rows};
use crate::tagged;
use crate::vocabulary::{ARKIV, RDF, expand, lineage};
use crate::xml;

/// IRIs of what has a systemID.
pub(crate) const IRI: &str = "http://data.einnsyn.no/noark5/";

/// XML names and ours, where they differ.
const NAMES: &[(&str, &str)] = &[
    ("moetesakstype", "møtesakstype"),
    ("moetesaksaar", "møtesaksår"),
    ("moetesakssekvensnummer", "møtesakssekvensnummer"),
    ("moetesaksundersekvensnummer", "møtesaksundersekvensnummer"),
    ("moeteregistreringsstatus", "møteregistreringsstatus"),
    (
        "moetedokumentregistreringstype",
        "møtedokumentregistreringstype",
    ),
    ("referanseTilMoetesak", "referanseTilMøtesak"),
    ("foelgsakenReferanse", "følgsakenReferanse"),
];

/// What lies in something, with its class where xsi:type does not say.
const LAYERS: &[(&str, &str)] = &[
    ("arkivdel", "Arkivdel"),
    ("klassifikasjonssystem", "Klassifikasjonssystem"),
    ("klasse", "Klasse"),
    ("mappe", "Mappe"),
    ("registrering", "Registrering"),
];

/// xsi:type and class; `moeteregistrering` is that of files of 2015.
const TYPES: &[(&str, &str)] = &[
    ("saksmappe", "Saksmappe"),
    ("moetemappe", "Moetemappe"),
    ("journalpost", "Journalpost"),
    ("basisregistrering", "Basisregistrering"),
    ("moetesaksregistrering", "Møtesaksregistrering"),
    ("moeteregistrering", "Møtesaksregistrering"),
    ("moetedokumentregistrering", "Møtedokumentregistrering"),
];

/// A graph, and where in the file each of its nodes stands.
#[derive(Default)]
pub(crate) struct Placed {
    pub(crate) graph: Graph,
    pub(crate) places: HashMap<Symbol, Range<usize>>,
}

/// Read a file's root.
pub(crate) fn read(root: Node<'_, '_>, findings: &mut Vec<Finding>) -> Placed {
    let mut reader = Reader::new(findings);
    reader.object(root, "Arkiv");
    reader.done()
}

/// The class of a local xsi:type.
pub(crate) fn class_of(kind: &str) -> Option<&'static str> {
    let row = TYPES.iter().find(|(name, _)| *name == kind);
    row.map(|(_, class)| *class)
}

/// The local part of xsi:type.
pub(crate) fn xsi_type<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
    let kind = node.attribute((XSI, "type"))?.trim();
    Some(kind.rsplit(':').next().unwrap_or(kind))
}

/// A graph that is built from XML, and what is found on the way.
pub(crate) struct Reader<'a> {
    graph: Graph,
    places: HashMap<Symbol, Range<usize>>,
    findings: &'a mut Vec<Finding>,
    blanks: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(findings: &'a mut Vec<Finding>) -> Self {
        Self {
            graph: Graph::default(),
            places: HashMap::new(),
            findings,
            blanks: 0,
        }
    }

    pub(crate) fn done(self) -> Placed {
        Placed {
            graph: self.graph,
            places: self.places,
        }
    }

    /// A node of a class, for an element: under its IRI, or blank.
    pub(crate) fn node(
        &mut self,
        iri: Option<String>,
        class: &str,
        element: Node<'_, '_>,
    ) -> Symbol {
        let name = iri.unwrap_or_else(|| {
            self.blanks += 1;
            format!("_:b{}", self.blanks)
        });
        let node = self.graph.symbol(&name);
        let class = self.graph.symbol(&format!("{ARKIV}{class}"));
        let property = self.graph.symbol(&format!("{RDF}type"));
        self.graph.add(node, property, Term::Node(class));
        self.places.entry(node).or_insert(element.range());
        node
    }

    /// An element with elements in it.
    fn object(&mut self, element: Node<'_, '_>, class: &str) -> Symbol {
        let system_id =
            xml::child_text(element, "systemID").filter(|id| !id.is_empty());
        let node = self.node(system_id.map(|id| format!("{IRI}{id}")), class, element);
        for child in element.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            match LAYERS.iter().find(|(layer, _)| *layer == name) {
                Some((_, class)) => {
                    let kind = xsi_type(child);
                    let known = TYPES.iter().find(|(k, _)| Some(*k) == kind);
                    let class = known.map_or(*class, |(_, class)| class);
                    let inner = self.object(child, class);
                    self.add(inner, "parent", Term::Node(node));
                }
                None => self.property(node, class, name, child),
            }
        }
        node
    }

    fn property(
        &mut self,
        node: Symbol,
        class: &str,
        name: &str,
        element: Node<'_, '_>,
    ) {
        let renamed = NAMES.iter().find(|(xml, _)| *xml == name);
        let name = renamed.map_or(name, |(_, ours)| ours);
        let row = lineage(class).find_map(|class| {
            rows()
                .iter()
                .find(|r| r.class == class && r.property == name)
        });
        match row.map(|row| row.what) {
            Some(What::Class(list)) if is_code_list(list) => {
                let text = xml::text(element);
                self.code(node, name, &text, |code| code.noark5 == text, list);
            }
            Some(What::Class(class)) => {
                let inner = self.object(element, class);
                self.add(node, name, Term::Node(inner));
            }
            Some(What::AnyOf(classes)) => {
                let inner = self.object(element, classes[0]);
                self.add(node, name, Term::Node(inner));
            }
            Some(What::Iri) => {
                let id = xml::text(element);
                let iri = if id.contains(':') {
                    id
                } else {
                    format!("{IRI}{id}")
                };
                let other = self.graph.symbol(&iri);
                self.add(node, name, Term::Node(other));
            }
            Some(What::Integer) => {
                self.text(node, name, &xml::text(element), Datatype::Integer);
            }
            Some(What::Date) => {
                self.text(node, name, &xml::text(element), Datatype::Date);
            }
            Some(What::DateTime | What::DateTimeOrDate) => {
                self.text(node, name, &xml::text(element), Datatype::DateTime);
            }
            _ if has_sensitive(class, name) => self.tagged(node, name, element),
            _ => self.text(node, name, &xml::text(element), Datatype::String),
        }
    }

    pub(crate) fn add(&mut self, node: Symbol, property: &str, value: Term) {
        let property = self.graph.symbol(&expand(property));
        self.graph.add(node, property, value);
    }

    /// An empty text says nothing.
    pub(crate) fn text(
        &mut self,
        node: Symbol,
        property: &str,
        text: &str,
        datatype: Datatype,
    ) {
        if !text.is_empty() {
            self.add(node, property, Term::Literal(Literal::new(text, datatype)));
        }
    }

    /// A code by the word that the file has for it; an unknown one is kept as text.
    pub(crate) fn code(
        &mut self,
        node: Symbol,
        property: &str,
        text: &str,
        fits: impl Fn(&crate::rules::Code) -> bool,
        list: &str,
    ) {
        if text.is_empty() {
            return;
        }
        if let Some(code) = codes_of(list).find(|code| fits(code)) {
            let code = self.graph.symbol(&format!("{ARKIV}{}", code.name));
            self.add(node, property, Term::Node(code));
            return;
        }
        self.text(node, property, text, Datatype::String);
        let focus = self.graph.name(node).to_owned();
        let known: Vec<&str> = codes_of(list).map(|code| code.noark5).collect();
        let finding = Finding::error(Rule::UkjentKode).focus(&focus);
        let finding = finding.path(expand(property)).value(text);
        self.findings.push(finding.expected(known.join(", ")));
    }

    /// A text whose names are tagged: washed, sensitive and in segments.
    pub(crate) fn tagged(
        &mut self,
        node: Symbol,
        property: &str,
        element: Node<'_, '_>,
    ) {
        let text = tagged::read(element);
        self.text(node, property, &text.washed, Datatype::String);
        let sensitive = format!("{property}_SENSITIV");
        self.text(node, &sensitive, &text.sensitive, Datatype::String);
        if !text.segments.is_empty() {
            let list = self.list(&text.segments);
            self.add(node, &format!("{property}_LIST"), Term::Node(list));
        }
    }

    fn list(&mut self, segments: &[String]) -> Symbol {
        let mut rest = self.graph.symbol(crate::vocabulary::RDF_NIL);
        for segment in segments.iter().rev() {
            self.blanks += 1;
            let cell = self.graph.symbol(&format!("_:b{}", self.blanks));
            self.add(cell, "rdf:first", Term::Literal(Literal::string(segment)));
            self.add(cell, "rdf:rest", Term::Node(rest));
            rest = cell;
        }
        rest
    }
}

fn has_sensitive(class: &str, name: &str) -> bool {
    let sensitive = format!("{name}_SENSITIV");
    lineage(class).any(|class| {
        let mut rows = rows().iter();
        rows.any(|row| row.class == class && row.property == sensitive)
    })
}
