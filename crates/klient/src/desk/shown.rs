//! What became of a form that was let go: the states of its messages, and what others
//! said of them, at the field where that can be told.

use noark::Level;
use serde_json::Value;

use super::Desk;
use super::frame::Frame;
use crate::Error;
use crate::files::Folder;
use crate::form::{Built, Found, Kind, place};
use crate::ledger::file;
use crate::ledger::form::{Form, State};
use crate::ledger::part::{self, Part};

/// Where a form stands, as lists tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    Draft,
    Waiting,
    Underway,
    Refused,
    Published,
    Withdrawn,
}

impl Stand {
    pub(super) const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Draft,
        Self::Refused,
        Self::Underway,
        Self::Published,
        Self::Withdrawn,
    ];

    pub(super) fn of(form: &Form) -> Self {
        match (form.state, form.folder) {
            (State::Draft, _) => Self::Draft,
            (State::Waiting, _) => Self::Waiting,
            (_, Some(Folder::Avvist)) => Self::Refused,
            (State::Approved, Some(Folder::Publisert)) => Self::Published,
            (State::Withdrawn, Some(Folder::Publisert)) => Self::Withdrawn,
            _ => Self::Underway,
        }
    }

    /// What it is called.
    pub(super) fn words(self, f: &Frame) -> &'static str {
        match self {
            Self::Draft => f.w.stand_draft,
            Self::Waiting => f.w.stand_waiting,
            Self::Underway => f.w.stand_underway,
            Self::Refused => f.w.stand_refused,
            Self::Published => f.w.stand_published,
            Self::Withdrawn => f.w.stand_withdrawn,
        }
    }

    /// Its colour.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Published => "ok",
            Self::Refused => "error",
            Self::Waiting => "warning",
            _ => "",
        }
    }
}

/// What became of the last file of a form.
#[derive(Default)]
pub(super) struct Outcome {
    /// Each message: what it is about, and its state in words.
    pub(super) parts: Vec<(String, &'static str)>,
    /// What was said.
    pub(super) found: Vec<Found>,
}

impl Desk {
    /// What became of the last file of a form.
    pub(super) async fn outcome(
        &self,
        f: &Frame,
        form: &Form,
        built: &Built,
    ) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let db = &self.klient.db;
        let Some(name) = &form.file else {
            return Ok(outcome);
        };
        let judged = file::find(db, name).await?.map(|file| file.judged);
        let judged: Value = judged
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let said = judged["beskjed"].as_array().into_iter().flatten();
        let said = said.filter_map(Value::as_str);
        outcome.found.extend(said.map(|words| said_of("", words)));
        for part in part::of_file(db, name).await? {
            outcome
                .parts
                .push((about(&part, built, form), state(f, &part)));
            outcome.hear(&part, form.kind, built);
        }
        Ok(outcome)
    }
}

/// What a message is about: the title of its registrering.
fn about(part: &Part, built: &Built, form: &Form) -> String {
    let row = built.rows.get(&part.iri);
    let row = row.and_then(|path| form.typed.clone().at(path).cloned());
    let title = row.map(|row| row.text("tittel").to_owned());
    title.filter(|_| !part.withdraws).unwrap_or_default()
}

impl Outcome {
    fn hear(&mut self, part: &Part, kind: Kind, built: &Built) {
        let words: Vec<Value> = serde_json::from_str(&part.words).unwrap_or_default();
        let row = built.rows.get(&part.iri).cloned().unwrap_or_default();
        for word in &words {
            let status = &word["status"];
            let said = [&word["tekst"], &status["feilmelding"], status];
            if let Some(text) = said.into_iter().find_map(Value::as_str) {
                self.found.push(said_of(&row, text));
            }
            let complaints = status["valideringsfeil"].as_array();
            for complaint in complaints.into_iter().flatten() {
                let text = |name: &str| complaint[name].as_str().unwrap_or_default();
                let path = built.rows.get(text("elementId")).unwrap_or(&row);
                let property = text("attributt");
                let property = property.rsplit('/').next().unwrap_or(property);
                let (at, _) = place(kind, path, property);
                self.found.push(said_of(&at, text("feilmelding")));
            }
        }
    }
}

