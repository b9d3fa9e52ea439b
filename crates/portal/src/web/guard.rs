//! At the door: who may hand in a form, and what browsers are told on every page.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::frame::{Frame, LANGUAGE};
use super::message;
use crate::Portal;

/// Pages load nothing from elsewhere, and run nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

pub(super) async fn guard(
    State(portal): State<Arc<Portal>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let frame = Frame::from_request_parts(&mut parts, &portal).await;
    let Ok(frame) = frame;
    let chosen = parts.uri.query().is_some_and(|query| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.any(|(name, _)| name == "lang")
    });
    let own = parts.method != Method::POST
        || is_ours(&parts.headers, &portal.settings.address());
    let mut response = if own {
        next.run(Request::from_parts(parts, body)).await
    } else {
        let status = StatusCode::FORBIDDEN;
        message(&frame, status, frame.w.wrong_title, frame.w.wrong_origin)
    };
    dress(response.headers_mut(), &portal, &frame, chosen);
    response
}

fn dress(headers: &mut HeaderMap, portal: &Portal, frame: &Frame, chosen: bool) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let secure = secure(portal);
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        let value = HeaderValue::from_static("no-cache");
        headers.insert(header::CACHE_CONTROL, value);
    }
    if chosen {
        let secure = if secure { "; Secure" } else { "" };
        let cookie = format!(
            "{LANGUAGE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}",
            frame.lang()
        );
        if let Ok(cookie) = cookie.parse() {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

/// Whether browsers reach us by TLS.
pub(super) fn secure(portal: &Portal) -> bool {
    portal.settings.address().starts_with("https://")
}

/// Whether a form comes from a page of ours, or from no browser at all.
fn is_ours(headers: &HeaderMap, address: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
    let site = HeaderName::from_static("sec-fetch-site");
    if let Some(site) = text(&site) {
        return ["same-origin", "none"].contains(&site);
    }
    let Some(origin) = text(&header::ORIGIN) else {
        return true;
    };
    let host = text(&header::HOST).unwrap_or_default();
    let from = origin.split_once("://").map_or("", |(_, rest)| rest);
    origin == address || (!from.is_empty() && from == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        is_ours(&headers, "https://innsyn.example")
    }

    #[test]
    fn forms_of_other_sites_are_not_ours() {
        let host = ("host", "127.0.0.1:8080");
        assert!(ours(&[host]));
        assert!(ours(&[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(ours(&[host, ("origin", "https://innsyn.example")]));
        assert!(ours(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(!ours(&[host, ("origin", "https://ond.example")]));
        assert!(!ours(&[host, ("origin", "null")]));
        assert!(!ours(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[host, ("sec-fetch-site", "same-site")]));
    }
}
