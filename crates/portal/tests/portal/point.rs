//! An access point with eInnsyn's in-tray, and a list of what was sent through it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ambient::Random;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use dokumentpakke::{Attachment, Identity, Sealing};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

pub(crate) const EINNSYN: &str = "310000027";

/// What it has and what it was given.
#[derive(Default)]
pub(crate) struct Kept {
    /// Process, envelope, container.
    inn: Vec<(String, Value, Vec<u8>)>,
    /// Every message that was sent: envelope, and files by their names.
    pub(crate) sent: Vec<(Value, BTreeMap<String, String>)>,
    created: BTreeMap<String, Value>,
    /// Statuses by message id, and those of a message that has none of its own.
    pub(crate) statuses: BTreeMap<String, Vec<(&'static str, String)>>,
    /// Whether it answers at all.
    pub(crate) down: bool,
}

/// A fake access point on a port of its own.
pub(crate) struct Point {
    pub(crate) url: Url,
    pub(crate) kept: Arc<Mutex<Kept>>,
    _served: JoinSet<()>,
}

impl Point {
    pub(crate) async fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let router = Router::new()
            .route("/api/messages/in/peek", get(peek))
            .route("/api/messages/in/pop/{id}", get(pop))
            .route("/api/messages/in/{id}", axum::routing::delete(delete))
            .route("/api/messages/out", post(create))
            .route("/api/messages/out/multipart", post(multipart))
            .route("/api/messages/out/{id}", post(submit))
            .route("/api/statuses/{id}", get(statuses))
            .with_state(Arc::clone(&kept));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut served = JoinSet::new();
        served.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url: url.parse().unwrap(),
            kept,
            _served: served,
        }
    }

    /// A publication comes in; answers its message id.
    pub(crate) fn publish(
        &self,
        sender: &str,
        owner: &str,
        name: &str,
        file: &[u8],
    ) -> String {
        let id = Random::system().uuid().to_string();
        let process = "urn:no:difi:profile:einnsyn:journalpost:ver1.0";
        let party = |orgnr: &str| {
            json!([{"identifier": {
                "authority": "iso6523-actorid-upis", "value": format!("0192:{orgnr}"),
            }}])
        };
        let envelope = json!({
            "standardBusinessDocumentHeader": {
                "headerVersion": "1.0",
                "sender": party(sender),
                "receiver": party(EINNSYN),
                "documentIdentification": {
                    "instanceIdentifier": id,
                    "standard": "urn:no:difi:einnsyn:xsd::publisering",
                    "type": "publisering", "typeVersion": "1.0",
                },
                "businessScope": {"scope": [{
                    "type": "ConversationId", "identifier": process,
                    "instanceIdentifier": Random::system().uuid().to_string(),
                }]},
            },
            "publisering": {"orgnr": owner},
        });
        let row = (process.to_owned(), envelope, container(name, file));
        self.kept.lock().unwrap().inn.push(row);
        id
    }

    /// Messages of a type that were sent, and their files.
    pub(crate) fn sent(&self, kind: &str) -> Vec<(Value, BTreeMap<String, String>)> {
        let kept = self.kept.lock().unwrap();
        let of_kind = kept.sent.iter().filter(|(sbd, _)| sbd.get(kind).is_some());
        of_kind.cloned().collect()
    }

    /// The kvitteringer that were sent: about what, and what they say.
    pub(crate) fn kvitteringer(&self) -> Vec<(String, Value)> {
        let read = self.sent("einnsyn_kvittering").into_iter().map(|(sbd, _)| {
            let kvittering = &sbd["einnsyn_kvittering"];
            let status = kvittering["status"].as_str().unwrap();
            let status = serde_json::from_str(status).unwrap_or(json!(status));
            (
                kvittering["dokumentId"].as_str().unwrap().to_owned(),
                status,
            )
        });
        read.collect()
    }
}

