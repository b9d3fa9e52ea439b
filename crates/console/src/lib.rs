//! The operator's pages. They use the same API as everyone else.
//!
//! One page at `/` with its style and its script, all inside the binary: what has been
//! sent and received, how far it has come, and what to do about what has not. The
//! script asks `api` beside the page and nothing else.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// The pages, to stand beside the API of an organisation below this path of the listener;
/// an empty one is the root. They name nothing but by where they are themselves.
pub fn router<S: Clone + Send + Sync + 'static>(below: &str) -> Router<S> {
    let pages = FILES.iter().fold(Router::new(), |router, file| {
        let path = format!("{below}{}", file.path);
        router.route(&path, get(async || file.answer()))
    });
    if below.is_empty() {
        return pages;
    }
    let home = format!("{below}/");
    pages.route(below, get(async move || Redirect::permanent(&home)))
}

struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

const FILES: &[File] = &[
    File {
        path: "/",
        kind: "text/html; charset=utf-8",
        text: include_str!("../assets/index.html"),
    },
    File {
        path: "/console/console.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("../assets/console.css"),
    },
    File {
        path: "/console/console.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("../assets/console.js"),
    },
    File {
        path: "/console/words.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("../assets/words.js"),
    },
    File {
        path: "/console/icon.svg",
        kind: "image/svg+xml",
        text: include_str!("../assets/icon.svg"),
    },
];

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

impl File {
    fn answer(&self) -> Response {
        let mut response = self.text.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.extend(HEADERS);
        response
    }
}

const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    // A new version of the program is seen at once.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
];

#[cfg(test)]
mod tests;
