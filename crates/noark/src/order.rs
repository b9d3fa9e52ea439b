//! order.xml: what a citizen asks a body for. Version 1 has no namespace, version 2 has.

mod read;
mod write;

use serde_json::{Map, Value, json};

use crate::Error;
use crate::finding::{Finding, Rule};
use crate::report::{Kind, Report};

pub(crate) use read::looks_like;

pub(crate) const NAMESPACE_V2: &str = "http://einnsyn.no/schema/order/v2";

/// Which of the two forms a body reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// No namespace, dates as `05.03.2026`.
    #[default]
    V1,
    /// `ein:bestilling`, dates as `2026-03-05`.
    V2,
}

/// An order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The form that it came in.
    pub version: Version,
    /// eInnsyn's id; opaque.
    pub id: String,
    /// The date, `yyyy-mm-dd`, or as it stood where that cannot be read.
    pub date: String,
    /// The name of the unit that owns the data.
    pub enhet: String,
    /// Its organisation number; only version 2 has it.
    pub orgnr: Option<String>,
    /// The unit's public address.
    pub enhetepost: Option<String>,
    /// The body's mailbox for innsynskrav; may be empty, older forms lack it.
    pub innsynskravepost: Option<String>,
    /// How the citizen wants the answer: `e-post`.
    pub forsendelsesmaate: Option<String>,
    /// The citizen's address.
    pub epost: String,
    /// The citizen's language, `nb_NO`.
    pub spraak: Option<String>,
    /// What is asked for.
    pub documents: Vec<Ordered>,
}

/// A document in an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ordered {
    /// systemID of the archive (arkiv) that it was published from.
    pub arkiv: Option<String>,
    /// systemID of the part of the archive (arkivdel).
    pub arkivdel: Option<String>,
    /// The IRI under which it was published; only version 2 has it.
    pub id: Option<String>,
    /// `systemID` in the case system, where it was published.
    pub system_id: Option<String>,
    /// `year/number` of the case.
    pub saksnr: String,
    /// Number within the case.
    pub dokumentnr: String,
    /// `sequence/year`, or `year/sequence` before 2019.
    pub journalnr: String,
    /// Whether the year stands first in `journalnr`.
    pub year_first: bool,
    /// Who handles it, or `[Ufordelt]`.
    pub saksbehandler: Option<String>,
    /// The unit that handles it.
    pub adm_enhet: Option<String>,
}

impl Order {
    /// Read either version, after repair where it is needed; elements in any order,
    /// unknown ones passed over.
    ///
    /// Fails when it cannot be read, or cannot be answered: without an id, the citizen's
    /// address or any document. What else is missing is for [`crate::validate`] to say.
    pub fn read(xml: &[u8]) -> Result<Self, Error> {
        let Judged { order, findings } = judge(xml).map_err(Error::Findings)?;
        if order.id.is_empty() || order.epost.is_empty() || order.documents.is_empty() {
            return Err(Error::Findings(findings));
        }
        Ok(order)
    }

    /// The key to know a repeated order by: a retry has new message ids (einnsyn §1.6).
    pub fn key(&self, owner: &str) -> String {
        format!("{} {owner} {}", self.id, self.document_keys().join(" "))
    }

    /// The documents of the key, sorted.
    pub fn document_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.documents.iter().map(Ordered::key).collect();
        keys.sort();
        keys
    }

    /// As it goes into a report.
    fn extracted(&self) -> Map<String, Value> {
        let number = match self.version {
            Version::V1 => 1,
            Version::V2 => 2,
        };
        let owner = self.orgnr.as_ref().unwrap_or(&self.enhet);
        let filled = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
        let texts = [
            ("id", filled(&self.id)),
            ("bestillingsdato", filled(&self.date)),
            ("virksomhet", filled(&self.enhet)),
            ("orgnr", self.orgnr.clone()),
            ("enhetepost", self.enhetepost.clone()),
            ("innsynskravepost", self.innsynskravepost.clone()),
            ("forsendelsesmåte", self.forsendelsesmaate.clone()),
            ("epost", filled(&self.epost)),
            ("språk", self.spraak.clone()),
        ];
        let mut found = given(texts);
        found.insert("versjon".into(), json!(number));
        let documents = self.documents.iter().map(Ordered::extracted);
        found.insert("dokumenter".into(), documents.collect());
        let key = json!([self.id, owner, self.document_keys()]);
        found.insert("noekkel".into(), key);
        found
    }
}

