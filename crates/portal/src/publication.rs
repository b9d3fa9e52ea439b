//! A publication as the portal keeps it, read out of the graph.

use noark::graph::{Graph, Node, Symbol, Term};

/// A case or a meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mappe {
    pub(crate) iri: String,
    /// `saksmappe` or `moetemappe`.
    pub(crate) kind: String,
    pub(crate) system_id: Option<String>,
    pub(crate) tittel: String,
    pub(crate) tittel_sensitiv: String,
    pub(crate) aar: Option<String>,
    pub(crate) nummer: Option<String>,
    pub(crate) utvalg: Option<String>,
    /// `yyyy-mm-dd`
    pub(crate) dato: Option<String>,
    /// `hh:mm`
    pub(crate) klokke: Option<String>,
    pub(crate) sted: Option<String>,
    pub(crate) videolink: Option<String>,
    pub(crate) beskrivelse: Option<String>,
    pub(crate) adm_enhet: Option<String>,
    pub(crate) ansvarlig: Option<String>,
    pub(crate) arkiv: Option<String>,
    pub(crate) arkivdel: Option<String>,
}

/// A journalpost, a møtesak or a møtedokument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Registrering {
    pub(crate) iri: String,
    /// `journalpost`, `moetesak` or `moetedokument`.
    pub(crate) kind: String,
    pub(crate) system_id: Option<String>,
    pub(crate) tittel: String,
    pub(crate) tittel_sensitiv: String,
    /// The code of its type.
    pub(crate) slag: Option<String>,
    /// `yyyy-mm-dd`
    pub(crate) dato: Option<String>,
    pub(crate) dokumentdato: Option<String>,
    pub(crate) aar: Option<String>,
    pub(crate) sekvens: Option<String>,
    pub(crate) nummer: Option<String>,
    pub(crate) saksbehandler: Option<String>,
    pub(crate) adm_enhet: Option<String>,
    pub(crate) journalenhet: Option<String>,
    pub(crate) beskrivelse: Option<String>,
    pub(crate) videolink: Option<String>,
    pub(crate) referanse: Option<String>,
    /// What it lies in, by IRI.
    pub(crate) mappe: Option<String>,
    pub(crate) parter: Vec<Part>,
    pub(crate) dokumenter: Vec<Dokument>,
    pub(crate) skjerming: Option<Skjerming>,
}

/// A sender or receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) slag: String,
    pub(crate) navn: String,
    pub(crate) navn_sensitiv: String,
    saksbehandler: Option<String>,
    adm_enhet: Option<String>,
    ansvarlig: bool,
}

/// A document, and where its text is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Dokument {
    pub(crate) slag: String,
    pub(crate) tittel: String,
    pub(crate) tittel_sensitiv: String,
    pub(crate) fil: Option<String>,
    pub(crate) format: Option<String>,
}

/// What is withheld, and by which law.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Skjerming {
    pub(crate) restriksjon: String,
    pub(crate) hjemmel: Option<String>,
}

const KINDS: [(&str, &str); 3] = [
    ("Journalpost", "journalpost"),
    ("Møtesaksregistrering", "moetesak"),
    ("Møtedokumentregistrering", "moetedokument"),
];

/// A graph, asked for the first of its values.
pub(crate) struct View<'a>(pub(crate) &'a Graph);

impl<'a> View<'a> {
    /// Every mappe and registrering; what has no title or name of its own is not there.
    pub(crate) fn all(&self) -> (Vec<Mappe>, Vec<Registrering>) {
        let nodes = self.0.nodes().iter();
        let named = nodes.filter(|node| !self.0.is_blank(node.name));
        let (mut mapper, mut registreringer) = (Vec::new(), Vec::new());
        for node in named {
            if let Some(kind) = KINDS.iter().find(|(class, _)| self.is(node, class)) {
                registreringer.extend(self.registrering(node, kind.1));
            } else if self.is(node, "Saksmappe") {
                mapper.extend(self.saksmappe(node));
            } else if self.is(node, "Moetemappe") {
                mapper.extend(self.moetemappe(node));
            }
        }
        (mapper, registreringer)
    }

    fn is(&self, node: &Node, class: &str) -> bool {
        self.0.types(node).any(|t| self.0.local(t) == class)
    }

    fn text(&self, node: &'a Node, property: &str) -> Option<String> {
        let value = self.0.values(node, property).first()?;
        Some(self.0.text(value).to_owned())
    }

