//! What is wrong with a form, at the field where it is wrong.
//!
//! The rules are noark's, the same that a file is judged by. The form adds what it asks
//! for itself: a field that must be filled in, and an address that leads to the web.

use noark::vocabulary::ARKIV;
use noark::{Finding, Level, Rule, validate, write_jsonld};
use pages::{Language, fill};

use super::build::{Built, SENSITIVE};
use super::say::say;
use super::spec::{Count, Field, Group, Kind, What};
use super::typed::Typed;
use crate::words::words;

/// One thing that is wrong, or could be better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The field, or the row; empty where it is about all of it.
    pub(crate) at: String,
    pub(crate) level: Level,
    /// What the field is called, where the words do not say so.
    pub(crate) label: String,
    pub(crate) words: String,
    pub(crate) hint: String,
    /// Nothing is typed there yet.
    pub(crate) missing: bool,
    /// It may go, if the person who lets it go says so.
    pub(crate) held: bool,
    /// eInnsyn, or a machine on the way there, has said so.
    pub(crate) heard: bool,
}

/// How to judge, and in which language to say it.
pub(crate) struct Judge<'a> {
    pub(crate) settings: &'a noark::Settings,
    /// Names of rules whose breach a person may let go.
    pub(crate) held: &'a [String],
    pub(crate) language: Language,
}

/// Whether nothing is wrong that must be mended first.
pub(crate) fn may_go(found: &[Found]) -> bool {
    !found.iter().any(|f| f.level >= Level::Error && !f.held)
}

impl Judge<'_> {
    /// Everything that is found, in the order of the form.
    pub(crate) fn form(&self, kind: Kind, typed: &Typed, built: &Built) -> Vec<Found> {
        let mut found = Vec::new();
        for group in kind.groups() {
            self.own(group, typed, "", &mut found);
        }
        let document = noark::Document {
            graph: built.graph.clone(),
            ..noark::Document::default()
        };
        let text = write_jsonld(&document);
        let report = validate("skjema.jsonld", text.as_bytes(), self.settings);
        for finding in report.findings.iter().chain(&report.advice) {
            let one = self.placed(kind, built, finding);
            let known =
                |f: &Found| f.at == one.at && (f.missing || f.words == one.words);
            let said = found.iter().any(known);
            if !said && finding.rule != Rule::IngenRegistrering {
                found.push(one);
            }
        }
        found
    }

    fn own(&self, group: &Group, typed: &Typed, path: &str, found: &mut Vec<Found>) {
        let blank = Typed::default();
        let rows = match (group.count, typed.rows(group.name)) {
            (Count::One, []) => std::slice::from_ref(&blank),
            (_, rows) => rows,
        };
        for (number, row) in rows.iter().enumerate() {
            if group.count == Count::Maybe && row.is_blank() {
                continue;
            }
            let path = format!("{path}{}.{number}.", group.name);
            for field in group.fields {
                let mut look = |name: &str, label: &str| {
                    let text = row.text(name);
                    let at = format!("{path}{name}");
                    if text.is_empty() && field.needed {
                        found.push(self.lacks(at, label));
                    } else if matches!(field.what, What::Link | What::File)
                        && !text.is_empty()
                        && !is_web(text)
                    {
                        found.push(self.no_address(at, label));
                    }
                };
                let w = words(self.language);
                let label = (field.label)(w);
                if field.what == What::Washed {
                    let half = |which: &str| format!("{label} ({which})");
                    let name = format!("{}{SENSITIVE}", field.name);
                    look(&name, &half(w.half_sensitive));
                    look(field.name, &half(w.half_washed));
                } else {
                    look(field.name, label);
                }
            }
            for inner in group.groups {
                self.own(inner, row, &path, found);
            }
        }
    }

    fn lacks(&self, at: String, label: &str) -> Found {
        let w = words(self.language);
        Found {
            at,
            level: Level::Error,
            label: String::new(),
            words: fill(w.missing, &[("felt", label)]),
            hint: String::new(),
            missing: true,
            held: false,
            heard: false,
        }
    }

    fn no_address(&self, at: String, label: &str) -> Found {
        let w = words(self.language);
        Found {
            at,
            level: Level::Error,
            label: label.to_owned(),
            words: w.no_address.to_owned(),
            hint: w.no_address_hint.to_owned(),
            missing: false,
            held: false,
            heard: false,
        }
    }

    /// A finding of noark's, in the words of the form.
    fn placed(&self, kind: Kind, built: &Built, finding: &Finding) -> Found {
        let mut finding = finding.clone();
        let focus = finding.focus.as_deref().unwrap_or_default();
        let row = built.rows.get(focus).map_or("", String::as_str);
        let property = finding.path.as_deref().unwrap_or_default();
        let property = property.strip_prefix(ARKIV).unwrap_or(property);
        let (at, field) = place(kind, row, property);
        let label = field.map(|field| (field.label)(words(self.language)));
        if let Some(label) = label {
            finding.path = Some(label.to_owned());
        }
        let what = field.map(|field| field.what);
        let (words, hint) = say(&finding, what, self.language);
        Found {
            at,
            level: finding.level,
            label: label.unwrap_or_default().to_owned(),
            words,
            hint,
            missing: false,
            held: self.held.iter().any(|rule| rule == finding.rule.as_str()),
            heard: false,
        }
    }
}

/// The field of a property, or its row where there is none.
pub(crate) fn place(
    kind: Kind,
    row: &str,
    property: &str,
) -> (String, Option<&'static Field>) {
    let group = Group::find(kind.groups(), row);
    let open = property.strip_suffix("_SENSITIV");
    let mut fields = group.map_or(&[][..], |group| group.fields).iter();
    let named = open.unwrap_or(property);
    let Some(field) = fields.find(|field| field.property == named) else {
        return (row.to_owned(), None);
    };
    let end = if open.is_some() { SENSITIVE } else { "" };
    (format!("{row}.{}{end}", field.name), Some(field))
}

fn is_web(text: &str) -> bool {
    let url: Result<url::Url, _> = text.parse();
    url.is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
}

/// Fill in the washed half of each pair that has none, from the other half. Answers the
/// fields that were filled in.
pub(crate) fn propose(kind: Kind, typed: &mut Typed) -> Vec<String> {
    let mut filled = Vec::new();
    for group in kind.groups() {
        propose_rows(group, typed, "", &mut filled);
    }
    filled
}

fn propose_rows(
    group: &Group,
    typed: &mut Typed,
    path: &str,
    filled: &mut Vec<String>,
) {
    for (number, row) in typed.rows_mut(group.name).iter_mut().enumerate() {
        let path = format!("{path}{}.{number}.", group.name);
        for field in group.fields.iter().filter(|f| f.what == What::Washed) {
            let sensitive = row.text(&format!("{}{SENSITIVE}", field.name));
            if row.text(field.name).is_empty() && !sensitive.is_empty() {
                let washed = noark::wash(sensitive);
                row.set(field.name, washed);
                filled.push(format!("{path}{}", field.name));
            }
        }
        for inner in group.groups {
            propose_rows(inner, row, &path, filled);
        }
    }
}
