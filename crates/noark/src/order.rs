//! order.xml: what a citizen asks a body for. Version 1 has no namespace, version 2 has.

use roxmltree::{Document, Node, ParsingOptions};
use unicode_normalization::UnicodeNormalization;

use crate::Error;

const NAMESPACE_V2: &str = "http://einnsyn.no/schema/order/v2";

/// Which of the two forms a body reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// No namespace, dates as `05.03.2026`.
    V1,
    /// `ein:bestilling`, dates as `2026-03-05`.
    V2,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// eInnsyn's id; opaque.
    pub id: String,
    /// The date, `yyyy-mm-dd`, or as it stood where that cannot be read.
    pub date: String,
    /// The name of the unit that owns the data.
    pub enhet: String,
    /// Its organisation number; only version 2 has it.
    pub orgnr: Option<String>,
    /// The body's mailbox for innsynskrav.
    pub innsynskravepost: String,
    /// The citizen's address.
    pub epost: String,
    /// What is asked for.
    pub documents: Vec<Ordered>,
}

/// A document in an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ordered {
    /// The IRI under which it was published; only version 2 has it.
    pub id: Option<String>,
    /// `systemID` in the case system, where it was published.
    pub system_id: Option<String>,
    /// `year/number` of the case.
    pub saksnr: String,
    /// Number within the case.
    pub dokumentnr: String,
    /// `sequence/year`.
    pub journalnr: String,
    /// Who handles it, or `[Ufordelt]`.
    pub saksbehandler: String,
}

impl Order {
    /// The key to know a repeated order by: a retry has new message ids (einnsyn §1.6).
    pub fn key(&self, owner: &str) -> String {
        let one = |d: &Ordered| match &d.id {
            Some(id) => id.clone(),
            None => format!("{}|{}|{}", d.saksnr, d.dokumentnr, d.journalnr),
        };
        let mut documents: Vec<String> = self.documents.iter().map(one).collect();
        documents.sort();
        format!("{} {owner} {}", self.id, documents.join(" "))
    }

    /// Write it as XML.
    pub fn write(&self, version: Version) -> String {
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n",
        );
        let (open, close, date) = match version {
            Version::V1 => (
                "<bestilling>".to_owned(),
                "</bestilling>",
                norwegian(&self.date),
            ),
            Version::V2 => (
                format!("<ein:bestilling xmlns:ein=\"{NAMESPACE_V2}\">"),
                "</ein:bestilling>",
                self.date.clone(),
            ),
        };
        out += &format!("{open}\n    {}\n", element("id", &self.id));
        out += &format!("    {}\n", element("bestillingsdato", &date));
        out += &self.write_til(version);
        out +=
            "    <kontaktinfo>\n        <forsendelsesmåte>e-post</forsendelsesmåte>\n";
        if version == Version::V1 {
            out += "        <navn></navn>\n        <organisasjon></organisasjon>\n";
            out += "        <land></land>\n";
        }
        out += &format!("        {}\n", element("e-post", &self.epost));
        if version == Version::V2 {
            out += "        <språk>nb_NO</språk>\n";
        }
        out += "    </kontaktinfo>\n    <dokumenter>\n";
        for document in &self.documents {
            out += &document.write(version);
        }
        out + "    </dokumenter>\n" + close + "\n"
    }

    fn write_til(&self, version: Version) -> String {
        let epost = element("innsynskravepost", &self.innsynskravepost);
        match version {
            Version::V1 => format!(
                "    <til>\n        {}\n    </til>\n    {epost}\n",
                element("enhet", &self.enhet)
            ),
            Version::V2 => format!(
                "    <til>\n        {}\n        {}\n        {epost}\n    </til>\n",
                element("virksomhet", &self.enhet),
                element("orgnr", self.orgnr.as_deref().unwrap_or_default()),
            ),
        }
    }

    /// Read either version; elements in any order, unknown ones passed over.
    pub fn read(xml: &[u8]) -> Result<Self, Error> {
        let text = decoded(xml)?;
        let text: String = text.trim_start_matches('\u{feff}').nfc().collect();
        let options = ParsingOptions {
            allow_dtd: false,
            ..ParsingOptions::default()
        };
        let document = Document::parse_with_options(&text, options)
            .map_err(|e| Error::Xml(e.to_string()))?;
        let root = document.root_element();
        let namespace = root.tag_name().namespace();
        if root.tag_name().name() != "bestilling"
            || !matches!(namespace, None | Some(NAMESPACE_V2))
        {
            return Err(Error::Root(root.tag_name().name().to_owned()));
        }
        let til = child(root, "til");
        let within = |name: &str| til.and_then(|til| value(til, name));
        let contact = child(root, "kontaktinfo");
        let documents = child(root, "dokumenter").into_iter();
        let documents = documents
            .flat_map(|d| d.children())
            .filter(Node::is_element);
        let documents: Vec<Ordered> = documents.map(ordered).collect();
        if documents.is_empty() {
            return Err(Error::Order("dokumenter/dokument"));
        }
        Ok(Self {
            id: value(root, "id").ok_or(Error::Order("id"))?,
            date: iso(&value(root, "bestillingsdato").unwrap_or_default()),
            enhet: within("enhet")
                .or_else(|| within("virksomhet"))
                .unwrap_or_default(),
            orgnr: within("orgnr"),
            innsynskravepost: within("innsynskravepost")
                .or_else(|| value(root, "innsynskravepost"))
                .unwrap_or_default(),
            epost: contact
                .and_then(|c| value(c, "e-post"))
                .ok_or(Error::Order("kontaktinfo/e-post"))?,
            documents,
        })
    }
}

