//! What a Melding is to eInnsyn: a journalpost and its saksmappe, as JSON-LD.
//!
//! The IRIs are those that eInnsyn-klient makes of Noark 4 (einnsyn §3), so that an entry
//! is the same however it is published. docs/bestedu.md has every field.

mod case;
mod party;
mod post;
mod values;

use noark::model::{Objekt, Publisering};
use noark::{Document, Finding, Language, Level, Profile, Settings};

use crate::Melding;
use values::Complaints;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The journalpost.
    pub iri: String,
    /// The payload.
    pub jsonld: String,
}

/// Why a Melding cannot be published: the field, in BEST/EDU's own terms, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// `journpost/avsmot[2]/amIhtype`
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub words: String,
}

const IRI: &str = "http://data.einnsyn.no/noark4/";

/// Parts that have no name of their own: without one in what is sent, and by place while
/// it is judged, so that a finding can be told of in the archive's terms.
const SENT: &str = "_:";
const JUDGED: &str = "urn:melding:";

/// The id of the part at a place: `journpost-avsmot-2` of `journpost/avsmot[2]`.
fn id(label: &str, place: &str) -> String {
    format!("{label}{}", place.replace(['/', '['], "-").replace(']', ""))
}

/// The place that an id was made of.
fn place(id: &str) -> String {
    let mut place = String::new();
    for part in id.split('-') {
        match part.bytes().all(|b| b.is_ascii_digit()) {
            true => place.push_str(&format!("[{part}]")),
            false if place.is_empty() => place.push_str(part),
            false => place.push_str(&format!("/{part}")),
        }
    }
    place
}

/// Map the Melding of this organisation, and judge it by the rules that hold for whatever
/// is published.
///
/// Fails with all that is wrong.
pub fn publication(
    melding: &Melding,
    owner: &str,
) -> Result<Publication, Vec<Complaint>> {
    let mut complaints = Complaints::default();
    let judged = map(melding, owner, JUDGED, &mut complaints);
    let Some(judged) = judged else {
        return Err(complaints.all);
    };
    let settings = Settings {
        profile: Profile::Practical,
        ..Settings::default()
    };
    let text = written(judged.objects);
    let report = noark::validate("payload.jsonld", text.as_bytes(), &settings);
    for finding in report.findings.iter().filter(|f| f.level >= Level::Error) {
        let message = finding.message(Language::Bokmaal);
        let hint = finding.hint(Language::Bokmaal);
        let words = format!("{message}. {hint}");
        complaints.say(field(finding, &judged.iri), &words);
    }
    let complaints = complaints.all;
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let sent = map(melding, owner, SENT, &mut Complaints::default());
    sent.ok_or(complaints).map(|sent| Publication {
        iri: sent.iri,
        jsonld: written(sent.objects),
    })
}

/// A Melding as objects.
struct Mapped {
    iri: String,
    objects: Vec<Objekt>,
}

fn map(
    melding: &Melding,
    owner: &str,
    label: &str,
    complaints: &mut Complaints,
) -> Option<Mapped> {
    let inside = melding
        .noarksak
        .as_ref()
        .map(|case| case.journpost.as_slice());
    // The entry stands beside the case; where there is but one, within it will do.
    let ((Some(post), _) | (None, Some([post]))) = (&melding.journpost, inside) else {
        complaints.say("journpost", "Den mangler");
        return None;
    };
    let mut objects = Vec::new();
    let case = case::map(melding.noarksak.as_ref(), post, owner, label, complaints);
    let parent = case.as_ref().map(|case| case.iri.clone());
    objects.extend(case.into_iter().flat_map(|case| case.objects));
    let mapped = post::map(post, parent, owner, label, complaints)?;
    objects.extend(mapped.objects);
    let iri = mapped.iri;
    Some(Mapped { iri, objects })
}

fn written(objekter: Vec<Objekt>) -> String {
    noark::write_jsonld(&Document {
        graph: Publisering { objekter }.graph(),
        ..Document::default()
    })
}

/// The field that a finding is about.
fn field(finding: &Finding, post: &str) -> String {
    let focus = finding.focus.as_deref().unwrap_or_default();
    let place = match focus.strip_prefix(JUDGED) {
        Some(id) => self::place(id),
        None if focus == post || focus.is_empty() => "journpost".to_owned(),
        None => "noarksak".to_owned(),
    };
    let property = finding.path.as_deref().unwrap_or_default();
    let property = property.rsplit(['/', '#']).next().unwrap_or_default();
    let property = property.trim_end_matches("_SENSITIV");
    let kind = place.rsplit('/').next().unwrap_or_default();
    let kind = kind.split('[').next().unwrap_or_default();
    let known = FIELDS
        .iter()
        .find(|(whose, name, _)| *whose == kind && *name == property);
    match known {
        Some((_, _, field)) => format!("{place}/{field}"),
        None => place,
    }
}

/// Which field a property comes from: part, property, field.
const FIELDS: &[(&str, &str, &str)] = &[
    ("noarksak", "saksaar", "saSaar"),
    ("noarksak", "sakssekvensnummer", "saSeknr"),
    ("noarksak", "saksdato", "saDato"),
    ("noarksak", "offentligTittel", "saTittel"),
    ("noarksak", "saksansvarlig", "saAnsvnavn"),
    ("noarksak", "administrativEnhet", "saAdmkort"),
    ("journpost", "journaldato", "jpJdato"),
    ("journpost", "dokumentetsDato", "jpDokdato"),
    ("journpost", "forfallsdato", "jpForfdato"),
    ("journpost", "journalposttype", "jpNdoktype"),
    ("journpost", "journalaar", "jpJaar"),
    ("journpost", "journalsekvensnummer", "jpSeknr"),
    ("journpost", "journalpostnummer", "jpJpostnr"),
    ("journpost", "offentligTittel", "jpInnhold"),
    ("journpost", "parent", "jpSaseknr"),
    ("avsmot", "korrespondansepartNavn", "amNavn"),
    ("avsmot", "korrespondanseparttype", "amIhtype"),
    ("avsmot", "saksbehandler", "amSbhnavn"),
    ("avsmot", "administrativEnhet", "amAdmkort"),
    ("dokument", "tittel", "dbTittel"),
    ("dokument", "dokumentnummer", "dlRnr"),
    ("dokument", "tilknyttetRegistreringSom", "dlType"),
];
