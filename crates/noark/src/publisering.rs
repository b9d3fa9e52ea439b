//! Publications: journal entries and meetings as JSON-LD.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::finding::{Finding, Rule};
use crate::graph::{Graph, Node, Term};
use crate::jsonld::{self, Document};
use crate::vocabulary::ARKIV;

/// What a registrering is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An entry of the journal.
    Journalpost,
    /// A matter before a meeting.
    Moetesak,
    /// A document of a meeting.
    Moetedokument,
}

impl Kind {
    /// The type in the file.
    pub fn class(self) -> &'static str {
        match self {
            Self::Journalpost => "Journalpost",
            Self::Moetesak => "Møtesaksregistrering",
            Self::Moetedokument => "Møtedokumentregistrering",
        }
    }
}

/// A registrering with what the portal shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registrering {
    /// The IRI that it is known by; a later file with the same one replaces it.
    pub iri: String,
    /// What it is.
    pub kind: Kind,
    /// The id in the case system.
    pub system_id: Option<String>,
    /// The title for everybody.
    pub tittel: String,
    /// The title with names in it, which may not be searched for ever.
    pub tittel_sensitiv: String,
    /// When it was entered, or the meeting held: `yyyy-mm-dd`.
    pub dato: Option<String>,
    /// `year/number` of the case or matter.
    pub saksnr: String,
    /// Number within the case.
    pub dokumentnr: String,
    /// `sequence/year`, the year in two digits unpadded, as orders write it.
    pub journalnr: String,
    /// The title of the case or meeting.
    pub mappe: String,
    /// Senders and receivers: role and name.
    pub parter: Vec<(String, String)>,
    /// Documents: title and, where it is published, the address of its text.
    pub dokumenter: Vec<(String, Option<String>)>,
    /// By which paragraph it is withheld, if it is.
    pub hjemmel: Option<String>,
}

/// Read a publication: guarded, nothing fetched, nothing judged.
pub fn parse(bytes: &[u8]) -> Result<Document, Error> {
    let text = jsonld::text(bytes).map_err(Error::Findings)?;
    let tree = jsonld::tree(text).map_err(Error::Findings)?;
    jsonld::document(text, &tree, &mut Vec::new()).map_err(Error::Findings)
}

/// Read all registreringer of a file.
///
/// Fails when it is no JSON-LD, has none, or one lacks its title.
pub fn read(bytes: &[u8]) -> Result<Vec<Registrering>, Error> {
    let document = parse(bytes)?;
    let kinds = [Kind::Journalpost, Kind::Moetesak, Kind::Moetedokument];
    let mut all = Vec::new();
    for kind in kinds {
        for node in document.graph.nodes() {
            let mut types = document.graph.types(node);
            if types.any(|t| document.graph.local(t) == kind.class()) {
                all.push(registrering(&View(&document.graph), node, kind)?);
            }
        }
    }
    if all.is_empty() {
        let finding = Finding::error(Rule::IngenRegistrering);
        return Err(Error::Findings(vec![finding]));
    }
    Ok(all)
}

/// A graph, asked for first values.
struct View<'a>(&'a Graph);

impl<'a> View<'a> {
    fn text(&self, node: &'a Node, property: &str) -> Option<String> {
        let value = self.0.values(node, property).first()?;
        Some(self.0.text(value).to_owned())
    }

    fn nodes(&self, node: &'a Node, property: &str) -> impl Iterator<Item = &'a Node> {
        let values = self.0.values(node, property).iter().filter_map(Term::node);
        values.filter_map(|name| self.0.node(name))
    }
}

fn registrering(
    view: &View<'_>,
    node: &Node,
    kind: Kind,
) -> Result<Registrering, Error> {
    let iri = view.0.name(node.name);
    let missing = |finding: Finding| Error::Findings(vec![finding.focus(iri)]);
    if view.0.is_blank(node.name) {
        return Err(missing(Finding::error(Rule::ManglerIri)));
    }
    let text = |property| view.text(node, property);
    let parent = view.nodes(node, "parent").next();
    let of_parent = |property| parent.and_then(|parent| view.text(parent, property));
    let tittel = text("offentligTittel").ok_or_else(|| {
        let path = format!("{ARKIV}offentligTittel");
        missing(Finding::error(Rule::MinCount).path(path).expected("1..1"))
    })?;
    let (year, number) = match kind {
        Kind::Journalpost => (of_parent("saksaar"), of_parent("sakssekvensnummer")),
        _ => (text("møtesaksår"), text("møtesakssekvensnummer")),
    };
    let dato = text("journaldato").or_else(|| of_parent("moetedato"));
    let skjerming = view.nodes(node, "skjerming").next();
    Ok(Registrering {
        iri: iri.to_owned(),
        kind,
        system_id: text("systemID"),
        tittel_sensitiv: text("offentligTittel_SENSITIV")
            .unwrap_or_else(|| tittel.clone()),
        tittel,
        dato: dato.map(|d| d.get(..10).unwrap_or(&d).to_owned()),
        saksnr: both(year, number),
        dokumentnr: text("journalpostnummer").unwrap_or_default(),
        journalnr: journalnr(text("journalsekvensnummer"), text("journalaar")),
        mappe: of_parent("offentligTittel").unwrap_or_default(),
        parter: parter(view, node),
        dokumenter: dokumenter(view, node),
        hjemmel: skjerming.and_then(|s| view.text(s, "skjermingshjemmel")),
    })
}

fn both(year: Option<String>, number: Option<String>) -> String {
    match (year, number) {
        (Some(year), Some(number)) => format!("{year}/{number}"),
        (year, number) => year.or(number).unwrap_or_default(),
    }
}

/// > journalsekvensnummer/(journalaar mod 100), not zero padded (einnsyn §1.4)
fn journalnr(number: Option<String>, year: Option<String>) -> String {
    let year = year
        .and_then(|year| year.parse::<u32>().ok())
        .map(|year| year % 100);
    match (number, year) {
        (Some(number), Some(year)) => format!("{number}/{year}"),
        (number, _) => number.unwrap_or_default(),
    }
}

fn parter(view: &View<'_>, node: &Node) -> Vec<(String, String)> {
    let parts = view.nodes(node, "korrespondansepart");
    parts
        .map(|part| {
            let role = view
                .text(part, "korrespondanseparttype")
                .unwrap_or_default();
            let role = role.rsplit('/').next().unwrap_or_default().to_owned();
            let name = view
                .text(part, "korrespondansepartNavn")
                .unwrap_or_default();
            (role, name)
        })
        .collect()
}

fn dokumenter(view: &View<'_>, node: &Node) -> Vec<(String, Option<String>)> {
    let documents = view.nodes(node, "dokumentbeskrivelse");
    documents
        .map(|document| {
            let mut objects = view.nodes(document, "dokumentobjekt");
            let file = objects
                .next()
                .and_then(|o| view.text(o, "referanseDokumentfil"));
            (view.text(document, "tittel").unwrap_or_default(), file)
        })
        .collect()
}
