//! What makes a file of eInnsyn's unusable.

use fault::Fault;

use crate::finding::{Finding, Language};

/// Why a file was not taken: what is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It breaks rules; the gravest first.
    #[error("{}", words(.0))]
    Findings(Vec<Finding>),
}

fn words(findings: &[Finding]) -> String {
    let sentence = |finding: &Finding| {
        let message = finding.message(Language::Bokmaal);
        let hint = finding.hint(Language::Bokmaal);
        match &finding.focus {
            Some(focus) => format!("{focus}: {message}. {hint}"),
            None => format!("{message}. {hint}"),
        }
    };
    findings.iter().map(sentence).collect::<Vec<_>>().join("\n")
}

impl Error {
    /// The names of the rules, for a log: nothing of the file is in them.
    pub fn rules(&self) -> String {
        let Self::Findings(findings) = self;
        let names = findings.iter().map(|finding| finding.rule.as_str());
        names.collect::<Vec<_>>().join(", ")
    }

    /// Whoever wrote the file must mend it.
    pub fn fault(&self) -> Fault {
        Fault::Caller
    }
}
