//! noarksak as a saksmappe.

use noark::model::{Kode, Objekt, Saksmappe, Skjerming};

use super::values::{Complaints, Titles, flag, words};
use super::{IRI, Mapped, id};
use crate::melding::{Journpost, Noarksak};

/// The case; where it is not told of, what the entry says of it: its numbers.
pub(super) fn map(
    case: Option<&Noarksak>,
    post: &Journpost,
    owner: &str,
    label: &str,
    complaints: &mut Complaints,
) -> Option<Mapped> {
    let year = case.and_then(|case| case.sa_saar.as_ref());
    let number = case.and_then(|case| case.sa_seknr.as_ref());
    let year = complaints.key("noarksak/saSaar", year.or(post.jp_saar.as_ref()));
    let number =
        complaints.key("noarksak/saSeknr", number.or(post.jp_saseknr.as_ref()));
    let iri = format!("{IRI}Saksmappe--{owner}--{}--{}", number?, year?);
    let Some(case) = case else {
        let objects = Vec::new();
        return Some(Mapped { iri, objects });
    };
    let mut objects = Vec::new();
    let (tgkode, uoff) = (case.sa_tgkode.as_ref(), case.sa_uoff.as_ref());
    let skjerming = withheld("noarksak/saTgkode", tgkode, uoff, complaints);
    let title = Titles {
        place: "noarksak",
        names: ["saTittel", "saOfftittel", "saU1"],
        whole: case.sa_tittel.as_ref(),
        open: case.sa_offtittel.as_ref(),
        shielded: flag(case.sa_u1.as_ref()),
        withheld: skjerming.is_some(),
    };
    let title = title.title(complaints);
    let name = words(case.sa_ansvnavn.as_ref());
    let name = name.or_else(|| words(case.sa_ansvinit.as_ref()));
    let mut mappe = Saksmappe {
        id: iri.clone(),
        saksaar: year,
        sakssekvensnummer: number,
        saksdato: complaints.date("noarksak/saDato", case.sa_dato.as_ref()),
        saksstatus: status(case.sa_status.as_ref()),
        journalenhet: words(case.sa_jenhet.as_ref()),
        administrativ_enhet: words(case.sa_admkort.as_ref()),
        saksansvarlig: name.clone(),
        saksansvarlig_sensitiv: name,
        offentlig_tittel: title.as_ref().map(|title| title.washed.clone()),
        offentlig_tittel_sensitiv: title.map(|title| title.sensitive),
        ..Saksmappe::default()
    };
    if let Some(found) = skjerming {
        let id = id(label, "noarksak/skjerming");
        mappe.skjerming = Some(noark::model::Iri(id.clone()));
        objects.push(Objekt::Skjerming(Box::new(Skjerming { id, ..found })));
    }
    objects.insert(0, Objekt::Saksmappe(Box::new(mappe)));
    Some(Mapped { iri, objects })
}

/// The letters of Noark 4; others are the archive's own and say nothing to eInnsyn.
fn status(text: Option<&String>) -> Option<Kode> {
    let name = match text?.to_uppercase().as_str() {
        "B" => "underBehandling",
        "A" => "saksstatus_avsluttet",
        "U" => "saksstatus_utgår",
        _ => return None,
    };
    Some(Kode(name.to_owned()))
}

/// What a code of access means. Codes are each archive's own: without one, and with `U`,
/// nothing is withheld; any other withholds. What is graded is not published at all.
pub(super) fn withheld(
    field: &str,
    code: Option<&String>,
    hjemmel: Option<&String>,
    complaints: &mut Complaints,
) -> Option<Skjerming> {
    /// Begrenset, konfidensielt, hemmelig, strengt hemmelig, fortrolig, strengt fortrolig.
    const GRADED: &[&str] = &["B", "K", "H", "SH", "F", "SF"];
    let (code, hjemmel) = (words(code), words(hjemmel));
    let code = code.map(|code| code.to_uppercase());
    match (code.as_deref(), &hjemmel) {
        (None, None) | (Some("U"), _) => return None,
        (Some(code), _) if GRADED.contains(&code) => {
            complaints.say(
                field,
                "Koden er en gradering; det som er gradert publiseres ikke",
            );
        }
        _ => {}
    }
    Some(Skjerming {
        tilgangsrestriksjon: Some(Kode("unntattOffentlighet".to_owned())),
        skjermingshjemmel: hjemmel,
        ..Skjerming::default()
    })
}
