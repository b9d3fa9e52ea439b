//! `/api/capabilities/{receiverIdentifier}` and `/servicerecord/{identifier}`: what the
//! address register says of a receiver.

use axum::extract::State;
use axum::http::StatusCode;
use registry::ServiceRecord;
use sbd::MessageType;
use serde_json::{Value, json};

use crate::door::{Here, Id, mismatch};
use crate::error::Answer;
use crate::label;
use crate::negotiate::TakesJson;
use crate::query::Query;
use crate::refusal::{Refusal, text};
use crate::reply;

/// GET /api/capabilities/{receiverIdentifier}
pub(crate) async fn of(
    _: TakesJson,
    State(here): Here,
    id: Id,
    query: Query,
) -> Answer {
    let level = query.first("securityLevel");
    if let Some(level) = level.filter(|level| level.parse::<i32>().is_err()) {
        return Err(mismatch("securityLevel", "java.lang.Integer", level));
    }
    let process = query.first("process");
    let found =
        flow::capabilities::capabilities(&here.point, id.as_str(), process).await;
    let records = found.map_err(|error| match error {
        flow::Error::Registry(registry::Error::NotFound { .. }) => {
            let words = not_found(id.as_str(), process, level, None);
            Refusal::with(&label::IDENTIFIER_NOT_FOUND, [text(words)])
        }
        error => error.into(),
    })?;
    let capabilities: Vec<Value> = records.iter().map(wire).collect();
    Ok(reply::json(
        json!({"capabilities": capabilities}).to_string(),
    ))
}

/// GET /servicerecord/{identifier}: the register's own answer, passed on.
pub(crate) async fn relay(_: TakesJson, State(here): Here, id: Id) -> Answer {
    let found = here.point.registry().raw(id.as_str()).await;
    let raw = found.map_err(|error| match error {
        registry::Error::NotFound { .. } => Refusal::Bare(StatusCode::NOT_FOUND),
        error => flow::Error::from(error).into(),
    })?;
    let records: Vec<Value> = raw["serviceRecords"]
        .as_array()
        .into_iter()
        .flatten()
        .map(record)
        .collect();
    let service = |record: &&Value| record["service"]["identifier"] == "DPE";
    let Some(first) = records.iter().find(service).cloned() else {
        return Err(Refusal::Bare(StatusCode::NOT_FOUND));
    };
    let body = json!({
        "infoRecord": without_nulls(&raw["infoRecord"]),
        "serviceRecord": first,
        "serviceRecords": records,
    });
    Ok(reply::json(body.to_string()))
}

/// How the Java access point names a question that the register could not answer.
pub(crate) fn not_found(
    receiver: &str,
    process: Option<&str>,
    level: Option<&str>,
    conversation: Option<&str>,
) -> String {
    let asked = parameters(receiver, process, level, conversation);
    format!("Service record not found for parameters: {asked}")
}

/// The same, for a receiver that takes the process but not the document type.
pub(crate) fn wrong_type(
    receiver: &str,
    process: &str,
    conversation: &str,
    document_type: &str,
) -> String {
    let asked = parameters(receiver, Some(process), None, Some(conversation));
    format!(
        "Error looking up service record with document type '{document_type}' and \
         parameters: {asked}"
    )
}

fn parameters(
    receiver: &str,
    process: Option<&str>,
    level: Option<&str>,
    conversation: Option<&str>,
) -> String {
    let [process, level, conversation] =
        [process, level, conversation].map(|part| part.unwrap_or("null"));
    format!(
        "SRParameter(identifier={receiver}, process={process}, securityLevel={level}, \
         print=null, infoOnly=false, conversationId={conversation})"
    )
}

fn wire(record: &ServiceRecord) -> Value {
    let types: Vec<Value> = record.document_types.iter().map(|t| document(t)).collect();
    json!({
        "process": record.process,
        "serviceIdentifier": record.service_identifier,
        "documentTypes": types,
    })
}

/// `type` is left out when nobody knows one of that name.
fn document(standard: &str) -> Value {
    let last = standard.rsplit("::").next().unwrap_or_default();
    if last == "feil" || last.parse::<MessageType>().is_ok() {
        return json!({"type": last, "standard": standard});
    }
    json!({"standard": standard})
}

/// A record as the Java access point passes it on: two flags of another service are
/// always there.
fn record(raw: &Value) -> Value {
    let mut record = without_nulls(raw);
    if let Some(members) = record.as_object_mut() {
        for flag in ["fysiskPost", "kanVarsles"] {
            members.entry(flag).or_insert(Value::Bool(false));
        }
    }
    record
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
