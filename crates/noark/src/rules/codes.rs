//! Table: code lists, and the words that Noark 5 and Noark 4 have for the codes.
//!
//! Facts from ontology.ttl of difi/einnsyn-klient at 11f51f8 (einnsyn §4.5): the code, its
//! list, the text in Noark 5 XML, the letter in Noark 4.

/// A code.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// Its local name.
    pub name: &'static str,
    /// The class that is its list.
    pub list: &'static str,
    /// What Noark 5 XML has for it; empty where nothing is known.
    pub noark5: &'static str,
    /// What Noark 4 has for it; empty where nothing is known.
    pub noark4: &'static str,
}

const fn code(
    list: &'static str,
    name: &'static str,
    noark5: &'static str,
    noark4: &'static str,
) -> Code {
    Code {
        name,
        list,
        noark5,
        noark4,
    }
}

/// All of them.
pub const CODES: &[Code] = &[
    code(
        "Journalposttype",
        "inngåendeDokument",
        "Inngående dokument",
        "I",
    ),
    code(
        "Journalposttype",
        "utgåendeDokument",
        "Utgående dokument",
        "U",
    ),
    code(
        "Journalposttype",
        "organinterntDokumentForOppfølging",
        "Organinternt dokument for oppfølging",
        "N",
    ),
    code(
        "Journalposttype",
        "organinterntDokumentUtenOppfølging",
        "Organinternt dokument uten oppfølging",
        "X",
    ),
    code("Journalposttype", "saksframlegg", "Saksframlegg", "S"),
    code("Journalstatus", "arkivert", "Arkivert", ""),
    code("Journalstatus", "ekspedert", "Ekspedert", ""),
    code(
        "Journalstatus",
        "ferdigstiltFraSaksbehandler",
        "Ferdigstilt fra saksbehandler",
        "",
    ),
    code("Journalstatus", "godkjentAvLeder", "Godkjent av leder", ""),
    code("Journalstatus", "journalført", "Journalført", ""),
    code("Journalstatus", "journalstatus_utgår", "Utgår", ""),
    code("Tilgangsrestriksjon", "ugradert", "Ugradert", "U"),
    code(
        "Tilgangsrestriksjon",
        "unntattOffentlighet",
        "Unntatt offentlighet",
        "UO",
    ),
    code("Korrespondanseparttype", "avsender", "Avsender", "0"),
    code("Korrespondanseparttype", "mottaker", "Mottaker", "1"),
    code("Korrespondanseparttype", "kopimottaker", "Kopimottaker", ""),
    code(
        "Korrespondanseparttype",
        "gruppemottaker",
        "Gruppemottaker",
        "",
    ),
    code(
        "Korrespondanseparttype",
        "internAvsender",
        "Intern avsender",
        "",
    ),
    code(
        "Korrespondanseparttype",
        "internMottaker",
        "Intern mottaker",
        "",
    ),
    code("Møtesakstype", "delegertSak", "Delegert sak", ""),
    code("Møtesakstype", "interpellasjon", "Interpellasjon", ""),
    code("Møtesakstype", "orienteringssak", "Orienteringssak", ""),
    code("Møtesakstype", "politiskSak", "Politisk sak", ""),
    code("Møtesakstype", "referatsak", "Referatsak", ""),
    code("Møtesakstype", "møtesakstype_annet", "Annet", ""),
    code(
        "Møtedokumentregistreringstype",
        "innkalling",
        "Innkalling",
        "",
    ),
    code(
        "Møtedokumentregistreringstype",
        "protokoll",
        "Protokoll",
        "",
    ),
    code(
        "Møtedokumentregistreringstype",
        "tilleggsinnkalling",
        "Tilleggsinnkalling",
        "",
    ),
    code(
        "Møtedokumentregistreringstype",
        "møtedokumentregistreringstype_annet",
        "Annet",
        "",
    ),
    code(
        "TilknyttetRegistreringSom",
        "hoveddokument",
        "Hoveddokument",
        "H",
    ),
    code("TilknyttetRegistreringSom", "vedlegg", "Vedlegg", "V"),
    code(
        "TilknyttetRegistreringSom",
        "saksprotokoll",
        "Saksprotokoll",
        "SP",
    ),
    code(
        "TilknyttetRegistreringSom",
        "hoveddokumentMøteprotokoll",
        "Hoveddokument møteprotokoll",
        "PH",
    ),
    code(
        "TilknyttetRegistreringSom",
        "hoveddokumentForSaksframlegg",
        "Hoveddokument for saksframlegg",
        "SF",
    ),
    code(
        "TilknyttetRegistreringSom",
        "forsideAvHoveddokument",
        "Forside av hoveddokument",
        "FH",
    ),
    code("TilknyttetRegistreringSom", "følgeskriv", "Følgeskriv", "F"),
    code(
        "TilknyttetRegistreringSom",
        "andreTilleggsdokument",
        "Andre tilleggsdokument",
        "A",
    ),
    code("Variantformat", "arkivformat", "Arkivformat", "A"),
    code(
        "Variantformat",
        "produksjonsformat",
        "Produksjonsformat",
        "P",
    ),
    code(
        "Variantformat",
        "dokumentHvorDelerAvInnholdetErSkjermet",
        "Dokument hvor deler av innholdet er skjermet",
        "O",
    ),
    code("Variantformat", "signertDokument", "Signert dokument", "S"),
    code("Saksstatus", "underBehandling", "Under behandling", ""),
    code("Saksstatus", "saksstatus_avsluttet", "Avsluttet", ""),
    code("Saksstatus", "saksstatus_utgår", "Utgår", ""),
    code(
        "Avskrivningsmaate",
        "besvartMedBrev",
        "Besvart med brev",
        "",
    ),
    code(
        "Avskrivningsmaate",
        "besvartMedE-post",
        "Besvart med e-post",
        "",
    ),
    code(
        "Avskrivningsmaate",
        "besvartMedNyttNotat",
        "Besvart med nytt notat",
        "",
    ),
    code(
        "Avskrivningsmaate",
        "besvartPåTelefon",
        "Besvart på telefon",
        "",
    ),
    code(
        "Avskrivningsmaate",
        "midlertidigSvarSendt",
        "Midlertidig svar sendt",
        "",
    ),
    code(
        "Avskrivningsmaate",
        "tattTilEtterretning",
        "Tatt til etterretning",
        "",
    ),
    code(
        "Avskrivningsmaate",
        "tattTilOrientering",
        "Tatt til orientering",
        "",
    ),
    code("Avskrivningsmaate", "ukjentAvskrivningsmåte", "", ""),
    code(
        "Dokumentmedium",
        "blandetFysiskOgElektroniskArkiv",
        "Blandet fysisk og elektronisk arkiv",
        "",
    ),
    code(
        "Dokumentmedium",
        "elektroniskArkiv",
        "Elektronisk arkiv",
        "",
    ),
    code("Dokumentmedium", "fysiskMedium", "Fysisk medium", ""),
    code(
        "Dokumentstatus",
        "dokumentetErFerdigstilt",
        "Dokumentet er ferdigstilt",
        "",
    ),
    code(
        "Dokumentstatus",
        "dokumentetErUnderRedigering",
        "Dokumentet er under redigering",
        "",
    ),
    code(
        "SkjermingDokument",
        "skjermingAvDelerAvDokumentet",
        "Skjerming av deler av dokumentet",
        "",
    ),
    code(
        "SkjermingDokument",
        "skjermingAvHeleDokumentet",
        "Skjerming av hele dokumentet",
        "",
    ),
    code("Arkivstatus", "opprettet", "Opprettet", ""),
    code("Arkivstatus", "arkivstatus_avsluttet", "Avsluttet", ""),
    code("Arkivdelstatus", "aktivPeriode", "Aktiv periode", ""),
    code(
        "Arkivdelstatus",
        "avsluttetPeriode",
        "Avsluttet periode",
        "",
    ),
    code(
        "Arkivdelstatus",
        "overlappingsperiode",
        "Overlappingsperiode",
        "",
    ),
    code("Arkivdelstatus", "uaktuelleMapper", "Uaktuelle mapper", ""),
    code(
        "KorrespondansepartEnhetstype",
        "korrespondansepartEnhetstype_organisasjon",
        "Organisasjon",
        "",
    ),
    code(
        "KorrespondansepartEnhetstype",
        "korrespondansepartEnhetstype_person",
        "Person",
        "",
    ),
    code("Kassasjonsvedtak", "bevares", "Bevares", ""),
    code("Kassasjonsvedtak", "kasseres", "Kasseres", ""),
    code("Kassasjonsvedtak", "vurderesSenere", "Vurderes senere", ""),
    code("Presedensstatus", "foreldet", "Foreldet", ""),
    code("Presedensstatus", "gjeldende", "Gjeldende", ""),
    code(
        "ElektroniskSignaturVerifisert",
        "signaturPåførtIkkeVerifisert",
        "Signatur påført, ikke verifisert",
        "",
    ),
    code(
        "ElektroniskSignaturVerifisert",
        "signaturPåførtOgVerifisert",
        "Signatur påført og verifisert",
        "",
    ),
    code(
        "GraderingClass",
        "begrensetSikkerhetsgrad",
        "Begrenset (sikkerhetsgrad)",
        "",
    ),
    code(
        "GraderingClass",
        "fortroligBeskyttelsesgrad",
        "Fortrolig (beskyttelsesgrad)",
        "",
    ),
    code(
        "GraderingClass",
        "hemmeligSikkerhetsgrad",
        "Hemmelig (sikkerhetsgrad)",
        "",
    ),
    code(
        "GraderingClass",
        "konfidensieltSikkerhetsgrad",
        "Konfidensielt (sikkerhetsgrad)",
        "",
    ),
    code(
        "GraderingClass",
        "strengtFortroligBeskyttelsesgrad",
        "Strengt fortrolig (beskyttelsesgrad)",
        "",
    ),
    code(
        "GraderingClass",
        "strengtHemmeligSikkerhetsgrad",
        "Strengt hemmelig (sikkerhetsgrad)",
        "",
    ),
    code(
        "Slettingstype",
        "slettingAvHeleInnholdetIArkivdelen",
        "Sletting av hele innholdet i arkivdelen",
        "",
    ),
    code(
        "Slettingstype",
        "slettingAvProduksjonsformat",
        "Sletting av produksjonsformat",
        "",
    ),
    code(
        "Slettingstype",
        "slettingAvTidligereVersjon",
        "Sletting av tidligere versjon",
        "",
    ),
    code(
        "Slettingstype",
        "slettingAvVariantMedSladdetInformasjon",
        "Sletting av variant med sladdet informasjon",
        "",
    ),
];

/// In use and documented, but not in the ontology; `practical` takes it.
pub const LATER_CODES: &[Code] =
    &[code("Møtesakstype", "godkjenning", "Godkjenning", "")];

/// The codes of a list, the later ones last.
pub fn of_list(list: &str) -> impl Iterator<Item = &'static Code> {
    CODES
        .iter()
        .chain(LATER_CODES)
        .filter(move |code| code.list == list)
}

/// Whether a class is a list of codes.
pub fn is_list(class: &str) -> bool {
    of_list(class).next().is_some()
}
