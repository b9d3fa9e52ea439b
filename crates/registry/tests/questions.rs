//! What the register and Maskinporten are asked, and how their answers are taken, held
//! against every exchange that the Java access point had with them.
//!
//! It asked for the register's keys (`/jwk`) with each answer; here they are asked for
//! once, and each exchange below is the first of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ambient::{Clock, Random};
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dokumentpakke::Identity;
use registry::{Error, Grant, Registry, Settings};
use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

const OWN: &str = "910075918";
const TOKEN: &str = "opaque-test-token";

fn text(path: &str) -> String {
    let vectors =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors");
    std::fs::read_to_string(vectors.join(path))
        .unwrap_or_else(|e| panic!("the vector {path} is missing: {e}"))
}

/// Every recorded exchange of these files, in order.
fn recorded(files: &[&str]) -> Vec<Value> {
    let lines = files.iter().map(|file| {
        let text = text(&format!("addressregister/{file}.jsonl"));
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect::<Vec<Value>>()
    });
    lines.collect::<Vec<_>>().concat()
}

/// A question as it came.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// The register and Maskinporten as recorded: the same answer to the same question.
struct Recording {
    base: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
    _serving: JoinSet<()>,
}

impl Recording {
    async fn start(lines: &[Value]) -> Self {
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let answers: BTreeMap<String, Value> = lines
            .iter()
            .map(|line| (path(line).to_owned(), line["response"].clone()))
            .collect();
        let heard = Arc::clone(&asked);
        let answer = async move |request: Request| {
            let (head, body) = request.into_parts();
            let path = head.uri.path_and_query().unwrap().to_string();
            let asked = Asked {
                method: head.method.to_string(),
                path: path.clone(),
                headers: head.headers,
                body: axum::body::to_bytes(body, 1 << 20).await.unwrap(),
            };
            heard.lock().unwrap().push(asked);
            if path == "/token" {
                let token = format!(
                    r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":119}}"#
                );
                return token.into_response();
            }
            answers
                .get(&path)
                .map_or(StatusCode::IM_A_TEAPOT.into_response(), said)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        let router = Router::new().fallback(answer);
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            base: base.parse().unwrap(),
            asked,
            _serving: serving,
        }
    }

