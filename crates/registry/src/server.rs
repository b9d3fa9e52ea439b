//! A register: answers from a list that its operator wrote.
//!
//! Answers and errors have the shapes of the real one, nulls written out. Answers are
//! signed where it was given a key for that.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock, RwLockReadGuard};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use dokumentpakke::{Identity, PublicKey};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::record::certificate;
use crate::{Error, jws};

/// The organisations that the register knows.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    organisations: BTreeMap<String, Organisation>,
}

/// An organisation with its certificate and its records.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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

    /// Read what [`Directory::json`] wrote. Says what is wrong with which organisation.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let wrong = |e: serde_json::Error| Error::Settings(e.to_string());
        let list: List = serde_json::from_str(text).map_err(wrong)?;
        for one in &list.organisations {
            one.check()?;
        }
        Ok(Self::new(list.organisations))
    }

    /// Everything in it, for [`Directory::from_json`].
    pub fn json(&self) -> String {
        let organisations = self.organisations.values().cloned().collect();
        serde_json::to_string_pretty(&List { organisations })
            .expect("texts and lists are JSON")
    }

    /// The organisations in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Organisation> {
        self.organisations.values()
    }

    /// The organisation of this number.
    pub fn find(&self, id: &str) -> Option<&Organisation> {
        self.organisations.get(id)
    }

    /// Put one in, in place of what is known of it. Fails when it cannot be right.
    pub fn put(&mut self, organisation: Organisation) -> Result<(), Error> {
        organisation.check()?;
        let orgnr = organisation.orgnr.clone();
        self.organisations.insert(orgnr, organisation);
        Ok(())
    }

    /// Take one out; answers whether it was there.
    pub fn remove(&mut self, orgnr: &str) -> bool {
        self.organisations.remove(orgnr).is_some()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    organisations: Vec<Organisation>,
}

impl Organisation {
    fn check(&self) -> Result<(), Error> {
        let wrong = |why: &str| Err(Error::Settings(format!("{}: {why}", self.orgnr)));
        if self.orgnr.len() != 9 || !self.orgnr.bytes().all(|b| b.is_ascii_digit()) {
            return wrong("an organisation's number has nine digits");
        }
        match certificate(&self.certificate) {
            Err(error) => wrong(&format!("its certificate cannot be read: {error}")),
            Ok(read) if !read.takes_keys() => {
                wrong("nothing may be encrypted to its certificate")
            }
            Ok(_) => Ok(()),
        }
    }
}

/// A register that is served: what it knows, and what it signs with.
#[derive(Default)]
pub struct Register {
    /// Whom it knows.
    pub directory: RwLock<Directory>,
    /// Signs every answer that is no refusal.
    pub signer: Option<Identity>,
    /// The message service's key, for whoever may ask.
    pub sas_key: Option<SecretString>,
}

impl Register {
    /// One that knows these, and signs nothing.
    pub fn new(directory: Directory) -> Self {
        Self {
            directory: RwLock::new(directory),
            ..Self::default()
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Directory> {
        self.directory
            .read()
            .expect("nobody panics while holding it")
    }

    /// An answer, signed if we sign.
    fn answer(&self, kind: &'static str, text: String) -> Response {
        let Some(signer) = &self.signer else {
            return ([(header::CONTENT_TYPE, kind)], text).into_response();
        };
        match jws::sign(text.as_bytes(), signer) {
            Ok(text) => ([(header::CONTENT_TYPE, jws::MIME)], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "an answer cannot be signed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    fn json(&self, body: &Value) -> Response {
        self.answer("application/json", body.to_string())
    }
}

/// The endpoints of a register that knows these and signs nothing.
pub fn router(directory: Directory) -> Router {
    routes(Arc::new(Register::new(directory)))
}

/// The endpoints of a register.
pub fn routes(register: Arc<Register>) -> Router {
    Router::new()
        .route("/identifier/{id}", get(identifier))
        .route("/identifier/{id}/process/{process}", get(process))
        .route("/info/{id}", get(info))
        .route("/virksert/{id}", get(virksert))
        .route("/sastoken", get(sastoken))
        .route("/jwk", get(jwk))
        .route("/health", get(|| async { Json(json!({"status": "UP"})) }))
        .with_state(register)
}

type Known = State<Arc<Register>>;

async fn identifier(State(known): Known, Path(id): Path<String>) -> Response {
    match known.read().find(&id) {
        Some(found) => answer(&known, found, found.records.iter()),
        None => unknown(&id),
    }
}

async fn process(
    State(known): Known,
    Path((id, process)): Path<(String, String)>,
) -> Response {
    let directory = known.read();
    let Some(found) = directory.find(&id) else {
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
    answer(&known, found, records)
}

async fn info(State(known): Known, Path(id): Path<String>) -> Response {
    match known.read().find(&id) {
        Some(found) => known.json(&json!({"infoRecord": info_record(found)})),
        None => unknown(&id),
    }
}

async fn virksert(State(known): Known, Path(id): Path<String>) -> Response {
    match known.read().find(&id) {
        Some(found) => {
            known.answer("text/plain;charset=utf-8", found.certificate.clone())
        }
        None => unknown(&id),
    }
}

/// > `/sastoken`, which SR only offers as JOSE (wire-format §5.4)
async fn sastoken(State(known): Known) -> Response {
    match (&known.sas_key, &known.signer) {
        (Some(key), Some(_)) => known.answer(jws::MIME, key.expose_secret().to_owned()),
        _ => refuse("not_found", "This register gives no key"),
    }
}

async fn jwk(State(known): Known) -> Response {
    let signer = known.signer.as_ref();
    let key = signer.and_then(|signer| PublicKey::of(signer.certificate()).ok());
    let keys: Vec<Value> = key
        .iter()
        .map(|key| {
            let ((n, e), kid) = (key.jwk(), key.thumbprint());
            json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e})
        })
        .collect();
    Json(json!({"keys": keys})).into_response()
}

fn answer<'a>(
    known: &Register,
    found: &Organisation,
    records: impl Iterator<Item = &'a Record>,
) -> Response {
    let records: Vec<Value> = records.map(|record| wire(found, record)).collect();
    let info = info_record(found);
    known.json(&json!({"infoRecord": info, "serviceRecords": records}))
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