    /// The local name of a code.
    fn code(&self, node: &'a Node, property: &str) -> Option<String> {
        let text = self.text(node, property)?;
        Some(text.rsplit('/').next().unwrap_or(&text).to_owned())
    }

    fn date(&self, node: &'a Node, property: &str) -> Option<String> {
        let text = self.text(node, property)?;
        Some(text.get(..10).unwrap_or(&text).to_owned())
    }

    fn names(&self, node: &'a Node, property: &str) -> impl Iterator<Item = Symbol> {
        let values = self.0.values(node, property).iter();
        values.filter_map(Term::node)
    }

    fn nodes(&self, node: &'a Node, property: &str) -> impl Iterator<Item = &'a Node> {
        let graph = self.0;
        self.names(node, property)
            .filter_map(move |name| graph.node(name))
    }

    /// The washed text and the sensitive one; the washed where there is no other.
    fn pair(&self, node: &'a Node, property: &str) -> Option<(String, String)> {
        let washed = self.text(node, property)?;
        let sensitive = self.text(node, &format!("{property}_SENSITIV"));
        let sensitive = sensitive.unwrap_or_else(|| washed.clone());
        Some((washed, sensitive))
    }

    fn mappe(&self, node: &'a Node, kind: &str) -> Option<Mappe> {
        let (tittel, tittel_sensitiv) = self.pair(node, "offentligTittel")?;
        let (arkiv, arkivdel) = self.archive(node);
        Some(Mappe {
            iri: self.0.name(node.name).to_owned(),
            kind: kind.to_owned(),
            system_id: self.text(node, "systemID"),
            tittel,
            tittel_sensitiv,
            beskrivelse: self.text(node, "beskrivelse"),
            arkiv,
            arkivdel,
            ..Mappe::default()
        })
    }

    fn saksmappe(&self, node: &'a Node) -> Option<Mappe> {
        Some(Mappe {
            aar: self.text(node, "saksaar"),
            nummer: self.text(node, "sakssekvensnummer"),
            dato: self.date(node, "saksdato"),
            adm_enhet: self.text(node, "administrativEnhet"),
            ansvarlig: self.text(node, "saksansvarlig"),
            ..self.mappe(node, "saksmappe")?
        })
    }

    fn moetemappe(&self, node: &'a Node) -> Option<Mappe> {
        let when = self.text(node, "moetedato");
        let klokke = when.as_deref().and_then(|when| when.get(11..16));
        Some(Mappe {
            nummer: self.text(node, "moetenummer"),
            utvalg: self.text(node, "utvalg"),
            dato: self.date(node, "moetedato"),
            klokke: klokke.map(str::to_owned),
            sted: self.text(node, "moetested"),
            videolink: self.text(node, "videolink"),
            ..self.mappe(node, "moetemappe")?
        })
    }

    /// systemID of the arkiv and the arkivdel above a mappe.
    fn archive(&self, node: &'a Node) -> (Option<String>, Option<String>) {
        const LEVELS_MAX: usize = 16;
        let (mut arkiv, mut arkivdel) = (None, None);
        let mut at = node;
        for _ in 0..LEVELS_MAX {
            let Some(parent) = self.nodes(at, "parent").next() else {
                break;
            };
            if self.is(parent, "Arkivdel") {
                arkivdel = arkivdel.or_else(|| self.text(parent, "systemID"));
            } else if self.is(parent, "Arkiv") {
                arkiv = arkiv.or_else(|| self.text(parent, "systemID"));
            }
            at = parent;
        }
        (arkiv, arkivdel)
    }

    fn registrering(&self, node: &'a Node, kind: &str) -> Option<Registrering> {
        let (tittel, tittel_sensitiv) = self.pair(node, "offentligTittel")?;
        let parent = self.nodes(node, "parent").next();
        let held = || parent.and_then(|parent| self.date(parent, "moetedato"));
        let mut found = Registrering {
            iri: self.0.name(node.name).to_owned(),
            kind: kind.to_owned(),
            system_id: self.text(node, "systemID"),
            tittel,
            tittel_sensitiv,
            dato: self.date(node, "journaldato").or_else(held),
            dokumentdato: self.date(node, "dokumentetsDato"),
            saksbehandler: self.text(node, "saksbehandler"),
            adm_enhet: self.text(node, "administrativEnhet"),
            journalenhet: self.text(node, "journalenhet"),
            beskrivelse: self.text(node, "beskrivelse"),
            videolink: self.text(node, "videolink"),
            referanse: self.text(node, "referanseTilMøtesak"),
            mappe: self
                .names(node, "parent")
                .next()
                .map(|name| self.0.name(name).to_owned()),
            parter: self.parter(node),
            dokumenter: self.dokumenter(node),
            skjerming: self.skjerming(node),
            ..Registrering::default()
        };
        match kind {
            "journalpost" => {
                found.slag = self.code(node, "journalposttype");
                found.aar = self.text(node, "journalaar");
                found.sekvens = self.text(node, "journalsekvensnummer");
                found.nummer = self.text(node, "journalpostnummer");
                found.handler();
            }
            "moetesak" => {
                found.slag = self.code(node, "møtesakstype");
                found.aar = self.text(node, "møtesaksår");
                found.sekvens = self.text(node, "møtesakssekvensnummer");
                found.nummer = self.text(node, "moetesaksnummer");
            }
            _ => found.slag = self.code(node, "møtedokumentregistreringstype"),
        }
        Some(found)
    }

    fn parter(&self, node: &'a Node) -> Vec<Part> {
        let parts = self.nodes(node, "korrespondansepart");
        let read = parts.filter_map(|part| {
            let (navn, navn_sensitiv) = self.pair(part, "korrespondansepartNavn")?;
            let responsible = self.text(part, "erBehandlingsansvarlig");
            Some(Part {
                slag: self
                    .code(part, "korrespondanseparttype")
                    .unwrap_or_default(),
                navn,
                navn_sensitiv,
                saksbehandler: self.text(part, "saksbehandler"),
                adm_enhet: self.text(part, "administrativEnhet"),
                ansvarlig: responsible.as_deref() == Some("true"),
            })
        });
        read.collect()
    }

    fn dokumenter(&self, node: &'a Node) -> Vec<Dokument> {
        let documents = self.nodes(node, "dokumentbeskrivelse");
        let mut read: Vec<(i64, Dokument)> = documents
            .filter_map(|document| {
                let (tittel, tittel_sensitiv) = self.pair(document, "tittel")?;
                let file = self.nodes(document, "dokumentobjekt").next();
                let of_file = |name| file.and_then(|file| self.text(file, name));
                let slag = self.code(document, "tilknyttetRegistreringSom");
                let number = self.text(document, "dokumentnummer");
                let number = number.and_then(|number| number.parse().ok());
                let dokument = Dokument {
                    slag: slag.unwrap_or_default(),
                    tittel,
                    tittel_sensitiv,
                    fil: of_file("referanseDokumentfil").filter(|fil| is_web(fil)),
                    format: of_file("format"),
                };
                Some((number.unwrap_or(i64::MAX), dokument))
            })
            .collect();
        read.sort_by_key(|(number, _)| *number);
        read.into_iter().map(|(_, dokument)| dokument).collect()
    }

    fn skjerming(&self, node: &'a Node) -> Option<Skjerming> {
        let skjerming = self.nodes(node, "skjerming").next()?;
        Some(Skjerming {
            restriksjon: self.code(skjerming, "tilgangsrestriksjon")?,
            hjemmel: self.text(skjerming, "skjermingshjemmel"),
        })
    }
}

/// A link on our page goes to the web, not into a program.
pub(crate) fn is_web(address: &str) -> bool {
    let address = address.trim_start().to_ascii_lowercase();
    address.starts_with("https://") || address.starts_with("http://")
}

impl Registrering {
    /// > korrespondansepart with erBehandlingsansvarlig, else heuristics by direction,
    /// > skipping names containing "ufordelt" (einnsyn §1.4)
    fn handler(&mut self) {
        let wanted: &[&str] = match self.slag.as_deref() {
            Some("utgåendeDokument") => &["internAvsender", "avsender"],
            _ => &["internMottaker", "mottaker", "internAvsender"],
        };
        let fit = |part: &&Part| {
            let free = |name: &str| name.to_lowercase().contains("ufordelt");
            part.saksbehandler.is_some()
                && !part.saksbehandler.as_deref().is_some_and(free)
        };
        let by_role = |role: &&str| {
            let mut parts = self.parter.iter().filter(|part| part.slag == **role);
            parts.find(fit)
        };
        let responsible = self.parter.iter().find(|part| part.ansvarlig);
        let part = responsible.or_else(|| wanted.iter().find_map(by_role));
        let unit = self.parter.iter().find_map(|part| part.adm_enhet.clone());
        let (name, own) = part.map_or((None, None), |part| {
            (part.saksbehandler.clone(), part.adm_enhet.clone())
        });
        self.saksbehandler = name.or(self.saksbehandler.take());
        self.adm_enhet = own.or(unit).or(self.adm_enhet.take());
    }
}