    /// What was asked since the last time.
    fn heard(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn said(response: &Value) -> Response {
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    let kind = response["contentType"].as_str().unwrap().to_owned();
    let body = response["body"].as_str().unwrap().to_owned();
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn path(line: &Value) -> &str {
    line["request"]["path"].as_str().unwrap()
}

/// Ask what the path says.
async fn ask(registry: &Registry, path: &str) -> Result<(), Error> {
    if let Some(orgnr) = path.strip_prefix("/virksert/") {
        return registry.certificate_of(orgnr).await.map(drop);
    }
    if path == "/sastoken" {
        return registry.sas_key().await.map(drop);
    }
    let rest = path.strip_prefix("/identifier/").unwrap();
    let Some((receiver, rest)) = rest.split_once("/process/") else {
        return registry.all(rest).await.map(drop);
    };
    let (process, conversation) = match rest.split_once("?conversationId=") {
        Some((process, conversation)) => (process, Some(conversation)),
        None => (rest, None),
    };
    let found = registry.lookup(receiver, process, conversation).await;
    found.map(drop)
}

#[tokio::test]
async fn an_open_register_is_asked_what_was_recorded() {
    let files = [
        "03-create-validation-sr",
        "05-multipart-sr",
        "08-http-capabilities-manage-sr",
    ];
    let lines = recorded(&files);
    let recording = Recording::start(&lines).await;
    for line in &lines {
        let settings = Settings::open(recording.base.clone());
        let registry = Registry::new(&settings, Clock::system()).unwrap();
        let refused = ask(&registry, path(line)).await.unwrap_err();
        let body: Value =
            serde_json::from_str(line["response"]["body"].as_str().unwrap()).unwrap();
        let Error::NotFound { code, description } = refused else {
            panic!("{refused}")
        };
        assert_eq!(code, body["error_code"]);
        assert_eq!(description, body["error_description"]);
        let heard = recording.heard();
        let [asked] = heard.as_slice() else {
            panic!("{heard:?}")
        };
        same(asked, line);
    }
    assert_eq!(lines.len(), 9, "every one of them");
}

#[tokio::test]
async fn a_signed_register_is_asked_what_was_recorded_and_believed() {
    let lines = recorded(&["signed-mode-register"]);
    let grants = recorded(&["signed-mode-token"]);
    let recording = Recording::start(&lines).await;
    for (pair, token) in lines.chunks(2).zip(&grants) {
        let [line, keys] = pair else {
            panic!("{pair:?}")
        };
        let settings = Settings {
            keys_at: Some(recording.base.join("jwk").unwrap()),
            grant: Some(grant(&recording)),
            ..Settings::open(recording.base.clone())
        };
        let registry = Registry::new(&settings, Clock::system()).unwrap();
        ask(&registry, path(line)).await.unwrap();
        let heard = recording.heard();
        let [asked_token, asked, asked_keys] = heard.as_slice() else {
            panic!("{heard:?}")
        };
        same_grant(asked_token, token);
        same(asked, line);
        same(asked_keys, keys);
        ask(&registry, path(line)).await.unwrap();
        assert!(recording.heard().is_empty(), "it is remembered");
    }
    assert_eq!((lines.len(), grants.len()), (10, 5), "every one of them");
}

fn grant(recording: &Recording) -> Grant {
    let (key, certificate) = (format!("keys/{OWN}.key"), format!("keys/{OWN}.pem"));
    Grant {
        endpoint: recording.base.join("token").unwrap(),
        audience: "http://127.0.0.1:9191/".into(),
        client: format!("MOVE_IP_{OWN}"),
        key: Identity::from_pem(&text(&key), &text(&certificate)).unwrap(),
        key_id: None,
        random: Random::system(),
    }
}

/// Method, path, token; and every type that was accepted is.
fn same(asked: &Asked, line: &Value) {
    let theirs = &line["request"];
    assert_eq!(asked.method, theirs["method"]);
    assert_eq!(asked.path, theirs["path"]);
    let bearer = asked.headers.get(header::AUTHORIZATION);
    let bearer = bearer.map(|value| value.to_str().unwrap());
    assert_eq!(bearer, theirs["headers"]["Authorization"].as_str());
    let accept = asked.headers[header::ACCEPT].to_str().unwrap();
    let accepted = theirs["headers"]["Accept"].as_str().unwrap();
    assert!(accept.contains(accepted), "{accept}, not {accepted}");
}

/// The form, and in the grant every header and claim that does not tell the time.
fn same_grant(asked: &Asked, line: &Value) {
    let theirs = &line["request"];
    assert_eq!(asked.method, theirs["method"]);
    assert_eq!(asked.path, theirs["path"]);
    let kind = asked.headers[header::CONTENT_TYPE].to_str().unwrap();
    assert_eq!(kind, theirs["headers"]["Content-Type"]);
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&asked.body)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let recorded = theirs["form"].as_object().unwrap();
    assert!(form.keys().eq(recorded.keys()) || form.len() == recorded.len());
    assert_eq!(form["grant_type"], theirs["form"]["grant_type"]);
    let part = |jws: &str, number: usize| -> Value {
        let part = jws.split('.').nth(number).unwrap();
        let mut part: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let members = part.as_object_mut().unwrap();
        for (name, value) in members {
            if ["iat", "exp", "jti"].contains(&name.as_str()) {
                *value = "…".into();
            }
        }
        part
    };
    let recorded = theirs["form"]["assertion"].as_str().unwrap();
    for number in [0, 1] {
        let (ours, theirs) = (part(&form["assertion"], number), part(recorded, number));
        assert_eq!(ours, theirs);
    }
}
