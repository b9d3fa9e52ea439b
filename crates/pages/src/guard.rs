//! At the door: who may hand in a form, and what browsers are told on every page.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{LANGUAGE_COOKIE, Place};

/// What a page may load, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Nothing from elsewhere; it runs nothing.
    Still,
    /// Nothing from elsewhere; it runs a script of ours, which asks nobody but us.
    Script,
}

impl Policy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Still => {
                "default-src 'none'; style-src 'self'; img-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            }
            Self::Script => {
                "default-src 'none'; style-src 'self'; img-src 'self'; \
                 script-src 'self'; connect-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            }
        }
    }
}

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// Tell browsers what a page may do, and have them remember a language that was chosen.
/// `secure` is whether they reach us by TLS.
pub fn dress(headers: &mut HeaderMap, policy: Policy, place: &Place, secure: bool) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_static(policy.as_str());
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        let value = HeaderValue::from_static("no-cache");
        headers.insert(header::CACHE_CONTROL, value);
    }
    if place.chosen {
        let secure = if secure { "; Secure" } else { "" };
        let cookie = format!(
            "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}",
            place.lang()
        );
        if let Ok(cookie) = cookie.parse() {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

/// Whether a form comes from a page of ours, or from no browser at all. `address`
/// is the one that browsers know us by.
pub fn is_ours(headers: &HeaderMap, address: &str) -> bool {
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
