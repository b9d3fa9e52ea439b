//! A file, judged: kind, verdict, findings, and what was read out of it.

use serde_json::{Map, Value, json};

use crate::finding::{Finding, Language, Level};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JSON-LD to be published.
    Publisering,
    /// JSON-LD or Noark 5 XML to be withdrawn.
    TrekkTilbake,
    /// Noark 4 XML (OFFJOURNAL).
    Noark4,
    /// Noark 5 XML.
    Noark5,
    /// order.xml without a namespace, or oep.xml.
    OrderV1,
    /// order.xml in version 2.
    OrderV2,
    /// The text of an order.
    Emailtext,
    /// An einnsyn_kvittering, with or without envelope.
    Kvittering,
    /// None of these, or not readable.
    Ukjent,
}

impl Kind {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publisering => "publisering",
            Self::TrekkTilbake => "trekkTilbake",
            Self::Noark4 => "noark4",
            Self::Noark5 => "noark5",
            Self::OrderV1 => "order-v1",
            Self::OrderV2 => "order-v2",
            Self::Emailtext => "emailtext",
            Self::Kvittering => "kvittering",
            Self::Ukjent => "ukjent",
        }
    }
}

/// The judgement.
#[derive(Debug)]
pub struct Report {
    /// What the file is.
    pub kind: Kind,
    /// What is wrong, gravest first.
    pub findings: Vec<Finding>,
    /// What could be better; it does not change the verdict.
    pub advice: Vec<Finding>,
    /// What was read out of it.
    pub extracted: Map<String, Value>,
    /// What a publication weighs on the wire, about.
    pub wire_bytes: Option<usize>,
}

impl Report {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            findings: Vec::new(),
            advice: Vec::new(),
            extracted: Map::new(),
            wire_bytes: None,
        }
    }

    pub(crate) fn refused(kind: Kind, findings: Vec<Finding>) -> Self {
        Self {
            findings,
            ..Self::new(kind)
        }
    }

    /// That of the gravest finding.
    pub fn verdict(&self) -> Level {
        let levels = self.findings.iter().map(|f| f.level);
        levels.max().unwrap_or(Level::Ok)
    }

    /// As JSON, the form that `sendebud validate` prints for each file.
    pub fn to_json(&self, file: &str, language: Language) -> Value {
        let list = |findings: &[Finding]| -> Vec<Value> {
            findings.iter().map(|f| finding(f, language)).collect()
        };
        json!({
            "file": file,
            "kind": self.kind.as_str(),
            "verdict": self.verdict().as_str(),
            "findings": list(&self.findings),
            "advice": list(&self.advice),
            "extracted": self.extracted,
            "wireBytes": self.wire_bytes,
        })
    }
}

fn finding(finding: &Finding, language: Language) -> Value {
    let mut value = json!({
        "level": finding.level.as_str(),
        "rule": finding.rule.as_str(),
        "focus": finding.focus,
        "path": finding.path,
        "value": finding.value,
        "message": finding.message(language),
        "hint": finding.hint(language),
    });
    if let Some(expected) = &finding.expected {
        value["expected"] = json!(expected);
    }
    if let Some(note) = &finding.note {
        value["note"] = json!(note);
    }
    if let Some(place) = &finding.place {
        value["place"] = json!({"start": place.start, "end": place.end});
    }
    value
}
