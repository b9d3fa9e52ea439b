//! Answers with a body.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// 200 with this JSON.
pub(crate) fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, JSON)], text).into_response()
}

/// 200 with nothing.
pub(crate) fn nothing() -> Response {
    ().into_response()
}

/// 204 as the queues give it: it has no body, but says that it would be JSON.
pub(crate) fn empty_queue() -> Response {
    (StatusCode::NO_CONTENT, [(header::CONTENT_TYPE, JSON)]).into_response()
}
