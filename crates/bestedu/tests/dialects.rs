//! What P360, ePhorte and WebSak write, in samples of our own with their habits
//! (wire-format §10.1), and what eInnsyn gets of it.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use bestedu::publication::{Complaint, publication};
use bestedu::soap::{self, Call, PutMessage};
use bestedu::{Melding, Payload};
use noark::model::{Journalpost, Korrespondansepart, Objekt, Publisering, Saksmappe};

const OWNER: &str = "310000019";
const EPHORTE: &str = include_str!("samples/ephorte.xml");
const P360: &str = include_str!("samples/p360.xml");
const WEBSAK: &str = include_str!("samples/websak.xml");

fn read(sample: &str) -> (PutMessage, Melding) {
    let Call::Put(message) = soap::call(sample).unwrap() else {
        panic!("it is a PutMessage");
    };
    match &message.payload {
        Payload::Melding(melding) => (*message.clone(), *melding.clone()),
        other => panic!("{other:?}"),
    }
}

/// What is published, read back as eInnsyn would.
struct Published {
    post: Journalpost,
    mappe: Saksmappe,
    parties: Vec<Korrespondansepart>,
    all: Publisering,
}

fn published(sample: &str) -> Published {
    let (_, melding) = read(sample);
    let made = publication(&melding, OWNER).unwrap();
    let all = Publisering::of(&noark::document(made.jsonld.as_bytes()).unwrap().graph);
    let (mut posts, mut cases, mut parties) = (Vec::new(), Vec::new(), Vec::new());
    for objekt in &all.objekter {
        match objekt {
            Objekt::Journalpost(post) => posts.push((**post).clone()),
            Objekt::Saksmappe(mappe) => cases.push((**mappe).clone()),
            Objekt::Korrespondansepart(party) => parties.push((**party).clone()),
            _ => {}
        }
    }
    let post = posts.pop().unwrap();
    assert_eq!(post.id, made.iri);
    Published {
        post,
        mappe: cases.pop().unwrap(),
        parties,
        all,
    }
}

fn text(text: Option<&String>) -> &str {
    text.map(String::as_str).unwrap_or_default()
}

#[test]
fn ephorte_writes_a_document_in_a_text_with_a_prolog_that_lies() {
    let (message, melding) = read(EPHORTE);
    assert_eq!(
        message.conversation_id,
        "5A0E5C0E-6C0E-4F43-9D6B-0C1F5C9B7B01"
    );
    assert_eq!(message.sender.reference.as_deref(), Some("2026/417"));
    assert_eq!(message.receiver.reference, None, "empty is missing");
    let post = melding.journpost.unwrap();
    assert_eq!(post.dokument.len(), 2);
    assert_eq!(post.jp_tgkode, None, "empty is missing");

    let Published {
        post,
        mappe,
        parties,
        all,
    } = published(EPHORTE);
    // The IRIs are those of a converted OFFJOURNAL (einnsyn §3).
    let base = "http://data.einnsyn.no/noark4";
    assert_eq!(
        post.id,
        format!("{base}/Journalpost--310000019--90112--2--2026")
    );
    assert_eq!(mappe.id, format!("{base}/Saksmappe--310000019--417--2026"));
    assert_eq!(post.parent.unwrap().0, mappe.id);
    assert_eq!(post.journaldato.unwrap().as_str(), "2026-11-24");
    assert_eq!(post.journalposttype.unwrap().0, "utgåendeDokument");
    assert_eq!(text(post.offentlig_tittel.as_ref()), "Svar på søknad");
    let [party] = &parties[..] else {
        panic!("{parties:?}");
    };
    assert_eq!(text(party.korrespondansepart_navn.as_ref()), "Nabolaget AS");
    assert_eq!(text(party.organisasjonsnummer.as_ref()), "974764687");
    assert_eq!(party.korrespondanseparttype.as_ref().unwrap().0, "mottaker");
    assert_eq!(
        (&party.saksbehandler, &party.administrativ_enhet),
        (&None, &None)
    );
    let documents = all.objekter.iter().filter_map(|objekt| match objekt {
        Objekt::Dokumentbeskrivelse(d) => Some((
            d.dokumentnummer.unwrap(),
            d.tilknyttet_registrering_som.as_ref().unwrap().0.as_str(),
            text(d.tittel.as_ref()),
        )),
        _ => None,
    });
    let documents: Vec<_> = documents.collect();
    assert!(documents.contains(&(1, "hoveddokument", "Svar på søknad")));
    assert!(documents.contains(&(2, "vedlegg", "Kart over området")));
}

