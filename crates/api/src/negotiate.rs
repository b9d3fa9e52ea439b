//! What the caller accepts, and what it says that it sends.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use crate::refusal::Refusal;

/// Stands in front of a handler that answers with JSON: a caller that does not accept
/// it gets 406, with an empty body, before anything is done.
pub(crate) struct TakesJson;

impl<S: Sync> FromRequestParts<S> for TakesJson {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        if takes_json(&parts.headers) {
            return Ok(Self);
        }
        Err(Refusal::Bare(StatusCode::NOT_ACCEPTABLE))
    }
}

/// Whether JSON is among what the caller accepts.
pub(crate) fn takes_json(headers: &HeaderMap) -> bool {
    let mut asked = headers.get_all(header::ACCEPT).iter().peekable();
    if asked.peek().is_none() {
        return true;
    }
    asked.any(|value| {
        let ranges = value.to_str().unwrap_or("*/*").split(',');
        ranges
            .map(essence)
            .any(|range| match range.split_once('/') {
                Some(("*", "*")) => true,
                Some((kind, sub)) if kind.eq_ignore_ascii_case("application") => {
                    sub == "*" || is_json(sub)
                }
                // An empty header asks for nothing in particular.
                None => range.is_empty(),
                _ => false,
            })
    })
}

/// The type that the caller says its body has, without parameters; empty if none.
pub(crate) fn sent(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE);
    essence(value.and_then(|v| v.to_str().ok()).unwrap_or_default())
}

/// Whether the body is said to be JSON, and not a kind of it.
pub(crate) fn sends_json(headers: &HeaderMap) -> bool {
    sent(headers).eq_ignore_ascii_case("application/json")
}

/// Whether the body is said to be JSON of some kind.
pub(crate) fn sends_any_json(headers: &HeaderMap) -> bool {
    match sent(headers).split_once('/') {
        Some((kind, sub)) => kind.eq_ignore_ascii_case("application") && is_json(sub),
        None => false,
    }
}

/// The charset that the caller names, in small letters; empty if it names none.
pub(crate) fn charset(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parameters = value.split(';').skip(1).filter_map(|p| p.split_once('='));
    let named = parameters.find(|(n, _)| n.trim().eq_ignore_ascii_case("charset"));
    let name = named.map_or("", |(_, name)| name.trim().trim_matches('"'));
    name.to_ascii_lowercase()
}

/// Whether the body is said to be a form with files.
pub(crate) fn sends_form(headers: &HeaderMap) -> bool {
    sent(headers).eq_ignore_ascii_case("multipart/form-data")
}

fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn is_json(subtype: &str) -> bool {
    let subtype = subtype.to_ascii_lowercase();
    subtype == "json" || subtype.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn json_is_taken_by_whoever_does_not_exclude_it() {
        assert!(takes_json(&HeaderMap::new()));
        for accept in [
            "*/*",
            "application/json",
            "application/*",
            "text/html, application/xhtml+xml, */*;q=0.8",
            "text/plain, application/json, application/*+json, */*",
        ] {
            assert!(takes_json(&with(header::ACCEPT, accept)), "{accept}");
        }
        for accept in [
            "application/xml",
            "text/plain",
            "text/html",
            "application/vnd.etsi.asic-e+zip",
        ] {
            assert!(!takes_json(&with(header::ACCEPT, accept)), "{accept}");
        }
    }

    // rest-api §14.9.
    #[test]
    fn parameters_of_a_type_are_passed_over() {
        let json = with(header::CONTENT_TYPE, "application/json;charset=UTF-8");
        assert!(sends_json(&json));
        let form = "multipart/form-data;charset=UTF-8; boundary=x";
        assert!(sends_form(&with(header::CONTENT_TYPE, form)));
        assert_eq!(charset(&json), "utf-8");
        assert_eq!(charset(&HeaderMap::new()), "");
        let kind = with(header::CONTENT_TYPE, "application/vnd.x+json");
        assert!(!sends_json(&kind) && sends_any_json(&kind));
        assert!(!sends_any_json(&with(header::CONTENT_TYPE, "text/plain")));
        assert!(!sends_json(&HeaderMap::new()));
    }
}
