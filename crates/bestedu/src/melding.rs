//! Table: Melding and its parts, field by field (wire-format §10.1).
//!
//! Every field is a text that may be missing; empty and missing are the same, as archives
//! do not tell them apart. `klassering`, `sakspart` and `tilleggsinfo` are not read: see
//! docs/bestedu.md.

use crate::print;
use crate::xml::Element;

/// The namespace of a Melding.
pub const NOARK: &str = "http://www.arkivverket.no/Noark4-1-WS-WD/types";

macro_rules! parts {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($field:ident = $tag:literal,)* }
        [ $($list:ident: $inner:ident = $list_tag:literal,)* ]
    )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $(
                #[doc = concat!("`", $tag, "`")]
                pub $field: Option<String>,
            )*
            $(
                #[doc = concat!("`", $list_tag, "`, any number")]
                pub $list: Vec<$inner>,
            )*
        }

        impl $name {
            /// The fields by their names on the wire.
            pub const FIELDS: &'static [&'static str] = &[$($tag,)*];

            pub(crate) fn read(element: &Element) -> Self {
                Self {
                    $($field: element.text_of($tag),)*
                    $($list: element.all($list_tag).map($inner::read).collect(),)*
                }
            }

            pub(crate) fn write(&self, out: &mut String) {
                $(print::element($tag, self.$field.as_deref(), out);)*
                $(for part in &self.$list {
                    print::open($list_tag, out);
                    part.write(out);
                    print::close($list_tag, out);
                })*
            }
        }
    )* };
}

parts! {
    /// An entry of the journal.
    Journpost {
        jp_id = "jpId",
        jp_jaar = "jpJaar",
        jp_seknr = "jpSeknr",
        jp_jpostnr = "jpJpostnr",
        jp_jdato = "jpJdato",
        jp_ndoktype = "jpNdoktype",
        jp_dokdato = "jpDokdato",
        jp_status = "jpStatus",
        jp_innhold = "jpInnhold",
        jp_u1 = "jpU1",
        jp_forfdato = "jpForfdato",
        jp_tgkode = "jpTgkode",
        jp_uoff = "jpUoff",
        jp_agdato = "jpAgdato",
        jp_agkode = "jpAgkode",
        jp_saksdel = "jpSaksdel",
        jp_u2 = "jpU2",
        jp_arkdel = "jpArkdel",
        jp_tlkode = "jpTlkode",
        jp_antved = "jpAntved",
        jp_saar = "jpSaar",
        jp_saseknr = "jpSaseknr",
        jp_offinnhold = "jpOffinnhold",
        jp_tggruppnavn = "jpTggruppnavn",
        jp_ekstern_nokkel = "jpEksternNokkel",
        jp_sa_ekstern_nokkel = "jpSaEksternNokkel",
    }
    [ avsmot: Avsmot = "avsmot", dokument: Dokument = "dokument", ]

    /// Who sent the document, or got it.
    Avsmot {
        am_id = "amId",
        am_orgnr = "amOrgnr",
        am_ihtype = "amIhtype",
        am_kopimot = "amKopimot",
        am_behansv = "amBehansv",
        am_navn = "amNavn",
        am_u1 = "amU1",
        am_kortnavn = "amKortnavn",
        am_adresse = "amAdresse",
        am_postnr = "amPostnr",
        am_poststed = "amPoststed",
        am_utland = "amUtland",
        am_epostadr = "amEpostadr",
        am_ref = "amRef",
        am_jenhet = "amJenhet",
        am_avskm = "amAvskm",
        am_avskdato = "amAvskdato",
        am_frist = "amFrist",
        am_forsend = "amForsend",
        am_admkort = "amAdmkort",
        am_admbet = "amAdmbet",
        am_sbhinit = "amSbhinit",
        am_sbhnavn = "amSbhnavn",
        am_avsavdok = "amAvsavdok",
        am_besvardok = "amBesvardok",
    }
    []

    /// A document of the entry.
    Dokument {
        dl_rnr = "dlRnr",
        dl_type = "dlType",
        db_kategori = "dbKategori",
        db_tittel = "dbTittel",
        db_status = "dbStatus",
        ve_variant = "veVariant",
        ve_dokformat = "veDokformat",
        base64 = "fil/base64",
        ve_filnavn = "veFilnavn",
        ve_mime_type = "veMimeType",
    }
    []

    /// The case.
    Noarksak {
        sa_id = "saId",
        sa_saar = "saSaar",
        sa_seknr = "saSeknr",
        sa_papir = "saPapir",
        sa_dato = "saDato",
        sa_tittel = "saTittel",
        sa_u1 = "saU1",
        sa_status = "saStatus",
        sa_arkdel = "saArkdel",
        sa_type = "saType",
        sa_jenhet = "saJenhet",
        sa_tgkode = "saTgkode",
        sa_uoff = "saUoff",
        sa_bevtid = "saBevtid",
        sa_kasskode = "saKasskode",
        sa_kassdato = "saKassdato",
        sa_prosjekt = "saProsjekt",
        sa_offtittel = "saOfftittel",
        sa_admkort = "saAdmkort",
        sa_admbet = "saAdmbet",
        sa_ansvinit = "saAnsvinit",
        sa_ansvnavn = "saAnsvnavn",
        sa_tggruppnavn = "saTggruppnavn",
        sa_ekstern_nokkel = "saEksternNokkel",
    }
    [ journpost: Journpost = "journpost", ]
}

/// A message: an entry of the journal and its case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Melding {
    /// The entry.
    pub journpost: Option<Journpost>,
    /// The case.
    pub noarksak: Option<Noarksak>,
}

impl Melding {
    pub(crate) fn read(element: &Element) -> Self {
        Self {
            journpost: element.child("journpost").map(Journpost::read),
            noarksak: element.child("noarksak").map(Noarksak::read),
        }
    }

    /// As a document of its own.
    pub fn document(&self) -> String {
        let mut out = format!("<n:Melding xmlns:n=\"{NOARK}\">");
        if let Some(post) = &self.journpost {
            print::open("journpost", &mut out);
            post.write(&mut out);
            print::close("journpost", &mut out);
        }
        if let Some(case) = &self.noarksak {
            print::open("noarksak", &mut out);
            case.write(&mut out);
            print::close("noarksak", &mut out);
        }
        print::close("n:Melding", &mut out);
        out
    }
}