#[test]
fn p360_writes_cdata_an_id_of_its_own_and_what_is_shielded_stays_at_home() {
    let (message, _) = read(P360);
    assert_eq!(message.conversation_id, "360-2026-00417-3");
    assert_eq!(message.sender.orgnr, "");

    let Published {
        post,
        mappe,
        parties,
        all,
    } = published(P360);
    assert_eq!(post.dokumentets_dato.unwrap().as_str(), "2026-11-23");
    assert_eq!(text(post.offentlig_tittel.as_ref()), "Klage fra *****");
    assert_eq!(
        text(post.offentlig_tittel_sensitiv.as_ref()),
        "Klage fra *****"
    );
    let skjerming = all.objekter.iter().find_map(|objekt| match objekt {
        Objekt::Skjerming(found) => Some(found),
        _ => None,
    });
    let skjerming = skjerming.unwrap();
    assert_eq!(
        skjerming.tilgangsrestriksjon.as_ref().unwrap().0,
        "unntattOffentlighet"
    );
    assert!(text(skjerming.skjermingshjemmel.as_ref()).starts_with("Offl. § 13"));
    assert_eq!(
        text(mappe.offentlig_tittel.as_ref()),
        "Skjenkebevilling Fjordkroa"
    );
    let roles: Vec<_> = parties
        .iter()
        .map(|party| {
            let role = party.korrespondanseparttype.as_ref().unwrap();
            (
                role.0.as_str(),
                text(party.korrespondansepart_navn.as_ref()),
            )
        })
        .collect();
    assert!(roles.contains(&("avsender", "*****")), "{roles:?}");
    assert!(roles.contains(&("internMottaker", "Næring")), "{roles:?}");
    let whole = format!("{all:?}");
    assert!(
        !whole.contains("Ola") && !whole.contains("privat.example"),
        "{whole}"
    );
}

#[test]
fn websak_writes_an_element_and_dates_without_hyphens() {
    let Published {
        post,
        mappe,
        parties,
        all,
    } = published(WEBSAK);
    assert_eq!(post.journaldato.unwrap().as_str(), "2026-11-24");
    assert_eq!(mappe.saksdato.unwrap().as_str(), "2026-02-01");
    assert_eq!(
        text(mappe.saksansvarlig.as_ref()),
        "KE",
        "the initials, without a name"
    );
    assert_eq!(post.antall_vedlegg, Some(1));
    let copy = parties
        .iter()
        .find(|p| text(p.korrespondansepart_navn.as_ref()) == "Politiet");
    let role = copy.unwrap().korrespondanseparttype.as_ref().unwrap();
    assert_eq!(role.0, "kopimottaker");
    let title = all.objekter.iter().find_map(|objekt| match objekt {
        Objekt::Dokumentbeskrivelse(d) => Some(text(d.tittel.as_ref())),
        _ => None,
    });
    assert_eq!(
        title,
        Some("Vedtak om bevilling"),
        "it has no title of its own"
    );
}

