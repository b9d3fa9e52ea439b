//! journpost as a journalpost, and its documents.

use noark::model::{
    Dokumentbeskrivelse, Dokumentobjekt, Iri, Journalpost, Kode, Korrespondansepart,
    Objekt, Skjerming,
};

use super::case::withheld;
use super::values::{Complaints, SHIELDED, Title, Titles, flag, words};
use super::{IRI, Mapped, id, party};
use crate::melding::{Dokument, Journpost};

pub(super) fn map(
    post: &Journpost,
    parent: Option<String>,
    owner: &str,
    label: &str,
    complaints: &mut Complaints,
) -> Option<Mapped> {
    let date = complaints.date("journpost/jpJdato", post.jp_jdato.as_ref());
    let dated = date.as_ref().map(|date| date.as_str()[..4].to_owned());
    let year =
        complaints.key("journpost/jpJaar", post.jp_jaar.as_ref().or(dated.as_ref()));
    let sequence = complaints.key("journpost/jpSeknr", post.jp_seknr.as_ref());
    let number = complaints.key("journpost/jpJpostnr", post.jp_jpostnr.as_ref());
    let (code, hjemmel) = (post.jp_tgkode.as_ref(), post.jp_uoff.as_ref());
    let skjerming = withheld("journpost/jpTgkode", code, hjemmel, complaints);
    let shielded = flag(post.jp_u1.as_ref());
    let title = title(post, shielded, skjerming.is_some(), complaints);
    let list = "Journalposttype";
    let kind = complaints.code("journpost/jpNdoktype", list, post.jp_ndoktype.as_ref());
    let iri = format!(
        "{IRI}Journalpost--{owner}--{}--{}--{}",
        sequence?, number?, year?
    );
    let mut found = Journalpost {
        id: iri.clone(),
        parent: parent.map(Iri),
        journaldato: date,
        journalaar: year,
        journalsekvensnummer: sequence,
        journalpostnummer: number,
        dokumentets_dato: complaints
            .date("journpost/jpDokdato", post.jp_dokdato.as_ref()),
        forfallsdato: complaints
            .date("journpost/jpForfdato", post.jp_forfdato.as_ref()),
        antall_vedlegg: complaints
            .number("journpost/jpAntved", post.jp_antved.as_ref()),
        journalstatus: status(post.jp_status.as_ref()),
        offentlig_tittel: title.as_ref().map(|title| title.washed.clone()),
        offentlig_tittel_sensitiv: title.as_ref().map(|title| title.sensitive.clone()),
        ..Journalpost::default()
    };
    let mut objects = Vec::new();
    if let Some(withheld) = skjerming {
        let id = id(label, "journpost/skjerming");
        found.skjerming = Some(Iri(id.clone()));
        objects.push(Objekt::Skjerming(Box::new(Skjerming { id, ..withheld })));
    }
    for party in parties(post, kind.as_ref(), label, complaints) {
        found.korrespondansepart.push(Iri(party.id.clone()));
        objects.push(Objekt::Korrespondansepart(Box::new(party)));
    }
    let titles = Known {
        whole: words(post.jp_innhold.as_ref()),
        title,
        // Nothing says which words of a document's title are shielded.
        shielded: shielded.unwrap_or(false),
    };
    for (n, dokument) in (1..).zip(&post.dokument) {
        let (described, file) = document(dokument, n, label, &titles, complaints);
        found.dokumentbeskrivelse.push(Iri(described.id.clone()));
        objects.push(Objekt::Dokumentbeskrivelse(Box::new(described)));
        objects.extend(file);
    }
    found.journalposttype = kind;
    objects.insert(0, Objekt::Journalpost(Box::new(found)));
    Some(Mapped { iri, objects })
}

fn title(
    post: &Journpost,
    shielded: Option<bool>,
    withheld: bool,
    complaints: &mut Complaints,
) -> Option<Title> {
    let titles = Titles {
        place: "journpost",
        names: ["jpInnhold", "jpOffinnhold", "jpU1"],
        whole: post.jp_innhold.as_ref(),
        open: post.jp_offinnhold.as_ref(),
        shielded,
        withheld,
    };
    titles.title(complaints)
}

