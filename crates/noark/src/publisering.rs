//! Publications: journal entries and meetings as JSON-LD.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::graph::Graph;

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

/// Read all registreringer of a file.
///
/// Fails when it is no JSON-LD, has none, or one lacks its title.
pub fn read(bytes: &[u8]) -> Result<Vec<Registrering>, Error> {
    let graph = Graph::read(bytes)?;
    let kinds = [Kind::Journalpost, Kind::Moetesak, Kind::Moetedokument];
    let mut all = Vec::new();
    for kind in kinds {
        for iri in graph.of_type(kind.class()) {
            all.push(registrering(&graph, iri, kind)?);
        }
    }
    if all.is_empty() {
        return Err(Error::NoRegistrering);
    }
    Ok(all)
}

fn registrering(graph: &Graph, iri: &str, kind: Kind) -> Result<Registrering, Error> {
    let missing = |property| Error::Missing {
        iri: iri.to_owned(),
        property,
    };
    if iri.starts_with("_:") {
        return Err(missing("@id"));
    }
    let text = |property| graph.value(iri, property);
    let parent = text("parent").unwrap_or_default();
    let of_parent = |property| graph.value(&parent, property);
    let tittel = text("offentligTittel").ok_or_else(|| missing("offentligTittel"))?;
    let (year, number) = match kind {
        Kind::Journalpost => (of_parent("saksaar"), of_parent("sakssekvensnummer")),
        _ => (text("møtesaksår"), text("møtesakssekvensnummer")),
    };
    let dato = text("journaldato").or_else(|| of_parent("moetedato"));
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
        parter: parter(graph, iri),
        dokumenter: dokumenter(graph, iri),
        hjemmel: text("skjerming")
            .and_then(|skjerming| graph.value(&skjerming, "skjermingshjemmel")),
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

fn parter(graph: &Graph, iri: &str) -> Vec<(String, String)> {
    let parts = graph.values(iri, "korrespondansepart").into_iter();
    parts
        .map(|part| {
            let role = graph
                .value(&part, "korrespondanseparttype")
                .unwrap_or_default();
            let role = role.rsplit('/').next().unwrap_or_default().to_owned();
            (
                role,
                graph
                    .value(&part, "korrespondansepartNavn")
                    .unwrap_or_default(),
            )
        })
        .collect()
}

fn dokumenter(graph: &Graph, iri: &str) -> Vec<(String, Option<String>)> {
    let documents = graph.values(iri, "dokumentbeskrivelse").into_iter();
    documents
        .map(|document| {
            let object = graph.value(&document, "dokumentobjekt");
            let file = object.and_then(|o| graph.value(&o, "referanseDokumentfil"));
            (graph.value(&document, "tittel").unwrap_or_default(), file)
        })
        .collect()
}