/// A container as a peer seals it, with keys of the recorded world.
fn container(name: &str, bytes: &[u8]) -> Vec<u8> {
    let key = |orgnr: &str| {
        let here = env!("CARGO_MANIFEST_DIR");
        let path = format!("{here}/../../conformance/vectors/keys/{orgnr}.p12");
        Identity::from_pkcs12(&std::fs::read(path).unwrap(), "changeit").unwrap()
    };
    let (signer, recipient) = (key("910077473"), key("910076787"));
    let sealing = Sealing {
        sender: "0192:910077473",
        receiver: "0192:910076787",
        signer: &signer,
        recipient: recipient.certificate(),
        key_transport: dokumentpakke::KeyTransport::default(),
        now: "2026-11-24T12:00:00Z".parse().unwrap(),
    };
    let file = Attachment {
        name,
        mime: "application/octet-stream",
        bytes,
    };
    let sealed = dokumentpakke::seal(&sealing, &[file], &Random::system()).unwrap();
    dokumentpakke::open(&sealed, &[recipient]).unwrap().asice
}

type Shared = State<Arc<Mutex<Kept>>>;

async fn peek(
    State(kept): Shared,
    Query(q): Query<BTreeMap<String, String>>,
) -> Response {
    let kept = kept.lock().unwrap();
    let wanted = q.get("process").cloned().unwrap_or_default();
    let found = kept.inn.iter().find(|(process, ..)| *process == wanted);
    match found {
        Some((_, envelope, _)) => Json(envelope.clone()).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

fn id_of(envelope: &Value) -> &str {
    let header = &envelope["standardBusinessDocumentHeader"];
    let id = &header["documentIdentification"]["instanceIdentifier"];
    id.as_str().unwrap()
}

async fn pop(State(kept): Shared, Path(id): Path<String>) -> Response {
    let kept = kept.lock().unwrap();
    let found = kept
        .inn
        .iter()
        .find(|(_, envelope, _)| id_of(envelope) == id);
    found.unwrap().2.clone().into_response()
}

async fn delete(State(kept): Shared, Path(id): Path<String>) {
    let mut kept = kept.lock().unwrap();
    kept.inn.retain(|(_, envelope, _)| id_of(envelope) != id);
}

fn refusal(label: &str) -> Response {
    let exception = format!("no.difi.meldingsutveksling.exceptions.{label}");
    let body = json!({"status": 400, "exception": exception, "message": label});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn down() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "away").into_response()
}

impl Kept {
    fn knows(&self, id: &str) -> bool {
        let sent = self.sent.iter().any(|(envelope, _)| id_of(envelope) == id);
        sent || self.created.contains_key(id)
    }
}

async fn create(State(kept): Shared, Json(envelope): Json<Value>) -> Response {
    let mut kept = kept.lock().unwrap();
    if kept.down {
        return down();
    }
    let id = id_of(&envelope).to_owned();
    if kept.knows(&id) {
        return refusal("MessageAlreadyExistsException");
    }
    kept.created.insert(id, envelope.clone());
    Json(envelope).into_response()
}

async fn submit(State(kept): Shared, Path(id): Path<String>, _: Bytes) -> Response {
    let mut kept = kept.lock().unwrap();
    match kept.created.remove(&id) {
        Some(envelope) => {
            kept.sent.push((envelope, BTreeMap::new()));
            StatusCode::OK.into_response()
        }
        None => refusal("MessageNotFoundException"),
    }
}

async fn multipart(State(kept): Shared, mut form: Multipart) -> Response {
    let (mut envelope, mut files) = (Value::Null, BTreeMap::new());
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        let text = field.text().await.unwrap();
        if name == "sbd" {
            envelope = serde_json::from_str(&text).unwrap();
        } else {
            files.insert(name, text);
        }
    }
    let mut kept = kept.lock().unwrap();
    if kept.down {
        return down();
    }
    if kept.knows(id_of(&envelope)) {
        return refusal("MessageAlreadyExistsException");
    }
    kept.sent.push((envelope.clone(), files));
    Json(envelope).into_response()
}

async fn statuses(State(kept): Shared, Path(id): Path<String>) -> Response {
    let kept = kept.lock().unwrap();
    if kept.down {
        return down();
    }
    let own = kept.statuses.get(&id).cloned().unwrap_or_default();
    let lines: Vec<Value> = own
        .iter()
        .map(|(status, at)| json!({"status": status, "lastUpdate": at}))
        .collect();
    Json(json!({"content": lines})).into_response()
}
