//! At the door: who has logged in, and whose form it is that is handed in.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pages::guard::{Policy, dress, is_ours};

use super::frame::Frame;
use super::{BODY_BYTES_MAX, Desk, failed, login, message, to};

/// What anybody may have.
const OPEN: [&str; 5] = [
    "/logg-inn",
    "/stil.css",
    "/skjema.css",
    "/merke.svg",
    "/skjema.js",
];

pub(super) async fn guard(
    State(desk): State<Arc<Desk>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(mut frame) = Frame::from_request_parts(&mut parts, &desk).await;
    let posted = parts.method == Method::POST;
    let path = parts.uri.path().to_owned();
    let mut response = if posted && !is_ours(&parts.headers, &desk.address) {
        let status = StatusCode::FORBIDDEN;
        message(&frame, status, frame.w.wrong_title, frame.w.wrong_origin)
    } else {
        match desk.visitor(&parts.headers).await {
            Err(error) => failed(&frame, &error),
            Ok(Some(user)) => {
                frame.user = Some(user.clone());
                parts.extensions.insert(user);
                next.run(Request::from_parts(parts, body)).await
            }
            Ok(None) if OPEN.contains(&path.as_str()) => {
                next.run(Request::from_parts(parts, body)).await
            }
            Ok(None) if posted && path.ends_with("/kontroll") => {
                StatusCode::UNAUTHORIZED.into_response()
            }
            // Their time was out while they wrote: it is kept while they log in.
            Ok(None) if posted => match to_bytes(body, BODY_BYTES_MAX).await {
                Ok(bytes) => login::again(&frame, &path, &bytes),
                Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
            },
            Ok(None) => to(&login::address(&path)),
        }
    };
    let secure = desk.address.starts_with("https://");
    dress(response.headers_mut(), Policy::Script, &frame.place, secure);
    response
}
