//! Judge a file that is, or should be, a kvittering.

use serde_json::{Map, Value, json};

use super::{Read, of_object, repair};
use crate::finding::{Finding, Rule};
use crate::report::{Kind, Report};

pub(crate) fn judge(text: &str) -> Report {
    let mut findings = Vec::new();
    let mut cut = None;
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => {
            let Some((value, status)) = repaired(text) else {
                return broken(text, &error);
            };
            findings.push(Finding::warning(Rule::YtreJsonReparert));
            cut = status;
            value
        }
    };
    let Some(kvittering) = found(&value) else {
        let finding = Finding::refuse(Rule::IngenKvittering);
        return Report::refused(Kind::Ukjent, vec![finding]);
    };
    let mut report = Report {
        findings,
        ..Report::new(Kind::Kvittering)
    };
    let status = cut.map(Value::String);
    fields(kvittering, status.as_ref(), &mut report);
    report
}

fn broken(text: &str, error: &serde_json::Error) -> Report {
    let refusals = match crate::jsonld::tree(text) {
        Err(refusals) => refusals,
        Ok(_) => vec![Finding::refuse(Rule::Json).note(error.to_string())],
    };
    Report::refused(Kind::Ukjent, refusals)
}

/// The file after repair, and the status where it had to be cut out.
fn repaired(text: &str) -> Option<(Value, Option<String>)> {
    if let Some(value) = repair::with_controls(text) {
        return Some((value, None));
    }
    let (value, status) = repair::without_status(text)?;
    Some((value, Some(status)))
}

/// With envelope, without, or the bare fields.
fn found(value: &Value) -> Option<&Map<String, Value>> {
    let root = value.as_object()?;
    if let Some(inner) = root.get("einnsyn_kvittering") {
        return inner.as_object();
    }
    let bare = root.contains_key("status") && root.contains_key("referanseType");
    bare.then_some(root)
}

fn fields(kvittering: &Map<String, Value>, cut: Option<&Value>, report: &mut Report) {
    let given = |name: &str| kvittering.get(name).filter(|value| !value.is_null());
    for name in ["dokumentId", "referanseType"] {
        match given(name) {
            Some(value) => drop(report.extracted.insert(name.into(), value.clone())),
            None => report
                .findings
                .push(Finding::error(Rule::Antall).path(name)),
        }
    }
    match cut.or_else(|| given("status")) {
        Some(value) => status(value, report),
        None => report
            .findings
            .push(Finding::error(Rule::Antall).path("status")),
    }
}

fn status(value: &Value, report: &mut Report) {
    let text = match value {
        Value::String(text) => text.clone(),
        other => {
            report
                .findings
                .push(Finding::warning(Rule::StatusIkkeTekst));
            other.to_string()
        }
    };
    let strict = serde_json::from_str::<Value>(&text).ok();
    let repaired = strict
        .is_none()
        .then(|| repair::with_controls(&text))
        .flatten();
    let was_repaired = repaired.is_some();
    let object = strict.or(repaired);
    let read = object
        .as_ref()
        .and_then(Value::as_object)
        .and_then(of_object);
    if was_repaired && read.is_some() {
        report
            .findings
            .push(Finding::warning(Rule::IndreJsonReparert));
    }
    match read {
        Some(Read::Result(result)) => published(result, report),
        Some(Read::Warning(warning)) => {
            let complaints = object.as_ref().map(|o| o["valideringsfeil"].clone());
            warned(warning, complaints.unwrap_or_default(), report);
        }
        Some(Read::Other(_)) | None => {
            state_of(report, "C", "ukjent");
            report.extracted.insert("raatekst".into(), json!(text));
            report.findings.push(Finding::warning(Rule::StatusIkkeJson));
        }
    }
}

fn published(result: super::Result, report: &mut Report) {
    let state = if result.publisert {
        "publisert"
    } else {
        "ikkePublisert"
    };
    state_of(report, "A", state);
    let filled = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    texts(
        report,
        [
            ("publisertTidspunkt", filled(&result.publisert_datotid)),
            ("enhetskode", result.enhetskode),
            ("enhetsnavn", result.enhetsnavn),
            (
                "arkivskaperOrgnummer",
                filled(&result.arkivskaper_orgnummer),
            ),
            (
                "publisertAvOrgnummer",
                filled(&result.publisert_av_orgnummer),
            ),
            ("einnsynId", result.dokument_id),
        ],
    );
}

fn warned(warning: super::Warning, complaints: Value, report: &mut Report) {
    let known = warning.alvorlighetsgrad == "ADVARSEL";
    state_of(report, "B", if known { "advarsel" } else { "ukjent" });
    if !known {
        let finding = Finding::warning(Rule::UkjentAlvorlighetsgrad);
        report
            .findings
            .push(finding.value(&warning.alvorlighetsgrad));
    }
    texts(
        report,
        [
            ("publisertAvOrgnummer", warning.publisert_av_orgnummer),
            ("conversationId", warning.conversation_id),
            ("transactionId", warning.transaction_id),
        ],
    );
    let complaints = if complaints.is_null() {
        json!([])
    } else {
        complaints
    };
    report
        .extracted
        .insert("valideringsfeil".into(), complaints);
}

fn state_of(report: &mut Report, variant: &str, state: &str) {
    report.extracted.insert("variant".into(), json!(variant));
    report.extracted.insert("tilstand".into(), json!(state));
}

fn texts<const N: usize>(report: &mut Report, all: [(&str, Option<String>); N]) {
    for (name, text) in all {
        if let Some(text) = text {
            report.extracted.insert(name.into(), json!(text));
        }
    }
}
