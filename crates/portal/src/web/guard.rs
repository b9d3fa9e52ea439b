//! At the door: who may hand in a form, and what browsers are told on every page.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use pages::guard::{Policy, dress, is_ours};

use super::frame::Frame;
use super::message;
use crate::Portal;

pub(super) async fn guard(
    State(portal): State<Arc<Portal>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let frame = Frame::from_request_parts(&mut parts, &portal).await;
    let Ok(frame) = frame;
    let own = parts.method != Method::POST
        || is_ours(&parts.headers, &portal.settings.address());
    let mut response = if own {
        next.run(Request::from_parts(parts, body)).await
    } else {
        let status = StatusCode::FORBIDDEN;
        message(&frame, status, frame.w.wrong_title, frame.w.wrong_origin)
    };
    dress(
        response.headers_mut(),
        Policy::Still,
        &frame.place,
        secure(&portal),
    );
    response
}

/// Whether browsers reach us by TLS.
pub(super) fn secure(portal: &Portal) -> bool {
    portal.settings.address().starts_with("https://")
}
