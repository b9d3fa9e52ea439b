//! What there is to see, and what a client cannot do or we do not.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::sdk;

/// A client, in the table's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Client {
    Python,
    JavaScript,
    Java,
    Go,
    Proton,
}

impl Client {
    pub(crate) const ALL: [Self; 5] = [
        Self::Python,
        Self::JavaScript,
        Self::Java,
        Self::Go,
        Self::Proton,
    ];

    /// Its folder among the programs, and among what is installed.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Java => "java",
            Self::Go => "go",
            Self::Proton => "proton",
        }
    }
}

/// One behaviour.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) says: String,
    /// Properties of its queue.
    #[serde(default)]
    pub(crate) queue: Map<String, Value>,
}

/// Why a case is not seen, or not as it says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Gap {
    /// The client has no way to ask for it.
    Cannot(String),
    /// It asks, and it is not as the case says.
    Differs(String),
}

/// How a case came out.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) ok: bool,
    pub(crate) reason: String,
}

/// All of it.
pub(crate) struct Cases {
    pub(crate) cases: Vec<Case>,
    pub(crate) gaps: BTreeMap<Client, BTreeMap<String, Gap>>,
}

impl Cases {
    pub(crate) fn read() -> Self {
        #[derive(Deserialize)]
        struct File {
            cases: Vec<Case>,
        }
        let text = |name| fs::read_to_string(sdk(name)).unwrap();
        let file: File = toml::from_str(&text("cases.toml")).unwrap();
        let gaps = toml::from_str(&text("gaps.toml")).unwrap();
        let read = Self {
            cases: file.cases,
            gaps,
        };
        for (client, gaps) in &read.gaps {
            for name in gaps.keys() {
                let known = read.cases.iter().any(|case| case.name == *name);
                assert!(known, "gaps.toml: {client:?} has no case {name}");
            }
        }
        read
    }

    pub(crate) fn gap(&self, client: Client, case: &str) -> Option<&Gap> {
        self.gaps.get(&client)?.get(case)
    }

    /// Where the client's run is not as the cases and the gaps have it.
    pub(crate) fn wrong(
        &self,
        client: Client,
        seen: &BTreeMap<String, Seen>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        for Case { name, .. } in &self.cases {
            let gap = self.gap(client, name);
            match (seen.get(name), gap) {
                (Some(seen), None) if !seen.ok => {
                    wrong.push(format!("{name}: {}", seen.reason));
                }
                (None, None) => wrong.push(format!("{name}: did not run")),
                (Some(_), Some(Gap::Cannot(_))) => {
                    wrong.push(format!("{name}: it can; take it out of gaps.toml"));
                }
                (Some(seen), Some(Gap::Differs(_))) if seen.ok => {
                    wrong.push(format!("{name}: passes; take it out of gaps.toml"));
                }
                (None, Some(Gap::Differs(_))) => {
                    wrong.push(format!("{name}: did not run, and should differ"));
                }
                _ => {}
            }
        }
        for name in seen.keys() {
            if !self.cases.iter().any(|case| case.name == *name) {
                wrong.push(format!("{name}: cases.toml has no such case"));
            }
        }
        wrong
    }
}

#[test]
fn a_gap_that_is_none_is_told() {
    let cases = Cases::read();
    let client = Client::Proton;
    let outcome = |ok| Seen {
        ok,
        reason: "no".into(),
    };
    let can = |case: &&Case| cases.gap(client, &case.name).is_none();
    let as_listed: BTreeMap<String, Seen> = cases
        .cases
        .iter()
        .filter(can)
        .map(|case| (case.name.clone(), outcome(true)))
        .collect();
    let cannot: Vec<&Case> = cases.cases.iter().filter(|case| !can(case)).collect();
    let only_cannot = cannot
        .iter()
        .all(|case| matches!(cases.gap(client, &case.name), Some(Gap::Cannot(_))));
    if only_cannot {
        assert_eq!(cases.wrong(client, &as_listed), Vec::<String>::new());
    }
    let mut passes = as_listed.clone();
    passes.insert(cannot[0].name.clone(), outcome(true));
    assert!(cases.wrong(client, &passes)[0].contains("take it out"));
    let mut fails = as_listed.clone();
    fails.insert("send_one".into(), outcome(false));
    assert!(cases.wrong(client, &fails)[0].starts_with("send_one: no"));
    let mut missing = as_listed;
    missing.remove("send_one");
    assert!(cases.wrong(client, &missing)[0].contains("did not run"));
}
