//! JSON-LD as triples: what is said of which IRI.

use std::collections::BTreeMap;

use oxjsonld::JsonLdParser;
use oxrdf::{NamedOrBlankNode, Term};
use unicode_normalization::UnicodeNormalization;

use crate::Error;

pub(crate) const ARKIV: &str =
    "http://www.arkivverket.no/standarder/noark5/arkivstruktur/";
const TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

/// Everything that a file says, by subject and predicate, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    order: Vec<String>,
    subjects: BTreeMap<String, Vec<(String, String)>>,
}

impl Graph {
    /// Read a file. Texts are normalised to NFC: `å` from some systems comes in two.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let text =
            std::str::from_utf8(bytes).map_err(|e| Error::Utf8(e.valid_up_to()))?;
        let text: String = text.trim_start_matches('\u{feff}').nfc().collect();
        let mut graph = Self::default();
        for quad in JsonLdParser::new().for_slice(text.as_bytes()) {
            let quad = quad.map_err(|e| refused(&e.to_string()))?;
            let subject = match quad.subject {
                NamedOrBlankNode::NamedNode(node) => node.into_string(),
                NamedOrBlankNode::BlankNode(node) => format!("_:{}", node.as_str()),
            };
            let object = match quad.object {
                Term::NamedNode(node) => node.into_string(),
                Term::BlankNode(node) => format!("_:{}", node.as_str()),
                Term::Literal(literal) => literal.value().to_owned(),
            };
            if !graph.subjects.contains_key(&subject) {
                graph.order.push(subject.clone());
            }
            let said = graph.subjects.entry(subject).or_default();
            said.push((quad.predicate.into_string(), object));
        }
        Ok(graph)
    }

    /// The subjects of this type of ours, in the order of the file.
    pub(crate) fn of_type<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let is = move |subject: &&String| {
            let mut types = self.all(subject, TYPE);
            types.any(|t| t.strip_prefix(ARKIV) == Some(kind))
        };
        self.order.iter().filter(is).map(String::as_str)
    }

    /// The first value of a property of ours.
    pub(crate) fn value(&self, subject: &str, property: &str) -> Option<String> {
        let predicate = format!("{ARKIV}{property}");
        self.all(subject, &predicate).next().map(str::to_owned)
    }

    /// All values of a property of ours.
    pub(crate) fn values(&self, subject: &str, property: &str) -> Vec<String> {
        let predicate = format!("{ARKIV}{property}");
        self.all(subject, &predicate).map(str::to_owned).collect()
    }

    fn all<'a>(
        &'a self,
        subject: &str,
        predicate: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let said = self.subjects.get(subject).into_iter().flatten();
        said.filter(move |(p, _)| p == predicate)
            .map(|(_, o)| o.as_str())
    }
}

fn refused(words: &str) -> Error {
    if words.contains("remote context") || words.contains("No LoadDocumentCallback") {
        return Error::RemoteContext;
    }
    Error::JsonLd(words.to_owned())
}