fn said_of(at: &str, words: &str) -> Found {
    Found {
        at: at.to_owned(),
        level: Level::Warning,
        label: String::new(),
        words: words.to_owned(),
        hint: String::new(),
        missing: false,
        held: false,
        heard: true,
    }
}

fn state(f: &Frame, part: &Part) -> &'static str {
    use crate::ledger::part::State as Part;
    match (part.state, part.withdraws) {
        (Part::Klar, _) => f.w.part_ready,
        (Part::Sendt, _) => f.w.part_sent,
        (Part::Mottatt, _) => f.w.part_received,
        (Part::Levert | Part::Publisert, true) => f.w.part_withdrawn,
        (Part::Levert, _) => f.w.part_delivered,
        (Part::Publisert, _) => f.w.part_published,
        (Part::Avvist, _) => f.w.part_refused,
    }
}

#[cfg(test)]
mod tests {
    use ambient::Random;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::form::{ID, Owner, Typed, build};

    /// > valideringsfeil: elementId, elementType, attributt, feilmelding (einnsyn §5)
    #[test]
    fn what_einnsyn_says_of_a_property_stands_at_its_field() {
        let pairs = [
            ("mappe.0.nummer", "417"),
            ("post.0.part.0.navn_s", "Kari Eksempel"),
        ];
        let pairs = pairs.map(|(n, v)| (n.to_owned(), v.to_owned()));
        let mut typed = Typed::of(&pairs);
        typed.name_rows(&Random::seeded(3));
        let owner = Owner {
            orgnr: "310000019".into(),
            base: "https://fjordvik.example/id/".into(),
            zone: TimeZone::UTC,
        };
        let built = build(Kind::Journalpost, &typed, &owner);
        let iri = |path: &str| {
            let id = typed.clone().at(path).unwrap().text(ID).to_owned();
            format!("https://fjordvik.example/id/{id}")
        };
        let arkiv = "http://www.arkivverket.no/standarder/noark5/arkivstruktur/";
        let complaint = |element: &str, attributt: &str| {
            json!({"elementId": element, "attributt": format!("{arkiv}{attributt}"),
                "feilmelding": "Mangler."})
        };
        let words = json!([
            {"status": {"alvorlighetsgrad": "ADVARSEL", "valideringsfeil": [
                complaint(&iri("post.0.part.0"), "korrespondansepartNavn_SENSITIV"),
                complaint(&iri("post.0"), "journaldato"),
                complaint("https://elsewhere.example/1", "parent"),
            ]}},
            {"status": {"publisert": false, "feilmelding": "Ikke publisert."}},
            {"tekst": "Levetiden er ute."},
            {"status": "Noe annet"},
        ]);
        let part = Part {
            file: "a".into(),
            number: 1,
            iri: iri("post.0"),
            withdraws: false,
            meeting: false,
            message_id: "m".into(),
            conversation_id: "c".into(),
            state: part::State::Avvist,
            words: words.to_string(),
            changed: Timestamp::UNIX_EPOCH,
        };
        let mut outcome = Outcome::default();
        outcome.hear(&part, Kind::Journalpost, &built);
        let found = outcome.found.iter();
        let said: Vec<_> = found.map(|f| (f.at.as_str(), f.words.as_str())).collect();
        assert_eq!(
            said,
            [
                ("post.0.part.0.navn_s", "Mangler."),
                ("post.0.journaldato", "Mangler."),
                ("post.0", "Mangler."),
                ("post.0", "Ikke publisert."),
                ("post.0", "Levetiden er ute."),
                ("post.0", "Noe annet"),
            ]
        );
    }
}
