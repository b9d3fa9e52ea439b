//! A register: answers from a list that its operator wrote.
//!
//! Answers and errors have the shapes of the real one, nulls written out; they are not
//! signed yet, which the role says loudly when it starts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The organisations that the register knows.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    organisations: BTreeMap<String, Organisation>,
}

/// An organisation with its certificate and its records.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Nine digits.
    pub orgnr: String,
    /// Its name.
    pub name: String,
    /// Its certificate in PEM.
    pub certificate: String,
    /// Where letters reach it.
    #[serde(default)]
    pub postadresse: Option<Postadresse>,
    /// What it receives.
    pub records: Vec<Record>,
}

/// A postal address.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Postadresse {
    /// Street and number, or a box.
    pub adresse: String,
    /// Four digits.
    pub postnummer: String,
    /// The town.
    pub poststed: String,
    /// The country.
    pub land: String,
}

/// What an organisation receives under one process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The process.
    pub process: String,
    /// The document types.
    pub document_types: Vec<String>,
    /// `DPE`.
    pub service: String,
    /// The suffix of the queue.
    pub endpoint_url: String,
}

impl Directory {
    /// A directory of these organisations.
    pub fn new(organisations: impl IntoIterator<Item = Organisation>) -> Self {
        let by_number = organisations.into_iter().map(|o| (o.orgnr.clone(), o));
        Self {
            organisations: by_number.collect(),
        }
    }

    fn find(&self, id: &str) -> Option<&Organisation> {
        self.organisations.get(id)
    }
}

/// The register's endpoints.
pub fn router(directory: Directory) -> Router {
    Router::new()
        .route("/identifier/{id}", get(identifier))
        .route("/identifier/{id}/process/{process}", get(process))
        .route("/info/{id}", get(info))
        .route("/virksert/{id}", get(virksert))
        .route("/jwk", get(|| async { Json(json!({"keys": []})) }))
        .route("/health", get(|| async { Json(json!({"status": "UP"})) }))
        .with_state(Arc::new(directory))
}

type Known = State<Arc<Directory>>;

async fn identifier(State(known): Known, Path(id): Path<String>) -> Response {
    match known.find(&id) {
        Some(found) => answer(found, found.records.iter()),
        None => unknown(&id),
    }
}

async fn process(
    State(known): Known,
    Path((id, process)): Path<(String, String)>,
) -> Response {
    let Some(found) = known.find(&id) else {
        return unknown(&id);
    };
    let mut records = found
        .records
        .iter()
        .filter(|r| r.process == process)
        .peekable();
    if records.peek().is_none() {
        let words = format!("Receiver {id} does not support process {process}");
        return refuse("receiver_process_not_found", &words);
    }
    answer(found, records)
}

async fn info(State(known): Known, Path(id): Path<String>) -> Response {
    match known.find(&id) {
        Some(found) => Json(json!({"infoRecord": info_record(found)})).into_response(),
        None => unknown(&id),
    }
}

async fn virksert(State(known): Known, Path(id): Path<String>) -> Response {
    match known.find(&id) {
        Some(found) => {
            let kind = [(header::CONTENT_TYPE, "text/plain;charset=utf-8")];
            (kind, found.certificate.clone()).into_response()
        }
        None => unknown(&id),
    }
}

fn answer<'a>(
    found: &Organisation,
    records: impl Iterator<Item = &'a Record>,
) -> Response {
    let records: Vec<Value> = records.map(|record| wire(found, record)).collect();
    let info = info_record(found);
    Json(json!({"infoRecord": info, "serviceRecords": records})).into_response()
}

fn info_record(found: &Organisation) -> Value {
    json!({
        "identifier": found.orgnr,
        "organizationName": found.name,
        "postadresse": found.postadresse,
        "entityType": {"name": "ORGL"},
    })
}

fn wire(found: &Organisation, record: &Record) -> Value {
    json!({
        "organisationNumber": found.orgnr,
        "pemCertificate": found.certificate,
        "process": record.process,
        "documentTypes": record.document_types,
        "service": {
            "identifier": record.service,
            "endpointUrl": record.endpoint_url,
            "serviceCode": null,
            "serviceEditionCode": null,
            "securityLevel": null,
            "resource": null,
        },
    })
}

fn unknown(id: &str) -> Response {
    refuse("not_found", &format!("Identifier {id} not found"))
}

fn refuse(code: &str, words: &str) -> Response {
    let body = json!({"error_code": code, "error_description": words});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}
