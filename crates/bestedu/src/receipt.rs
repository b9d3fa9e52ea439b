//! AppReceipt: the answer to a message, at once or later.

use crate::xml::Element;
use crate::{Error, print};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Ok,
    /// It is no message for whoever answers.
    NotSupported,
    /// It was taken, and something is to be said of it.
    Warning,
    /// It was not taken.
    Error,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Ok, Self::NotSupported, Self::Warning, Self::Error];

    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::NotSupported => "NOTSUPPORTED",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// Something that is said of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// A number or a word.
    pub code: String,
    /// Words for people.
    pub text: String,
}

/// An AppReceipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppReceipt {
    /// How it went.
    pub outcome: Outcome,
    /// What is said of it.
    pub remarks: Vec<Remark>,
}

impl AppReceipt {
    /// It was taken, and there is nothing to say.
    pub fn ok() -> Self {
        Self {
            outcome: Outcome::Ok,
            remarks: Vec::new(),
        }
    }

    /// One thing is to be said.
    pub fn saying(outcome: Outcome, code: &str, text: impl Into<String>) -> Self {
        Self::ok().of(outcome).and(code, text)
    }

    /// The same with another outcome.
    pub fn of(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// The same with one thing more to be said.
    pub fn and(mut self, code: &str, text: impl Into<String>) -> Self {
        self.remarks.push(Remark {
            code: code.to_owned(),
            text: text.into(),
        });
        self
    }

    pub(crate) fn read(element: &Element) -> Result<Self, Error> {
        let said = element.attribute("type").unwrap_or_default();
        let known = |outcome: &&Outcome| outcome.as_str().eq_ignore_ascii_case(said);
        let outcome = Outcome::ALL.iter().find(known);
        let outcome = *outcome.ok_or_else(|| Error::Unknown {
            found: format!("AppReceipt type=\"{said}\""),
            expected: "OK, NOTSUPPORTED, WARNING or ERROR",
        })?;
        let remarks = element.all("message").map(|message| Remark {
            code: message.attribute("code").unwrap_or_default().to_owned(),
            text: message.text_of("text").unwrap_or_default(),
        });
        Ok(Self {
            outcome,
            remarks: remarks.collect(),
        })
    }

    /// As the content of an element that has been begun, `type` first.
    pub(crate) fn write(&self, name: &str, declared: &str, out: &mut String) {
        out.push_str(&format!(
            "<{name}{declared} type=\"{}\">",
            self.outcome.as_str()
        ));
        for remark in &self.remarks {
            out.push_str("<message code=\"");
            print::escape(&remark.code, out);
            out.push_str("\">");
            print::element("text", Some(&remark.text), out);
            out.push_str("</message>");
        }
        print::close(name, out);
    }

    /// As a document of its own, in the namespace of the contract's types.
    pub fn document(&self) -> String {
        let mut out = String::new();
        let declared = format!(" xmlns:t=\"{}\"", crate::soap::TYPES);
        self.write("t:AppReceipt", &declared, &mut out);
        out
    }
}