impl Ordered {
    fn key(&self) -> String {
        match &self.id {
            Some(id) => id.clone(),
            None => format!("{}|{}|{}", self.saksnr, self.dokumentnr, self.journalnr),
        }
    }

    /// Year and number of the case.
    pub fn case(&self) -> Option<(i64, i64)> {
        let (year, number) = self.saksnr.split_once('/')?;
        Some((year.trim().parse().ok()?, number.trim().parse().ok()?))
    }

    /// The sequence number in the journal, and the year without its century.
    pub fn journal(&self) -> Option<(i64, i64)> {
        let (first, second) = self.journalnr.split_once('/')?;
        let first: i64 = first.trim().parse().ok()?;
        let second: i64 = second.trim().parse().ok()?;
        let (year, sequence) = if self.year_first {
            (first, second)
        } else {
            (second, first)
        };
        Some((sequence, year.rem_euclid(100)))
    }

    fn extracted(&self) -> Value {
        let texts = [
            ("arkivId", self.arkiv.clone()),
            ("arkivdelId", self.arkivdel.clone()),
            ("id", self.id.clone()),
            ("systemId", self.system_id.clone()),
            ("saksnr", Some(self.saksnr.clone())),
            ("dokumentnr", Some(self.dokumentnr.clone())),
            ("journalnr", Some(self.journalnr.clone())),
            ("saksbehandler", self.saksbehandler.clone()),
            ("admEnhet", self.adm_enhet.clone()),
        ];
        let mut found = given(texts);
        if let Some((year, number)) = self.case() {
            found.insert("saksaar".into(), json!(year));
            found.insert("sakssekvensnummer".into(), json!(number));
        }
        if let Some((sequence, year)) = self.journal() {
            found.insert("journalsekvensnummer".into(), json!(sequence));
            found.insert("journalaarModHundre".into(), json!(year));
        }
        Value::Object(found)
    }
}

fn given<const N: usize>(texts: [(&str, Option<String>); N]) -> Map<String, Value> {
    let some = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)));
    some.map(|(name, text)| (name.to_owned(), json!(text)))
        .collect()
}

/// An order as far as it could be read, and what is wrong with it.
pub(crate) struct Judged {
    order: Order,
    findings: Vec<Finding>,
}

/// Fails only when it cannot be read at all.
pub(crate) fn judge(xml: &[u8]) -> Result<Judged, Vec<Finding>> {
    let (order, mut findings) = read::read(xml)?;
    let mut need = |name: &str, missing: bool| {
        if missing {
            findings.push(Finding::error(Rule::Antall).path(name));
        }
    };
    let v2 = order.version == Version::V2;
    need("id", order.id.is_empty());
    need("bestillingsdato", order.date.is_empty());
    need(
        if v2 { "virksomhet" } else { "enhet" },
        order.enhet.is_empty(),
    );
    need(
        "orgnr",
        v2 && order.orgnr.as_deref().unwrap_or_default().is_empty(),
    );
    need("e-post", order.epost.is_empty());
    need("dokument", order.documents.is_empty());
    for document in &order.documents {
        need("id", v2 && document.id.is_none());
        need("saksnr", document.saksnr.is_empty());
        need("dokumentnr", document.dokumentnr.is_empty());
        need("journalnr", document.journalnr.is_empty());
    }
    Ok(Judged { order, findings })
}

impl Judged {
    pub(crate) fn report(self) -> Report {
        let kind = match self.order.version {
            Version::V1 => Kind::OrderV1,
            Version::V2 => Kind::OrderV2,
        };
        Report {
            findings: self.findings,
            extracted: self.order.extracted(),
            ..Report::new(kind)
        }
    }
}

/// `2026-03-05` as `05.03.2026`.
pub(crate) fn norwegian(date: &str) -> String {
    match date.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => format!("{day}.{month}.{year}"),
        _ => date.to_owned(),
    }
}

/// `05.03.2026`, `2026-03-05+01:00` or a date with a time, as `2026-03-05`.
pub(crate) fn iso(date: &str) -> String {
    let turned = match date.split('.').collect::<Vec<_>>().as_slice() {
        [day, month, year] => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => date.get(..10).unwrap_or(date).to_owned(),
    };
    match turned.parse::<jiff::civil::Date>() {
        Ok(_) => turned,
        Err(_) => date.to_owned(),
    }
}
