//! Table: codes of publications and statuses of messages, for people.

use crate::Language;

/// What a code means; the code itself where we do not know it.
pub fn label(language: Language, code: &str) -> String {
    let row = CODES.iter().find(|row| row[0] == code);
    let text = row.map(|[_, nb, nn, en]| match language {
        Language::Bokmaal => *nb,
        Language::Nynorsk => *nn,
        Language::English => *en,
    });
    text.unwrap_or(code).to_owned()
}

/// Code, bokmål, nynorsk, English.
const CODES: &[[&str; 4]] = &[
    ["journalpost", "Journalpost", "Journalpost", "Journal entry"],
    ["moetesak", "Møtesak", "Møtesak", "Meeting matter"],
    [
        "moetedokument",
        "Møtedokument",
        "Møtedokument",
        "Meeting document",
    ],
    [
        "inngåendeDokument",
        "Inngående dokument",
        "Inngåande dokument",
        "Incoming document",
    ],
    [
        "utgåendeDokument",
        "Utgående dokument",
        "Utgåande dokument",
        "Outgoing document",
    ],
    [
        "organinterntDokumentForOppfølging",
        "Organinternt dokument for oppfølging",
        "Organinternt dokument for oppfølging",
        "Internal document for follow-up",
    ],
    [
        "organinterntDokumentUtenOppfølging",
        "Organinternt dokument uten oppfølging",
        "Organinternt dokument utan oppfølging",
        "Internal document without follow-up",
    ],
    [
        "saksframlegg",
        "Saksframlegg",
        "Saksframlegg",
        "Case presentation",
    ],
    ["avsender", "Avsender", "Avsendar", "Sender"],
    ["mottaker", "Mottaker", "Mottakar", "Receiver"],
    ["kopimottaker", "Kopimottaker", "Kopimottakar", "Copied to"],
    [
        "gruppemottaker",
        "Gruppemottaker",
        "Gruppemottakar",
        "Group of receivers",
    ],
    [
        "internAvsender",
        "Intern avsender",
        "Intern avsendar",
        "Internal sender",
    ],
    [
        "internMottaker",
        "Intern mottaker",
        "Intern mottakar",
        "Internal receiver",
    ],
    [
        "politiskSak",
        "Politisk sak",
        "Politisk sak",
        "Political matter",
    ],
    [
        "delegertSak",
        "Delegert sak",
        "Delegert sak",
        "Delegated matter",
    ],
    [
        "referatsak",
        "Referatsak",
        "Referatsak",
        "Matter for the record",
    ],
    [
        "orienteringssak",
        "Orienteringssak",
        "Orienteringssak",
        "Briefing",
    ],
    [
        "interpellasjon",
        "Interpellasjon",
        "Interpellasjon",
        "Interpellation",
    ],
    ["godkjenning", "Godkjenning", "Godkjenning", "Approval"],
    [
        "møtesakstype_annet",
        "Annen sak",
        "Anna sak",
        "Other matter",
    ],
    ["innkalling", "Innkalling", "Innkalling", "Summons"],
    [
        "tilleggsinnkalling",
        "Tilleggsinnkalling",
        "Tilleggsinnkalling",
        "Supplementary summons",
    ],
    ["protokoll", "Protokoll", "Protokoll", "Minutes"],
    [
        "møtedokumentregistreringstype_annet",
        "Annet møtedokument",
        "Anna møtedokument",
        "Other meeting document",
    ],
    [
        "hoveddokument",
        "Hoveddokument",
        "Hovuddokument",
        "Main document",
    ],
    ["vedlegg", "Vedlegg", "Vedlegg", "Attachment"],
    [
        "saksprotokoll",
        "Saksprotokoll",
        "Saksprotokoll",
        "Minutes of the matter",
    ],
    ["følgeskriv", "Følgeskriv", "Følgjeskriv", "Cover letter"],
    ["ugradert", "Ugradert", "Ugradert", "Not restricted"],
    [
        "unntattOffentlighet",
        "Unntatt offentlighet",
        "Unnateke offentlegheit",
        "Exempt from public access",
    ],
    ["OPPRETTET", "Opprettet", "Oppretta", "Created"],
    [
        "SENDT",
        "Sendt til meldingstjenesten",
        "Sendt til meldingstenesta",
        "Sent to the message service",
    ],
    [
        "MOTTATT",
        "Kommet fram til virksomheten",
        "Kome fram til verksemda",
        "Arrived at the body",
    ],
    [
        "LEVERT",
        "Tatt imot av virksomhetens system",
        "Teke imot av systemet til verksemda",
        "Taken in by the body's system",
    ],
    ["LEST", "Lest", "Lese", "Read"],
    ["FEIL", "Feilet", "Feila", "Failed"],
    ["ANNET", "Annet", "Anna", "Other"],
    [
        "LEVETID_UTLOPT",
        "Tiden løp ut",
        "Tida gjekk ut",
        "Time ran out",
    ],
    ["published", "Publisert", "Publisert", "Published"],
    ["changed", "Endret", "Endra", "Changed"],
    ["withdrawn", "Trukket tilbake", "Trekt tilbake", "Withdrawn"],
    ["refused", "Avvist", "Avvist", "Refused"],
    ["ok", "I orden", "I orden", "In order"],
    ["warning", "Advarsel", "Åtvaring", "Warning"],
    ["error", "Feil", "Feil", "Error"],
    [
        "refuse",
        "Kan ikke leses",
        "Kan ikkje lesast",
        "Cannot be read",
    ],
];