impl Ordered {
    fn write(&self, version: Version) -> String {
        let mut lines = Vec::new();
        if version == Version::V2 {
            lines.push(element("id", self.id.as_deref().unwrap_or_default()));
            lines.extend(self.system_id.as_ref().map(|id| element("systemId", id)));
        }
        lines.push(element("saksnr", &self.saksnr));
        lines.push(element("dokumentnr", &self.dokumentnr));
        lines.push(element("journalnr", &self.journalnr));
        lines.push(element("saksbehandler", &self.saksbehandler));
        let inner: String =
            lines.iter().map(|l| format!("            {l}\n")).collect();
        format!("        <dokument>\n{inner}        </dokument>\n")
    }
}

/// UTF-8, or ISO-8859-1 where the prolog says so, as older files do.
fn decoded(xml: &[u8]) -> Result<String, Error> {
    let prolog = xml.split(|b| *b == b'>').next().unwrap_or_default();
    let prolog = String::from_utf8_lossy(prolog).to_ascii_lowercase();
    if prolog.starts_with("<?xml") && prolog.contains("iso-8859-1") {
        return Ok(xml.iter().map(|b| char::from(*b)).collect());
    }
    let text = std::str::from_utf8(xml).map_err(|e| Error::Utf8(e.valid_up_to()))?;
    Ok(text.to_owned())
}

fn ordered(node: Node<'_, '_>) -> Ordered {
    let text = |name| value(node, name).unwrap_or_default();
    Ordered {
        id: value(node, "id"),
        system_id: value(node, "systemId"),
        saksnr: text("saksnr"),
        dokumentnr: text("dokumentnr"),
        journalnr: text("journalnr"),
        saksbehandler: text("saksbehandler"),
    }
}

fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.children().find(|c| c.tag_name().name() == name)
}

/// The text of a child, none when it is empty.
fn value(node: Node<'_, '_>, name: &str) -> Option<String> {
    let text: String = child(node, name)?
        .children()
        .filter_map(|c| c.text())
        .collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// Text that is safe between tags.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// `2026-03-05` as `05.03.2026`.
pub(crate) fn norwegian(date: &str) -> String {
    match date.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => format!("{day}.{month}.{year}"),
        _ => date.to_owned(),
    }
}

/// `05.03.2026`, `2026-03-05+01:00` or a date with a time, as `2026-03-05`.
fn iso(date: &str) -> String {
    if let [day, month, year] = date.split('.').collect::<Vec<_>>().as_slice() {
        return format!("{year}-{month}-{day}");
    }
    let first = date.get(..10).unwrap_or(date);
    match first.parse::<jiff::civil::Date>() {
        Ok(_) => first.to_owned(),
        Err(_) => date.to_owned(),
    }
}
