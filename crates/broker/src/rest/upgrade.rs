//! AMQP over WebSocket: a request that becomes a connection.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Front;
use super::answer::Refusal;
use crate::websocket::accept;

/// What clients call AMQP: Python, JavaScript and Java the first, .NET the second
/// (servicebus §2.1).
const PROTOCOLS: [&str; 2] = ["AMQPWSB10", "amqp"];

pub(super) async fn upgrade(
    State(front): State<Arc<Front>>,
    mut request: Request,
) -> Response {
    let (key, protocol) = match wanted(request.headers()) {
        Ok(wanted) => wanted,
        Err(words) => return Refusal::bad(words).into_response(),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    if front.upgraded.try_send(upgrade).is_err() {
        return Refusal::from(crate::Error::Closed).into_response();
    }
    let mut answer = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = answer.headers_mut();
    let plain = HeaderValue::from_static;
    headers.insert(header::UPGRADE, plain("websocket"));
    headers.insert(header::CONNECTION, plain("Upgrade"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, plain(protocol));
    if let Ok(accept) = HeaderValue::from_str(&accept(&key)) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    answer
}

/// The client's key, and the protocol that we choose.
fn wanted(headers: &HeaderMap) -> Result<(String, &'static str), &'static str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is = |name, wanted: &str| {
        let mut parts = text(name).unwrap_or_default().split(',');
        parts.any(|part| part.trim().eq_ignore_ascii_case(wanted))
    };
    if !is(header::UPGRADE, "websocket") || !is(header::CONNECTION, "upgrade") {
        return Err("this is for WebSockets: Upgrade and Connection say otherwise");
    }
    if !is(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err("Sec-WebSocket-Version is not 13");
    }
    let key = text(header::SEC_WEBSOCKET_KEY);
    let key = key.ok_or("Sec-WebSocket-Key is missing")?.to_owned();
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let offered = offered.filter_map(|value| value.to_str().ok());
    let mut offered = offered.flat_map(|value| value.split(',').map(str::trim));
    let known = |name: &str| {
        PROTOCOLS
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    };
    let protocol = offered.find_map(known);
    let protocol = protocol.ok_or("no protocol among those offered is AMQPWSB10")?;
    Ok((key, protocol))
}