fn parties(
    post: &Journpost,
    kind: Option<&Kode>,
    label: &str,
    complaints: &mut Complaints,
) -> Vec<Korrespondansepart> {
    let mut all = Vec::new();
    for (n, avsmot) in (1..).zip(&post.avsmot) {
        let place = format!("journpost/avsmot[{n}]");
        if let Some(party) = party::map(avsmot, &place, kind, complaints) {
            let id = id(label, &place);
            all.push(Korrespondansepart { id, ..party });
        }
    }
    all
}

/// The letters of Noark 4; others are the archive's own and say nothing to eInnsyn.
fn status(text: Option<&String>) -> Option<Kode> {
    let name = match text?.to_uppercase().as_str() {
        "J" => "journalført",
        "E" => "ekspedert",
        "F" => "ferdigstiltFraSaksbehandler",
        "G" => "godkjentAvLeder",
        "A" => "arkivert",
        "U" => "journalstatus_utgår",
        _ => return None,
    };
    Some(Kode(name.to_owned()))
}

/// What is known of the entry's title when its documents are named.
struct Known {
    whole: Option<String>,
    title: Option<Title>,
    shielded: bool,
}

impl Known {
    /// A document that is called what the entry is called is shown as that is.
    fn of(&self, text: Option<String>, main: bool) -> Option<Title> {
        match text {
            None if main => self.title.clone(),
            None => None,
            Some(text) if Some(&text) == self.whole.as_ref() => self.title.clone(),
            Some(_) if self.shielded && main => self.title.clone(),
            Some(_) if self.shielded => Some(Title::same(SHIELDED)),
            Some(text) => Some(Title::same(&text)),
        }
    }
}

fn document(
    dokument: &Dokument,
    n: i64,
    label: &str,
    titles: &Known,
    complaints: &mut Complaints,
) -> (Dokumentbeskrivelse, Option<Objekt>) {
    let place = format!("journpost/dokument[{n}]");
    let field = |name: &str| format!("{place}/{name}");
    let list = "TilknyttetRegistreringSom";
    let role = complaints.code(&field("dlType"), list, dokument.dl_type.as_ref());
    let default = if n == 1 { "hoveddokument" } else { "vedlegg" };
    let role = role.unwrap_or_else(|| Kode(default.to_owned()));
    let main = role.0 == "hoveddokument";
    let number = complaints.number(&field("dlRnr"), dokument.dl_rnr.as_ref());
    let title = titles.of(words(dokument.db_tittel.as_ref()), main);
    let status = dokument.db_status.as_deref().and_then(|text| match text {
        "F" => Some("dokumentetErFerdigstilt"),
        "B" => Some("dokumentetErUnderRedigering"),
        _ => None,
    });
    let file = object(dokument, &place, label, complaints);
    let described = Dokumentbeskrivelse {
        id: id(label, &place),
        dokumentnummer: Some(number.unwrap_or(n)),
        tilknyttet_registrering_som: Some(role),
        tittel: title.as_ref().map(|title| title.washed.clone()),
        tittel_sensitiv: title.map(|title| title.sensitive),
        dokumentstatus: status.map(|name| Kode(name.to_owned())),
        dokumentobjekt: file.iter().map(|file| Iri(file.id().to_owned())).collect(),
        ..Dokumentbeskrivelse::default()
    };
    (described, file)
}

/// eInnsyn is told where a full text is, and fetches it: only a name that is such a place
/// is of use to it. The bytes in the Melding are not.
fn object(
    dokument: &Dokument,
    place: &str,
    label: &str,
    complaints: &mut Complaints,
) -> Option<Objekt> {
    let name = dokument.ve_filnavn.as_ref()?;
    let is_place = ["https://", "http://"]
        .iter()
        .any(|start| name.starts_with(start));
    if !is_place {
        return None;
    }
    let field = format!("{place}/veVariant");
    let variant =
        complaints.code(&field, "Variantformat", dokument.ve_variant.as_ref());
    Some(Objekt::Dokumentobjekt(Box::new(Dokumentobjekt {
        id: id(label, &format!("{place}/fil")),
        referanse_dokumentfil: Some(name.clone()),
        variantformat: variant.or_else(|| Some(Kode("arkivformat".to_owned()))),
        versjonsnummer: Some(1),
        format: words(dokument.ve_dokformat.as_ref()),
        ..Dokumentobjekt::default()
    })))
}
