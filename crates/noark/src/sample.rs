//! Publications to try things with. People and matters are invented.

mod sound;

pub use sound::{FOCUS, Flawed, failing, fitting, passing, sound};

/// The parts of a sample that tell one from another.
#[derive(Debug, Clone)]
pub struct Sample<'a> {
    /// Base of the IRIs, ending in a slash.
    pub base: &'a str,
    /// A UUID for each object: mappe, registrering, dokument, part.
    pub ids: [&'a str; 4],
    /// The year.
    pub year: i16,
    /// The number of the case, and of the document in it.
    pub number: (u32, u32),
    /// `yyyy-mm-dd`.
    pub date: &'a str,
    /// The title of the case or meeting.
    pub mappe: &'a str,
    /// The title of the document or matter.
    pub title: &'a str,
}

const CONTEXT: &str = r#""arkiv":"http://www.arkivverket.no/standarder/noark5/arkivstruktur/","xsd":"http://www.w3.org/2001/XMLSchema#""#;

fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

fn integer(value: impl std::fmt::Display) -> String {
    format!(r#"{{"@type":"xsd:integer","@value":"{value}"}}"#)
}

/// An incoming letter in a case.
pub fn journalpost(sample: &Sample<'_>) -> String {
    let [mappe, post, document, part] = sample.ids.map(text);
    let (title, case) = (text(sample.title), text(sample.mappe));
    let (sak, nummer) = sample.number;
    let year = integer(sample.year);
    let sequence = integer(sak * 100 + nummer);
    let (sak, nummer) = (integer(sak), integer(nummer));
    let date = text(sample.date);
    format!(
        r#"{{"@context":{{"@base":{base},{CONTEXT}}},"@graph":[
 {{"@id":{mappe},"@type":"arkiv:Saksmappe","arkiv:systemID":{mappe},"arkiv:saksaar":{year},"arkiv:sakssekvensnummer":{sak},"arkiv:offentligTittel":{case},"arkiv:offentligTittel_SENSITIV":{case}}},
 {{"@id":{post},"@type":"arkiv:Journalpost","arkiv:systemID":{post},"arkiv:parent":{{"@id":{mappe}}},"arkiv:journalaar":{year},"arkiv:journalsekvensnummer":{sequence},"arkiv:journalpostnummer":{nummer},"arkiv:journaldato":{{"@type":"xsd:date","@value":{date}}},"arkiv:dokumentetsDato":{{"@type":"xsd:date","@value":{date}}},"arkiv:journalposttype":{{"@id":"arkiv:inngåendeDokument"}},"arkiv:offentligTittel":{title},"arkiv:offentligTittel_SENSITIV":{title},"arkiv:korrespondansepart":[{{"@id":{part}}}],"arkiv:dokumentbeskrivelse":{{"@id":{document}}}}},
 {{"@id":{part},"@type":"arkiv:Korrespondansepart","arkiv:korrespondanseparttype":{{"@id":"arkiv:avsender"}},"arkiv:korrespondansepartNavn":"Vannverket AS","arkiv:korrespondansepartNavn_SENSITIV":"Vannverket AS"}},
 {{"@id":{document},"@type":"arkiv:Dokumentbeskrivelse","arkiv:dokumentnummer":{one},"arkiv:tilknyttetRegistreringSom":{{"@id":"arkiv:hoveddokument"}},"arkiv:tittel":{title},"arkiv:tittel_SENSITIV":{title}}}
]}}
"#,
        base = text(sample.base),
        one = integer(1),
    )
}

/// A matter before a meeting.
pub fn moete(sample: &Sample<'_>) -> String {
    let [mappe, sak_id, document, object] = sample.ids.map(text);
    let (title, meeting) = (text(sample.title), text(sample.mappe));
    let (sak, _) = sample.number;
    let (year, sak) = (integer(sample.year), integer(sak));
    let when = text(&format!("{}T17:00:00.000+01:00", sample.date));
    format!(
        r#"{{"@context":{{"@base":{base},{CONTEXT}}},"@graph":[
 {{"@id":{mappe},"@type":"arkiv:Moetemappe","arkiv:systemID":{mappe},"arkiv:utvalg":"Formannskapet","arkiv:moetenummer":"4/2026","arkiv:moetedato":{{"@type":"xsd:dateTime","@value":{when}}},"arkiv:offentligTittel":{meeting},"arkiv:offentligTittel_SENSITIV":{meeting}}},
 {{"@id":{sak_id},"@type":"arkiv:Møtesaksregistrering","arkiv:systemID":{sak_id},"arkiv:parent":{{"@id":{mappe}}},"arkiv:møtesakstype":{{"@id":"arkiv:politiskSak"}},"arkiv:møtesaksår":{year},"arkiv:møtesakssekvensnummer":{sak},"arkiv:offentligTittel":{title},"arkiv:offentligTittel_SENSITIV":{title},"arkiv:dokumentbeskrivelse":{{"@id":{document}}}}},
 {{"@id":{document},"@type":"arkiv:Dokumentbeskrivelse","arkiv:dokumentnummer":{one},"arkiv:tilknyttetRegistreringSom":{{"@id":"arkiv:hoveddokument"}},"arkiv:tittel":{title},"arkiv:tittel_SENSITIV":{title},"arkiv:dokumentobjekt":{{"@id":{object}}}}},
 {{"@id":{object},"@type":"arkiv:Dokumentobjekt","arkiv:referanseDokumentfil":"https://dok.fiktiv.example/saksframlegg.pdf","arkiv:variantformat":{{"@id":"arkiv:arkivformat"}},"arkiv:versjonsnummer":{one}}}
]}}
"#,
        base = text(sample.base),
        one = integer(1),
    )
}
