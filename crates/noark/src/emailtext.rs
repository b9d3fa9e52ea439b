//! `emailtext`: the order as words, ready to be mailed (einnsyn §1.5).

use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization;

use crate::finding::{Finding, Rule};
use crate::html;
use crate::order::{Order, iso, norwegian};
use crate::report::{Kind, Report};
use crate::xml;

/// What stands before the citizen's address.
const REPLY_TO: &str = "Svar på dette innsynskravet ønskes sendt med epost til";

/// Write the text. Titles are given beside the order, which has none: for each of its
/// documents, the title of the case and that of the document.
pub fn write(order: &Order, titles: &[(String, String)]) -> String {
    let mut text = format!(
        "Til: {}\nBestillingsdato: {}\n\n{REPLY_TO}: {}\n\nDokumenter:\n",
        order.enhet,
        norwegian(&order.date),
        order.epost,
    );
    let none = (String::new(), String::new());
    for (i, document) in order.documents.iter().enumerate() {
        let (sak, tittel) = titles.get(i).unwrap_or(&none);
        text += &format!(
            "  Saksnr: {} | Dok nr. : {} | Sekvensnr.: {}\n  Sak: {sak}\n  Dokument: \
             {tittel}\n  Saksbehandler: {}\n\n",
            document.saksnr,
            document.dokumentnr,
            document.journalnr,
            document.saksbehandler.as_deref().unwrap_or("[Ufordelt]"),
        );
    }
    text + "eInnsyn.no\n"
}

/// Undo the HTML escapes that eInnsyn's sender leaves in the text, one level of them.
/// Line by line: an escaped line break belongs to a title, and stays in its line.
pub fn unescape(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let line = html::unescape(line.trim_end_matches('\r'));
        line.replace(['\n', '\r'], " ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An order as its text has it: fewer fields than order.xml, but titles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Emailtext {
    /// The unit.
    pub virksomhet: String,
    /// `yyyy-mm-dd`, or as it stood where that cannot be read.
    pub date: String,
    /// The citizen's address.
    pub epost: String,
    /// Field by field, what is said of each document: name and text.
    pub documents: Vec<Vec<(&'static str, String)>>,
}

/// What a line of a document begins with, and the name of the field.
const FIELDS: &[(&str, &str)] = &[
    ("Sak", "sak"),
    ("Dokument", "dokument"),
    ("Dok.dato", "dokumentdato"),
    ("Journaldato", "journaldato"),
    ("Saksbehandler", "saksbehandler"),
    ("Enhet", "enhet"),
];

impl Emailtext {
    /// Read a text; none when it has not the layout of one.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .nfc()
            .collect();
        let mut read = Self::default();
        let mut seen = false;
        for line in text.split('\n') {
            let line = line.trim_end_matches('\r').trim_start();
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = html::unescape(value.trim());
            match name.trim_end() {
                "Til" if !seen => {
                    seen = true;
                    read.virksomhet = value;
                }
                "Bestillingsdato" => read.date = iso(&value),
                REPLY_TO => read.epost = value,
                "Saksnr" => read.documents.push(numbers(line)),
                name => {
                    let field = FIELDS.iter().find(|(label, _)| *label == name);
                    let document = read.documents.last_mut();
                    if let (Some((_, field)), Some(document)) = (field, document) {
                        document.push((field, value));
                    }
                }
            }
        }
        seen.then_some(read)
    }
}

/// `Saksnr: 2026/118 | Dok nr. : 1 | Sekvensnr.: 4021/26`
fn numbers(line: &str) -> Vec<(&'static str, String)> {
    let names = ["saksnr", "dokumentnr", "journalnr"];
    let parts = line.split('|').map(|part| {
        let value = part.split_once(':').map_or("", |(_, value)| value);
        html::unescape(value.trim())
    });
    names.into_iter().zip(parts).collect()
}

/// Whether a file without a telling name has the layout.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let mut lines = start.lines();
    lines.any(|line| line.starts_with("Til:")) && start.contains("Bestillingsdato:")
}

pub(crate) fn judge(bytes: &[u8]) -> Report {
    let mut report = Report::new(Kind::Emailtext);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let finding = Finding::warning(Rule::Tegnsett).note("UTF-8");
            report.findings.push(finding.at(error.valid_up_to()));
            xml::western(bytes)
        }
    };
    let Some(read) = Emailtext::read(&text) else {
        let finding = Finding::refuse(Rule::Oppsett).at(0);
        return Report::refused(Kind::Emailtext, vec![finding]);
    };
    let missing = [
        ("e-post", read.epost.is_empty()),
        ("dokument", read.documents.is_empty()),
    ];
    for (name, _) in missing.iter().filter(|(_, missing)| *missing) {
        report
            .findings
            .push(Finding::error(Rule::Antall).path(*name));
    }
    let documents = read.documents.iter().map(|fields| {
        let fields = fields
            .iter()
            .map(|(name, text)| ((*name).to_owned(), json!(text)));
        Value::Object(fields.collect::<Map<_, _>>())
    });
    report.extracted = Map::from_iter([
        ("virksomhet".to_owned(), json!(read.virksomhet)),
        ("bestillingsdato".to_owned(), json!(read.date)),
        ("epost".to_owned(), json!(read.epost)),
        ("dokumenter".to_owned(), documents.collect()),
    ]);
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_of_escapes_is_undone() {
        let text = "Sak: A &amp; B &#39;x&#39; &amp;amp; &ukjent; &#10;y\nny linje";
        assert_eq!(unescape(text), "Sak: A & B 'x' &amp; &ukjent;  y\nny linje");
    }
}
