//! Noark 4 XML (OFFJOURNAL) as a graph (einnsyn §4.9).

use roxmltree::Node;

use crate::finding::{Finding, Rule};
use crate::graph::{Datatype, Symbol, Term};
use crate::noark5::{Placed, Reader};
use crate::xml::{child, child_text, children};

const IRI: &str = "http://data.einnsyn.no/noark4/";

/// Read a file's root; also gives the body's organisation number.
pub(crate) fn read(
    root: Node<'_, '_>,
    findings: &mut Vec<Finding>,
) -> (Placed, Option<String>) {
    let orgnr = child(root, "PRODINFO").and_then(|info| child_text(info, "PI.ORGNR"));
    let orgnr = orgnr.filter(|orgnr| !orgnr.is_empty());
    if orgnr.is_none() {
        findings.push(Finding::error(Rule::ManglerOrgnr));
    }
    let mut journal = Journal {
        reader: Reader::new(findings),
        orgnr: orgnr.clone().unwrap_or_default(),
    };
    for report in children(root, "RAPPORT") {
        for case in children(report, "NOARKSAK.OJ") {
            journal.case(case);
        }
    }
    (journal.reader.done(), orgnr)
}

struct Journal<'a> {
    reader: Reader<'a>,
    orgnr: String,
}

