//! Judge a file: what it is, whether it may go, and the messages that it becomes.

use jiff::Timestamp;
use noark::graph::Graph;
use noark::{Document, Kind, Level, Report, document, validate, withdrawn_by};
use serde_json::{Value, json};

use super::result::LANGUAGE;
use crate::files::Folder;
use crate::ledger::file::{self, File};
use crate::ledger::part::NewPart;
use crate::ledger::{form, published};
use crate::{Error, Klient};

/// Larger parts are not taken by the access point (einnsyn §1.7: 2 MB).
const PAYLOAD_BYTES_MAX: usize = 2_000_000;

/// What a file is to become.
pub(super) struct Plan {
    /// Texts that were judged, and the judgements.
    pub(super) reports: Vec<Report>,
    /// The messages; none where it cannot be published.
    pub(super) parts: Vec<NewPart>,
    /// What was added of what is published already, by IRI.
    pub(super) added: Vec<String>,
}

impl Klient {
    /// Judge a file that was taken and enter it in the ledger.
    pub(super) async fn judge_file(&self, name: &str) -> Result<(), Error> {
        let bytes = std::fs::read(self.folders.place(Folder::Sending, name))?;
        let now = self.clock.now();
        let (file, parts) = match self.plan(name, &bytes).await? {
            Ok(plan) => {
                let approver = form::approver(&self.db, name).await?;
                self.verdict(name, plan, now, approver)
            }
            Err(words) => (refused(name, &words, now), Vec::new()),
        };
        tracing::info!(
            folder = file.folder.as_str(),
            parts = parts.len(),
            held = file.held.is_some(),
            "a file was judged",
        );
        file::enter(&self.db, file, parts).await?;
        self.settle(name).await
    }

