//! The pages, and the same in JSON.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Form, Path, Query, RawForm, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::archive::{self, Document};
use crate::order::Krav;
use crate::{Error, Portal};

/// The portal's routes.
pub fn router(portal: Arc<Portal>) -> Router {
    Router::new()
        .route("/", get(start))
        .route("/dokument", get(document))
        .route("/bestill", post(order))
        .route("/bestilling/{id}", get(followed))
        .route("/api/sok", get(search_json))
        .route("/api/bestilling", post(order_json))
        .route("/api/bestilling/{id}", get(follow_json))
        .route("/stil.css", get(style))
        .route("/health", get(|| async { Json(json!({"status": "UP"})) }))
        .layer(axum::middleware::map_response(dress))
        .with_state(portal)
}

type Known = State<Arc<Portal>>;

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "sok.html")]
struct Start {
    q: String,
    found: Vec<Document>,
}

async fn start(State(portal): Known, Query(search): Query<Search>) -> Response {
    match archive::search(&portal.db, &search.q).await {
        Ok(found) => page(&Start { q: search.q, found }),
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
struct Which {
    iri: String,
}

#[derive(Template)]
#[template(path = "dokument.html")]
struct One {
    document: Document,
    navn: String,
}

async fn document(State(portal): Known, Query(which): Query<Which>) -> Response {
    match archive::find(&portal.db, &which.iri).await {
        Ok(Some(document)) => {
            let enhet = portal.settings.enhet(&document.owner);
            let navn = enhet.map_or_else(|| document.owner.clone(), |e| e.navn.clone());
            page(&One { document, navn })
        }
        Ok(None) => message(StatusCode::NOT_FOUND, "Dokumentet finnes ikke."),
        Err(error) => failed(&error),
    }
}

async fn order(State(portal): Known, RawForm(form): RawForm) -> Response {
    let pairs: Vec<(String, String)> =
        match Form::<Vec<(String, String)>>::from_bytes(&form) {
            Some(pairs) => pairs,
            None => {
                return message(StatusCode::BAD_REQUEST, "Skjemaet kan ikke leses.");
            }
        };
    let all = |wanted: &str| -> Vec<String> {
        let same = pairs.iter().filter(|(name, _)| name == wanted);
        same.map(|(_, value)| value.clone()).collect()
    };
    let epost = all("epost").pop().unwrap_or_default();
    match portal.order(&all("iri"), &epost).await {
        Ok(id) => Redirect::to(&format!("/bestilling/{id}")).into_response(),
        Err(Error::Order(words)) => message(StatusCode::BAD_REQUEST, &words),
        Err(error) => failed(&error),
    }
}

/// Read a form by hand: a name may come several times.
trait FromBytes: Sized {
    fn from_bytes(bytes: &[u8]) -> Option<Vec<(String, String)>>;
}

impl FromBytes for Form<Vec<(String, String)>> {
    fn from_bytes(bytes: &[u8]) -> Option<Vec<(String, String)>> {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(
            url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }
}

#[derive(Template)]
#[template(path = "bestilling.html")]
struct Followed {
    id: String,
    krav: Vec<Krav>,
}

async fn followed(State(portal): Known, Path(id): Path<String>) -> Response {
    match portal.follow(&id).await {
        Ok(Some(krav)) => page(&Followed { id, krav }),
        Ok(None) => message(StatusCode::NOT_FOUND, "Bestillingen finnes ikke."),
        Err(error) => failed(&error),
    }
}

async fn search_json(State(portal): Known, Query(search): Query<Search>) -> Response {
    match archive::search(&portal.db, &search.q).await {
        Ok(found) => {
            let one = |d: &Document| json!({"eier": d.owner, "registrering": d.record});
            Json(json!({"treff": found.iter().map(one).collect::<Vec<_>>()}))
                .into_response()
        }
        Err(error) => refused(&error),
    }
}

#[derive(Deserialize)]
struct Bestilling {
    dokumenter: Vec<String>,
    epost: String,
}

async fn order_json(
    State(portal): Known,
    body: Result<Json<Bestilling>, JsonRejection>,
) -> Response {
    let Json(wanted) = match body {
        Ok(wanted) => wanted,
        Err(error) => return refused(&Error::Order(error.body_text())),
    };
    match portal.order(&wanted.dokumenter, &wanted.epost).await {
        Ok(id) => Json(json!({"id": id})).into_response(),
        Err(error) => refused(&error),
    }
}

async fn follow_json(State(portal): Known, Path(id): Path<String>) -> Response {
    match portal.follow(&id).await {
        Ok(Some(krav)) => {
            Json(json!({"id": id, "innsynskrav": shown(&krav)})).into_response()
        }
        Ok(None) => (
            StatusCode::NOT_FOUND,
            Json(json!({"feil": "Bestillingen finnes ikke."})),
        )
            .into_response(),
        Err(error) => refused(&error),
    }
}

fn shown(krav: &[Krav]) -> Vec<Value> {
    let one = |k: &Krav| {
        let lines = k
            .statuses
            .iter()
            .map(|s| s.status.as_str())
            .collect::<Vec<_>>();
        json!({"orgnr": k.owner, "messageId": k.message_id, "statuser": lines})
    };
    krav.iter().map(one).collect()
}

#[derive(Template)]
#[template(path = "melding.html")]
struct Message<'a> {
    words: &'a str,
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn message(status: StatusCode, words: &str) -> Response {
    (status, page(&Message { words })).into_response()
}

fn failed(error: &Error) -> Response {
    tracing::error!(%error, "a page failed");
    let words = "Noe gikk galt hos oss. Prøv igjen om litt.";
    message(StatusCode::INTERNAL_SERVER_ERROR, words)
}

fn refused(error: &Error) -> Response {
    if let Error::Order(words) = error {
        return (StatusCode::BAD_REQUEST, Json(json!({"feil": words}))).into_response();
    }
    tracing::error!(%error, "a request failed");
    let words = json!({"feil": "Noe gikk galt hos oss."});
    (StatusCode::INTERNAL_SERVER_ERROR, Json(words)).into_response()
}

async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("../templates/stil.css")).into_response()
}

/// Pages load nothing from elsewhere, and run nothing.
async fn dress(mut response: Response) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    let policy = "default-src 'self'; script-src 'none'; frame-ancestors 'none'";
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
