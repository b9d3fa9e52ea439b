//! JSON-LD 1.1 as graphs: guarded, without ever fetching anything.
//!
//! Order: bytes → UTF-8 → tree with places → guards → expansion (oxjsonld) → graphs.

use std::collections::{HashMap, HashSet};

use oxjsonld::{JsonLdParser, JsonLdProcessingMode};
use oxrdf::{GraphName, NamedOrBlankNode, Term as RdfTerm};

use crate::context::Contexts;
use crate::finding::{Finding, Rule};
use crate::graph::{Datatype, Graph, Literal, Symbol, Term};
use crate::json::{self, DEPTH_MAX, Tree, Value};

/// A file's graphs.
#[derive(Debug, Default)]
pub struct Document {
    /// The default graph: what is published.
    pub graph: Graph,
    /// Named graphs that have something in them, in the order of the file.
    pub named: Vec<(String, Graph)>,
    /// Ids that are relative and have no base; nothing can be said of them.
    pub relative: Vec<String>,
}

/// Why a text is no JSON-LD that may be read; never empty.
pub(crate) type Refusals = Vec<Finding>;

/// The text of a file, without a byte order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Refusals> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let finding = Finding::refuse(Rule::Utf8).at(error.valid_up_to());
        vec![finding.note(error.to_string())]
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The text as a tree that is JSON through and through.
pub(crate) fn tree(text: &str) -> Result<Tree<'_>, Refusals> {
    let tree = json::read(text).map_err(|broken| {
        let finding = Finding::refuse(Rule::Json).expected(broken.expected);
        vec![finding.at(broken.at)]
    })?;
    let mut refusals = Vec::new();
    for (key, at) in &tree.duplicates {
        refusals.push(Finding::refuse(Rule::DuplikatNoekkel).note(key).at(*at));
    }
    if let Some(at) = tree.too_deep {
        let finding = Finding::refuse(Rule::ForDypt).at(at);
        let finding = finding.expected(DEPTH_MAX.to_string());
        refusals.push(finding.note(tree.depth.to_string()));
    }
    if refusals.is_empty() {
        Ok(tree)
    } else {
        Err(refusals)
    }
}

/// The tree as graphs. What is odd but does not stop the reading goes to the findings.
pub(crate) fn document(
    text: &str,
    tree: &Tree<'_>,
    findings: &mut Vec<Finding>,
) -> Result<Document, Refusals> {
    // > A JSON-LD document MUST be a single map or an array of them (JSON-LD 1.1, 9)
    if !matches!(tree.root.value, Value::Object(_) | Value::Array(_)) {
        let finding = Finding::refuse(Rule::Jsonld).at(tree.root.start);
        return Err(vec![finding.note("neither an object nor a list")]);
    }
    let mut contexts = Contexts::of(&tree.root);
    if !contexts.refusals.is_empty() {
        return Err(contexts.refusals);
    }
    findings.append(&mut contexts.errors);
    if tree.normalised {
        let mut normal = String::with_capacity(text.len());
        json::write(&tree.root, &mut normal);
        expand(&normal)
    } else {
        expand(text)
    }
}

/// Lenient, so that relative ids come through and can be named.
fn expand(text: &str) -> Result<Document, Refusals> {
    let parser = JsonLdParser::new()
        .with_processing_mode(JsonLdProcessingMode::JsonLd1_1)
        .lenient();
    let mut building = Building::default();
    for quad in parser.for_slice(text.as_bytes()) {
        let quad = quad.map_err(|error| {
            vec![Finding::refuse(Rule::Jsonld).note(error.to_string())]
        })?;
        building.add(&quad);
    }
    Ok(building.document)
}

#[derive(Default)]
struct Building {
    document: Document,
    seen: HashSet<String>,
    /// Where each named graph stands.
    places: HashMap<String, usize>,
}

impl Building {
    fn add(&mut self, quad: &oxrdf::Quad) {
        let subject = subject_name(&quad.subject);
        let object = match &quad.object {
            RdfTerm::NamedNode(node) => Some(node.as_str()),
            _ => None,
        };
        let predicate = quad.predicate.as_str();
        let is_type = predicate == crate::vocabulary::RDF_TYPE;
        let mut whole = true;
        for (name, is_id) in
            [(subject.as_ref(), true), (object.unwrap_or("_:"), !is_type)]
        {
            if is_relative(name) {
                whole = false;
                if is_id && self.seen.insert(name.to_owned()) {
                    self.document.relative.push(name.to_owned());
                }
            }
        }
        if !whole || is_relative(predicate) {
            return;
        }
        let Some(graph) = self.graph(&quad.graph_name) else {
            return;
        };
        let property = graph.symbol(predicate);
        let value = term(graph, &quad.object);
        let subject = graph.symbol(&subject);
        graph.add(subject, property, value);
    }

    fn graph(&mut self, name: &GraphName) -> Option<&mut Graph> {
        let name = match name {
            GraphName::DefaultGraph => return Some(&mut self.document.graph),
            GraphName::NamedNode(node) => node.as_str().to_owned(),
            GraphName::BlankNode(node) => format!("_:{}", node.as_str()),
        };
        if is_relative(&name) {
            return None;
        }
        let named = &mut self.document.named;
        let place = *self.places.entry(name).or_insert_with_key(|name| {
            named.push((name.clone(), Graph::default()));
            named.len() - 1
        });
        Some(&mut named[place].1)
    }
}

fn subject_name(subject: &NamedOrBlankNode) -> std::borrow::Cow<'_, str> {
    match subject {
        NamedOrBlankNode::NamedNode(node) => node.as_str().into(),
        NamedOrBlankNode::BlankNode(node) => format!("_:{}", node.as_str()).into(),
    }
}

fn term(graph: &mut Graph, object: &RdfTerm) -> Term {
    match object {
        RdfTerm::NamedNode(node) => Term::Node(graph.symbol(node.as_str())),
        RdfTerm::BlankNode(node) => {
            let name: Symbol = graph.symbol(&format!("_:{}", node.as_str()));
            Term::Node(name)
        }
        RdfTerm::Literal(literal) => {
            let datatype = match literal.language() {
                Some(language) => Datatype::Language(language.into()),
                None => Datatype::of(literal.datatype().as_str()),
            };
            Term::Literal(Literal::new(literal.value(), datatype))
        }
    }
}

/// Whether a name has no scheme in front.
fn is_relative(name: &str) -> bool {
    let Some((scheme, _)) = name.split_once(':') else {
        return true;
    };
    let mut letters = scheme.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let rest = letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    !(scheme == "_" || (first && rest))
}
