//! Forms: what a person fills in where no case system does, and what it becomes.

mod build;
mod check;
mod say;
mod spec;
#[cfg(test)]
mod tests;
mod typed;

use noark::Document;

pub(crate) use build::{Built, HOUR, Owner, SENSITIVE, build};
pub(crate) use check::{Found, Judge, may_go, place, propose};
pub(crate) use spec::{Count, Field, Group, Kind, What};
pub(crate) use typed::{Change, ID, Typed, is_uuid};

/// What a form publishes: IRI and class.
pub(crate) type Head = (String, String);

impl Built {
    /// The publication, as it is laid down.
    pub(crate) fn jsonld(&self) -> Vec<u8> {
        let document = Document {
            graph: self.graph.clone(),
            ..Document::default()
        };
        noark::write_jsonld(&document).into_bytes()
    }

    /// What it publishes, one message each.
    pub(crate) fn heads(&self) -> Vec<Head> {
        let parts = noark::split(&self.graph).into_iter();
        parts
            .map(|part| {
                let node = self.graph.find(&part.iri);
                let node = node.and_then(|name| self.graph.node(name));
                let class = node.and_then(|node| self.graph.types(node).next());
                let class = class.map_or("Registrering", |c| self.graph.local(c));
                (part.iri, class.to_owned())
            })
            .collect()
    }

    /// What was published before and is not in it any longer.
    pub(crate) fn gone(&self, before: Vec<Head>) -> Vec<Head> {
        let said = |iri: &str| {
            let name = self.graph.find(iri);
            name.is_some_and(|name| self.graph.node(name).is_some())
        };
        before.into_iter().filter(|(iri, _)| !said(iri)).collect()
    }
}

impl Typed {
    /// What the form is called in lists: its washed title.
    pub(crate) fn title(&self, kind: Kind) -> String {
        let group = match kind {
            Kind::Journalpost => "post",
            Kind::Moete => "moete",
        };
        let row = self.rows(group).first();
        row.map_or("", |row| row.text("tittel")).to_owned()
    }
}