impl Journal<'_> {
    fn case(&mut self, element: Node<'_, '_>) {
        let text = |name: &str| child_text(element, name).unwrap_or_default();
        let iri = format!(
            "{IRI}Saksmappe--{}--{}--{}",
            self.orgnr,
            text("SA.SEKNR"),
            text("SA.SAAR")
        );
        let node = self.reader.node(Some(iri), "Saksmappe", element);
        self.integer(node, "saksaar", element, "SA.SAAR");
        self.integer(node, "sakssekvensnummer", element, "SA.SEKNR");
        self.date(node, "saksdato", element, "SA.DATO");
        self.string(node, "administrativEnhet", element, "SA.ADMKORT");
        self.string(node, "saksansvarlig", element, "SA.ANSVINIT");
        self.title(node, "offentligTittel", element, "SA.OFFTITTEL");
        for post in children(element, "JOURNPOST.OJ") {
            self.post(node, post);
        }
    }

    fn post(&mut self, case: Symbol, element: Node<'_, '_>) {
        let text = |name: &str| child_text(element, name).unwrap_or_default();
        let iri = format!(
            "{IRI}Journalpost--{}--{}--{}--{}",
            self.orgnr,
            text("JP.SEKNR"),
            text("JP.POSTNR"),
            text("JP.JAAR")
        );
        let node = self.reader.node(Some(iri), "Journalpost", element);
        self.reader.add(node, "parent", Term::Node(case));
        self.integer(node, "journalaar", element, "JP.JAAR");
        self.integer(node, "journalsekvensnummer", element, "JP.SEKNR");
        self.integer(node, "journalpostnummer", element, "JP.POSTNR");
        self.integer(node, "antallVedlegg", element, "JP.ANTVED");
        self.date(node, "journaldato", element, "JP.JDATO");
        self.date(node, "dokumentetsDato", element, "JP.DOKDATO");
        self.date(node, "forfallsdato", element, "JP.FORFDATO");
        self.string(node, "journalenhet", element, "JP.JENHET");
        self.code(
            node,
            ("journalposttype", "Journalposttype"),
            element,
            "JP.NDOKTYPE",
        );
        self.title(node, "offentligTittel", element, "JP.OFFINNHOLD");
        self.access(node, element);
        for party in children(element, "AVSMOT.OJ") {
            self.party(node, party);
        }
        for link in children(element, "DOKLINK.OJ") {
            self.document(node, link);
        }
    }

    /// `U` says that nothing is withheld.
    fn access(&mut self, post: Symbol, element: Node<'_, '_>) {
        match child_text(element, "JP.TGKODE").as_deref() {
            None | Some("" | "U") => {}
            Some("UO") => {
                let node = self.reader.node(None, "Skjerming", element);
                let tgkode = ("tilgangsrestriksjon", "Tilgangsrestriksjon");
                self.code(node, tgkode, element, "JP.TGKODE");
                self.string(node, "skjermingshjemmel", element, "JP.UOFF");
                self.reader.add(post, "skjerming", Term::Node(node));
            }
            Some(_) => {
                let tgkode = ("tilgangsrestriksjon", "Tilgangsrestriksjon");
                self.code(post, tgkode, element, "JP.TGKODE");
            }
        }
    }

    fn party(&mut self, post: Symbol, element: Node<'_, '_>) {
        let node = self.reader.node(None, "Korrespondansepart", element);
        let role = ("korrespondanseparttype", "Korrespondanseparttype");
        self.code(node, role, element, "AM.IHTYPE");
        self.title(node, "korrespondansepartNavn", element, "AM.NAVN");
        self.string(node, "administrativEnhet", element, "AM.ADMKORT");
        self.string(node, "saksbehandler", element, "AM.SBHINIT");
        self.reader
            .add(post, "korrespondansepart", Term::Node(node));
    }

    fn document(&mut self, post: Symbol, link: Node<'_, '_>) {
        let node = self.reader.node(None, "Dokumentbeskrivelse", link);
        self.integer(node, "dokumentnummer", link, "DL.RNR");
        let role = ("tilknyttetRegistreringSom", "TilknyttetRegistreringSom");
        self.code(node, role, link, "DL.TYPE");
        self.reader
            .add(post, "dokumentbeskrivelse", Term::Node(node));
        for described in children(link, "DOKBESKRIV.OJ") {
            self.title(node, "tittel", described, "DB.TITTEL");
            for version in children(described, "DOKVERSJON.OJ") {
                let object = self.reader.node(None, "Dokumentobjekt", version);
                self.integer(object, "versjonsnummer", version, "VE.VERSJON");
                let variant = ("variantformat", "Variantformat");
                self.code(object, variant, version, "VE.VARIANT");
                self.string(object, "referanseDokumentfil", version, "VE.FILREF");
                self.string(object, "format", version, "VE.DOKFORMAT");
                self.reader.add(node, "dokumentobjekt", Term::Node(object));
            }
        }
    }

    fn integer(&mut self, node: Symbol, name: &str, element: Node<'_, '_>, tag: &str) {
        if let Some(text) = child_text(element, tag) {
            self.reader.text(node, name, &text, Datatype::Integer);
        }
    }

    fn string(&mut self, node: Symbol, name: &str, element: Node<'_, '_>, tag: &str) {
        if let Some(text) = child_text(element, tag) {
            self.reader.text(node, name, &text, Datatype::String);
        }
    }

    /// `yyyyMMdd`; what is no date stays as it was written, to be found.
    fn date(&mut self, node: Symbol, name: &str, element: Node<'_, '_>, tag: &str) {
        let Some(text) = child_text(element, tag) else {
            return;
        };
        let compact = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
        let iso =
            compact.then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
        let iso = iso.filter(|iso| crate::rules::lexical::is_date(iso));
        self.reader
            .text(node, name, &iso.unwrap_or(text), Datatype::Date);
    }

    fn title(&mut self, node: Symbol, name: &str, element: Node<'_, '_>, tag: &str) {
        if let Some(title) = child(element, tag) {
            self.reader.tagged(node, name, title);
        }
    }

    fn code(
        &mut self,
        node: Symbol,
        (name, list): (&str, &str),
        element: Node<'_, '_>,
        tag: &str,
    ) {
        if let Some(text) = child_text(element, tag) {
            let fits = |code: &crate::rules::Code| code.noark4 == text;
            self.reader.code(node, name, &text, fits, list);
        }
    }
}