/// However a Melding is wrapped, it is the same Melding.
#[test]
fn a_melding_is_known_in_any_wrapping() {
    let (_, melding) = read(WEBSAK);
    let document = melding.document();
    let inside = document.split_once('>').unwrap().1;
    let inside = inside.rsplit_once("</").unwrap().0;
    let mut escaped = document.replace('&', "&amp;").replace('<', "&lt;");
    let twice = escaped.replace('&', "&amp;");
    escaped.insert_str(0, "\n  ");
    for payload in [
        format!("<payload>{document}</payload>"),
        format!("<payload>\n  <!-- her -->{document}\n</payload>"),
        format!("<payload>{escaped}</payload>"),
        format!("<payload>{twice}</payload>"),
        format!("<payload><![CDATA[{document}]]></payload>"),
        format!("<payload xsi:type=\"n:MeldingType\">{inside}</payload>"),
        format!("<p:payload><melding xmlns=\"urn:x\">{inside}</melding></p:payload>"),
    ] {
        let (start, rest) = WEBSAK.split_once("<payload>").unwrap();
        let end = rest.split_once("</payload>").unwrap().1;
        let (_, read) = read(&format!("{start}{payload}{end}"));
        assert_eq!(read, melding, "{payload}");
    }
}

fn complaints(change: impl FnOnce(&mut Melding)) -> Vec<Complaint> {
    let (_, mut melding) = read(EPHORTE);
    change(&mut melding);
    publication(&melding, OWNER).unwrap_err()
}

fn fields(change: impl FnOnce(&mut Melding)) -> Vec<String> {
    complaints(change)
        .into_iter()
        .map(|complaint| complaint.field)
        .collect()
}

/// > clear error: what, where, what would be right
#[test]
fn what_is_wrong_is_told_in_the_archives_own_terms() {
    let post = |melding: &mut Melding| melding.journpost.clone().unwrap();
    let wrong = fields(|melding| {
        let mut changed = post(melding);
        changed.jp_jdato = None;
        changed.jp_ndoktype = Some("Q".into());
        changed.jp_antved = Some("to".into());
        changed.avsmot.push(changed.avsmot[0].clone());
        changed.avsmot[1].am_ihtype = Some("7".into());
        changed.dokument[1].db_tittel = None;
        melding.journpost = Some(changed);
    });
    for field in [
        "journpost/jpJdato",
        "journpost/jpNdoktype",
        "journpost/jpAntved",
        "journpost/avsmot[2]/amIhtype",
        "journpost/dokument[2]/dbTittel",
    ] {
        assert!(wrong.contains(&field.to_owned()), "{field}: {wrong:?}");
    }
    assert_eq!(wrong.len(), 5, "each once: {wrong:?}");
}

#[test]
fn the_entry_names_its_case_where_nothing_else_does() {
    let (_, mut melding) = read(EPHORTE);
    melding.noarksak = None;
    let made = publication(&melding, OWNER).unwrap();
    assert!(made.jsonld.contains("Saksmappe--310000019--417--2026"));
}

#[test]
fn what_has_no_number_or_must_not_be_seen_is_refused() {
    assert_eq!(fields(|melding| melding.journpost = None), ["journpost"]);
    let wrong = fields(|melding| {
        let post = melding.journpost.as_mut().unwrap();
        post.jp_seknr = None;
    });
    assert_eq!(wrong, ["journpost/jpSeknr"]);
    let wrong = fields(|melding| {
        let post = melding.journpost.as_mut().unwrap();
        post.jp_tgkode = Some("F".into());
    });
    assert_eq!(
        wrong,
        ["journpost/jpTgkode"],
        "what is graded is not published"
    );
    // A number whose check digits are right (skatteetaten's synthetic series, month + 80).
    let said = complaints(|melding| {
        let post = melding.journpost.as_mut().unwrap();
        post.jp_offinnhold = Some("Brev om 17858830001".into());
    });
    assert!(!format!("{said:?}").contains("17858830001"), "{said:?}");
    assert_eq!(said[0].field, "journpost/jpInnhold");
}

#[test]
fn a_document_is_found_where_its_name_is_an_address() {
    let (_, mut melding) = read(WEBSAK);
    let url = "https://dok.fjordvik.example/vedtak.pdf";
    melding.journpost.as_mut().unwrap().dokument[0].ve_filnavn = Some(url.into());
    let made = publication(&melding, OWNER).unwrap();
    assert!(made.jsonld.contains(url), "{}", made.jsonld);
    assert!(made.jsonld.contains("arkivformat"));
    // What is in the Melding is not sent.
    assert!(!made.jsonld.contains("SW5uaG9sZCB"));
}
