//! avsmot as a korrespondansepart.

use noark::model::{Kode, Korrespondansepart};

use super::values::{Complaints, SHIELDED, flag, words};
use crate::melding::Avsmot;

/// The party; none where nobody is named.
pub(super) fn map(
    avsmot: &Avsmot,
    place: &str,
    journalposttype: Option<&Kode>,
    complaints: &mut Complaints,
) -> Option<Korrespondansepart> {
    let unit = named(avsmot.am_admkort.as_ref(), avsmot.am_admbet.as_ref());
    let person = named(avsmot.am_sbhinit.as_ref(), avsmot.am_sbhnavn.as_ref());
    let given = words(avsmot.am_navn.as_ref());
    let kind = journalposttype
        .map(|kind| kind.0.as_str())
        .unwrap_or_default();
    // A party without a name of its own is one of ours, and so is every party of an entry
    // that never left the house.
    let internal = given.is_none() || kind.starts_with("organinternt");
    let name = given.or_else(|| unit.clone()).or_else(|| person.clone())?;
    let from = match avsmot.am_ihtype.as_deref() {
        Some("0") => true,
        Some("1") => false,
        // The other side of a letter that came sent it.
        None => kind == "inngåendeDokument",
        Some(_) => {
            let field = format!("{place}/amIhtype");
            complaints.say(field, "0 (avsender) eller 1 (mottaker) ventes");
            return None;
        }
    };
    let copy = flag(avsmot.am_kopimot.as_ref()) == Some(true);
    let role = match (from, internal) {
        (true, true) => "internAvsender",
        (true, false) => "avsender",
        (false, _) if copy => "kopimottaker",
        (false, true) => "internMottaker",
        (false, false) => "mottaker",
    };
    let shielded = flag(avsmot.am_u1.as_ref()) == Some(true);
    let name = if shielded { SHIELDED.to_owned() } else { name };
    let orgnr = words(avsmot.am_orgnr.as_ref()).filter(|number| {
        // A person's number has eleven digits, and is nobody's business.
        !shielded && number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit())
    });
    Some(Korrespondansepart {
        korrespondansepart_navn: Some(name.clone()),
        korrespondansepart_navn_sensitiv: Some(name),
        korrespondanseparttype: Some(Kode(role.to_owned())),
        organisasjonsnummer: orgnr,
        administrativ_enhet: words(avsmot.am_admkort.as_ref()),
        saksbehandler: person.clone(),
        saksbehandler_sensitiv: person,
        ..Korrespondansepart::default()
    })
}

/// A name, or the short form where that is all there is.
fn named(short: Option<&String>, name: Option<&String>) -> Option<String> {
    /// What ePhorte writes where nobody has the matter yet.
    const NOBODY: &[&str] = &[
        "Ufordelt/sendt tilbake til arkiv",
        "Ikke fordelt til saksbehandler",
    ];
    let name = words(name).filter(|name| !NOBODY.contains(&name.as_str()));
    name.or_else(|| words(short))
}