    /// Read it, and fill in what a full replacement needs; the inner error is why it
    /// cannot be published.
    async fn plan(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<Result<Plan, String>, Error> {
        let settings = noark::Settings {
            profile: self.settings.publish.profile.into(),
            complaints: published::complaints(&self.db).await?,
            ..noark::Settings::default()
        };
        let report = validate(name, bytes, &settings);
        let read = match document(bytes) {
            Ok(read) if report.verdict() != Level::Refuse => read,
            _ => return Ok(Ok(Plan::alone(report, Vec::new()))),
        };
        match report.kind {
            Kind::TrekkTilbake => {
                let parts = self.withdrawal(&read);
                Ok(Ok(Plan::alone(report, parts)))
            }
            Kind::Publisering | Kind::Noark4 | Kind::Noark5 if is_change(name) => {
                self.change(&read.graph, &settings).await
            }
            Kind::Publisering | Kind::Noark4 | Kind::Noark5 => self
                .publication(report, read.graph, &settings)
                .await
                .map(Ok),
            _ => Ok(Err(
                "Filen er ingen publisering. Her hører JSON-LD, Noark 5 XML og \
                         Noark 4 OFFJOURNAL hjemme."
                    .into(),
            )),
        }
    }

    async fn publication(
        &self,
        report: Report,
        mut graph: Graph,
        settings: &noark::Settings,
    ) -> Result<Plan, Error> {
        let mut added = Vec::new();
        let missing = noark::missing(&graph);
        for (_, payload) in published::with(&self.db, missing).await? {
            if let Ok(known) = document(&payload) {
                let (whole, more) = noark::completed(&graph, &known.graph);
                graph = whole;
                added.extend(more);
            }
        }
        let parts = self.parts(&graph, |_| true);
        let mut plan = Plan::alone(report, parts);
        if !added.is_empty() {
            // Judged again as it will be sent.
            let text = noark::write_jsonld(&of(graph));
            plan.reports = vec![validate("payload.jsonld", text.as_bytes(), settings)];
            plan.added = added;
        }
        Ok(plan)
    }

    /// The messages of a graph, for those heads that are wanted.
    pub(super) fn parts(
        &self,
        graph: &Graph,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<NewPart> {
        let parts = noark::split(graph).into_iter().filter(|p| wanted(&p.iri));
        parts
            .map(|part| {
                let node = graph.find(&part.iri).and_then(|name| graph.node(name));
                let types = node.into_iter().flat_map(|node| graph.types(node));
                let mut types = types.map(|class| graph.local(class));
                let meeting = types
                    .any(|class| class.starts_with("Møte") || class == "Moetemappe");
                self.part(part.iri, part.jsonld, meeting, false)
            })
            .collect()
    }

    fn withdrawal(&self, document: &Document) -> Vec<NewPart> {
        let all = withdrawn_by(document);
        let meeting = all.iter().all(|(_, class)| class.starts_with('M'));
        let first = all.first().map(|(iri, _)| iri.clone()).unwrap_or_default();
        let text = noark::write_jsonld(document);
        vec![self.part(first, text, meeting, true)]
    }

    fn part(
        &self,
        iri: String,
        text: String,
        meeting: bool,
        withdraws: bool,
    ) -> NewPart {
        NewPart {
            iri,
            withdraws,
            meeting,
            payload: text.into_bytes(),
            message_id: self.random.uuid().to_string(),
            conversation_id: self.random.uuid().to_string(),
        }
    }

    /// Where it belongs, and who must let it go, unless somebody has.
    fn verdict(
        &self,
        name: &str,
        plan: Plan,
        now: Timestamp,
        approver: Option<String>,
    ) -> (File, Vec<NewPart>) {
        let publish = &self.settings.publish;
        let findings = || plan.reports.iter().flat_map(|report| &report.findings);
        let is_held =
            |rule: &noark::Rule| publish.karantene.iter().any(|r| r == rule.as_str());
        let wrong = findings().any(|f| f.level >= Level::Error && !is_held(&f.rule));
        let held = findings().find(|f| is_held(&f.rule));
        let large = plan
            .parts
            .iter()
            .find(|p| p.payload.len() > PAYLOAD_BYTES_MAX);
        let too_large = large.map(|p| {
            let bytes = p.payload.len();
            format!(
                "{} er på {bytes} byte; {PAYLOAD_BYTES_MAX} er det meste.",
                p.iri
            )
        });
        let mut words = too_large.into_iter().collect::<Vec<_>>();
        if plan.parts.is_empty() && !wrong {
            words.push("Filen inneholder ingen registrering.".into());
        }
        let (folder, held) = if wrong || !words.is_empty() {
            (Folder::Avvist, None)
        } else if let Some(finding) = held {
            let folder = match approver {
                Some(_) => Folder::Sending,
                None => Folder::Karantene,
            };
            (folder, Some(finding.message(LANGUAGE)))
        } else if publish.godkjenning {
            let words = "Filen venter på godkjenning.".to_owned();
            (Folder::Sending, Some(words))
        } else {
            (Folder::Sending, None)
        };
        let judged = judgement(name, &plan, &words);
        let file = File {
            name: name.to_owned(),
            folder,
            came: now,
            release: now + publish.delay(),
            held,
            approved: approver,
            judged: judged.to_string(),
        };
        let parts = match folder {
            Folder::Avvist => Vec::new(),
            _ => plan.parts,
        };
        (file, parts)
    }
}

impl Plan {
    fn alone(report: Report, parts: Vec<NewPart>) -> Self {
        Self {
            reports: vec![report],
            parts,
            added: Vec::new(),
        }
    }
}

/// A file that changes what is published, and leaves the rest as it is.
fn is_change(name: &str) -> bool {
    name.to_lowercase().contains(".endring.")
}

/// A document of a graph.
pub(super) fn of(graph: Graph) -> Document {
    Document {
        graph,
        ..Document::default()
    }
}

fn judgement(name: &str, plan: &Plan, words: &[String]) -> Value {
    let (mut findings, mut advice) = (Vec::new(), Vec::new());
    let mut kind = Value::Null;
    for report in &plan.reports {
        let mut report = report.to_json(name, LANGUAGE);
        kind = report["kind"].take();
        for (list, all) in [("findings", &mut findings), ("advice", &mut advice)] {
            if let Value::Array(some) = report[list].take() {
                all.extend(some);
            }
        }
    }
    json!({
        "type": kind,
        "beskjed": words,
        "funn": findings,
        "raad": advice,
        "lagtTil": plan.added,
    })
}

fn refused(name: &str, words: &str, now: Timestamp) -> File {
    File {
        name: name.to_owned(),
        folder: Folder::Avvist,
        came: now,
        release: now,
        held: None,
        approved: None,
        judged: json!({"beskjed": [words], "funn": [], "raad": []}).to_string(),
    }
}
