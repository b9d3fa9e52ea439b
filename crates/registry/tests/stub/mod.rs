//! A register and a Maskinporten that say what they are told to.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use dokumentpakke::Identity;
use serde_json::json;
use tokio::task::JoinSet;
use url::Url;

pub(crate) fn text(path: &str) -> String {
    let vectors =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors");
    std::fs::read_to_string(vectors.join(path))
        .unwrap_or_else(|e| panic!("the vector {path} is missing: {e}"))
}

pub(crate) fn identity(name: &str) -> Identity {
    let (key, certificate) = (format!("keys/{name}.key"), format!("keys/{name}.pem"));
    Identity::from_pem(&text(&key), &text(&certificate)).unwrap()
}

#[derive(Default)]
struct Words {
    register: (u16, String, String),
    /// What Maskinporten says, if not a token.
    maskinporten: Option<(u16, String)>,
    refused: Option<String>,
    /// The certificate whose key is published at /jwk, in PEM.
    published: String,
    bearers: Vec<String>,
    grants: Vec<String>,
}

pub(crate) struct Stub {
    words: Arc<Mutex<Words>>,
    base: Url,
    _serving: JoinSet<()>,
}

impl Stub {
    pub(crate) async fn start() -> Self {
        let words = Arc::new(Mutex::new(Words::default()));
        let router = Router::new()
            .route("/token", post(token))
            .route("/jwk", get(keys))
            .fallback(any(register))
            .with_state(Arc::clone(&words));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            words,
            base: base.parse().unwrap(),
            _serving: serving,
        }
    }

    pub(crate) fn base(&self) -> Url {
        self.base.clone()
    }

    pub(crate) fn says(&self, status: u16, kind: &str, body: &str) {
        self.words.lock().unwrap().register = (status, kind.into(), body.into());
    }

    pub(crate) fn publishes(&self, name: &str) {
        self.words.lock().unwrap().published = text(&format!("keys/{name}.pem"));
    }

    pub(crate) fn maskinporten(&self, status: u16, body: &str) {
        self.words.lock().unwrap().maskinporten = Some((status, body.into()));
    }

    /// Answer 401 to this header.
    pub(crate) fn refuses(&self, bearer: &str) {
        self.words.lock().unwrap().refused = Some(bearer.into());
    }

    pub(crate) fn bearers(&self) -> Vec<String> {
        self.words.lock().unwrap().bearers.clone()
    }

    pub(crate) fn grants(&self) -> Vec<String> {
        self.words.lock().unwrap().grants.clone()
    }
}

type Said = State<Arc<Mutex<Words>>>;

async fn register(State(words): Said, headers: HeaderMap) -> Response {
    let mut words = words.lock().unwrap();
    if let Some(bearer) = headers.get(header::AUTHORIZATION) {
        let bearer = bearer.to_str().unwrap().to_owned();
        words.bearers.push(bearer.clone());
        if words.refused.as_ref() == Some(&bearer) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    let (status, kind, body) = words.register.clone();
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

async fn keys(State(words): Said) -> String {
    words.lock().unwrap().published.clone()
}

async fn token(
    State(words): Said,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let mut words = words.lock().unwrap();
    if let Some((status, body)) = &words.maskinporten {
        return (StatusCode::from_u16(*status).unwrap(), body.clone()).into_response();
    }
    let field = |name: &str| &form.iter().find(|(n, _)| n == name).unwrap().1;
    assert_eq!(
        field("grant_type"),
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    words.grants.push(field("assertion").clone());
    let token = format!("token-{}", words.grants.len());
    axum::Json(json!({"access_token": token, "expires_in": 100})).into_response()
}
