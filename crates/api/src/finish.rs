//! Around every request: paths that are not guessed at, credentials, the body of a
//! refusal, the headers that every answer carries, and the count.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::door::Door;
use crate::label;
use crate::metrics::Key;
use crate::negotiate::takes_json;
use crate::refusal::{Refusal, Told, separator};

/// A door, and the path in the table that a request came to.
#[derive(Debug, Clone)]
pub(crate) struct At {
    pub(crate) door: Arc<Door>,
    pub(crate) path: &'static str,
}

/// See the module. What was begun is done to its end, whether or not the caller waits
/// for the answer: who hangs up must not leave a job that nobody has in hand.
#[expect(clippy::disallowed_methods, reason = "it is waited for here")]
pub(crate) async fn finish(state: State<At>, request: Request, next: Next) -> Response {
    let (method, path) = (name(request.method()), state.path);
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {path}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = path,
        http.response.status_code = tracing::field::Empty,
    );
    let finished = finished(state, request, next).instrument(span);
    match tokio::spawn(finished).await {
        Ok(response) => response,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn finished(State(at): State<At>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (uri, method) = (request.uri().clone(), name(request.method()));
    let asked = Asked::of(request.headers());
    let (head, body) = request.into_parts();
    let entered = enter(&at.door, &head).await;
    let request = Request::from_parts(head, body);
    let who = entered.as_ref().ok().and_then(Clone::clone);
    let mut response = match entered {
        Err(refusal) => refusal,
        Ok(_) => {
            let turn = at.door.turnstile.at_once.acquire().await;
            let response = next.run(request).await;
            drop(turn);
            response
        }
    };
    if let Some(told) = response.extensions_mut().remove::<Arc<Told>>() {
        tell(&at.door, &mut response, &told, &uri, &asked);
    }
    guard(response.headers_mut());
    let key = (method, at.path, response.status().as_u16());
    tracing::Span::current().record("http.response.status_code", key.2);
    audit(&at, key, who.as_deref(), &uri);
    at.door.metrics.count(key, started.elapsed());
    response
}

/// Who did what: every change, every message handed out, everyone turned away. Who only
/// looks at lists is not written down, nor is anything that a message says.
fn audit(at: &At, (method, path, status): Key, who: Option<&str>, uri: &Uri) {
    let looks = matches!(method, "GET" | "HEAD" | "OPTIONS");
    let hands_out = path.starts_with("/api/messages/in/p");
    if looks && !hands_out && !matches!(status, 401 | 403 | 429) {
        return;
    }
    let organisation = at.door.point.orgnr().as_str();
    let id = uri
        .path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let id = if path.ends_with('}') { id } else { "" };
    let who = who.unwrap_or("anyone");
    tracing::info!(target: "audit", organisation, who, method, path, id, status);
}

/// Whether the request may go on to its handler, and whose it is; else the answer.
async fn enter(door: &Door, request: &Parts) -> Result<Option<String>, Response> {
    let path = request.uri.path();
    if is_ambiguous(path) || is_strange(&request.method) {
        return Err(Refusal::new(&label::BAD_PATH).into_response());
    }
    // Nobody from another origin is let in (rest-api §9).
    if is_preflight(request) {
        let words = Body::from("Invalid CORS request");
        return Err((StatusCode::FORBIDDEN, words).into_response());
    }
    // Nor does a browser with credentials do another site's bidding.
    if is_foreign(request) {
        let words = Body::from("Invalid cross-site request");
        return Err((StatusCode::FORBIDDEN, words).into_response());
    }
    if is_open(path) {
        return Ok(None);
    }
    if !door.turnstile.pass() {
        let mut response = Refusal::new(&label::TOO_MANY).into_response();
        let second = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, second);
        return Err(response);
    }
    let Some(guard) = &door.guard else {
        return Ok(None);
    };
    let Some(known) = guard.recognise(&request.headers).await else {
        let mut response = Refusal::new(&label::UNAUTHORIZED).into_response();
        let realm = HeaderValue::from_static("Basic realm=\"Realm\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, realm);
        return Err(response);
    };
    if !known.scopes.admit(path) {
        return Err(Refusal::new(&label::FORBIDDEN).into_response());
    }
    Ok(Some(known.name.clone()))
}

/// Paths that two readers may read in two ways (Spring Security's `StrictHttpFirewall`).
fn is_ambiguous(path: &str) -> bool {
    const ENCODED: [&str; 8] = ["%2f", "%5c", "%2e", "%25", "%3b", "%00", "%0a", "%0d"];
    let dots = |path: &str| path.split('/').any(|part| part == "." || part == "..");
    let encoded = |path: &str| {
        let path = path.to_ascii_lowercase();
        ENCODED.iter().any(|part| path.contains(part))
    };
    path.contains("//")
        || path.contains([';', '\\'])
        || (path.contains("/.") && dots(path))
        || (path.contains('%') && encoded(path))
}

/// A method that HTTP does not know.
fn is_strange(method: &Method) -> bool {
    name(method) == "OTHER" && !matches!(*method, Method::PATCH | Method::TRACE)
}

fn is_preflight(request: &Parts) -> bool {
    let has = |name| request.headers.contains_key(name);
    request.method == Method::OPTIONS
        && has(header::ORIGIN)
        && has(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// A change that a page of another site asks for (Fetch Metadata, `Sec-Fetch-Site`).
/// Programs do not send the header.
fn is_foreign(request: &Parts) -> bool {
    let site = request.headers.get("sec-fetch-site");
    !request.method.is_safe()
        && site.is_some_and(|site| site == "cross-site" || site == "same-site")
}

/// What may be read without credentials.
fn is_open(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    matches!(
        path,
        "/manage/health" | "/manage/health/liveness" | "/manage/health/readiness"
    )
}

/// What the body of a refusal depends on.
struct Asked {
    json: bool,
    separator: char,
}

impl Asked {
    fn of(headers: &HeaderMap) -> Self {
        Self {
            json: takes_json(headers),
            separator: separator(headers),
        }
    }
}

/// Write the error body; nothing at all for a caller that does not accept JSON.
fn tell(door: &Door, response: &mut Response, told: &Told, uri: &Uri, asked: &Asked) {
    if !asked.json {
        *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
        return;
    }
    let json = told.json(uri.path(), asked.separator, door.now());
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    *response.body_mut() = json.into();
}

/// The headers of Spring Security, on everything (rest-api §1.0).
fn guard(headers: &mut HeaderMap) {
    const HEADERS: [(header::HeaderName, HeaderValue); 7] = [
        (
            header::VARY,
            HeaderValue::from_static(
                "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            ),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::X_XSS_PROTECTION, HeaderValue::from_static("0")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache, no-store, max-age=0, must-revalidate"),
        ),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
        (header::EXPIRES, HeaderValue::from_static("0")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    headers.reserve(HEADERS.len());
    headers.extend(HEADERS);
}

/// The method as a label that a stranger cannot make new ones of.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::is_ambiguous;

    // reference-observed §3, "double slash, `;`, `%2e%2e` in the path".
    #[test]
    fn paths_that_mean_two_things_are_known() {
        for path in [
            "/api//messages",
            "/api/in;a=b",
            "/a/%2E%2e/b",
            "/a%2Fb",
            "/a%5cb",
            "/api/./messages/in",
            "/api/x/..",
            "/a%25b",
            "/a%3Bb",
        ] {
            assert!(is_ambiguous(path), "{path}");
        }
        for path in [
            "/api/messages/out/1-1",
            "/api/x%20y",
            "/",
            "/api/messages/in/",
            "/api/conversations/1.0",
            "/.well-known/x",
        ] {
            assert!(!is_ambiguous(path), "{path}");
        }
    }
}
