//! Answers of the REST API: errors in XML, messages in headers and body.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value};

use super::head::Head;
use crate::Error;
use crate::engine::{Delivery, Origin};
use crate::sas::Refused;

/// A refusal with its status and words.
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) words: String,
}

impl Refusal {
    pub(crate) fn bad(words: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            words: words.into(),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::NoQueue(_) | Error::Name { .. } => StatusCode::GONE,
            Error::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Error::LockLost => StatusCode::NOT_FOUND,
            Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Full(_) | Error::Disabled(..) => StatusCode::FORBIDDEN,
            Error::Closed => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(%error, "a request failed");
            return Self {
                status,
                words: "the broker failed; its log says why".into(),
            };
        }
        Self {
            status,
            words: error.to_string(),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        tracing::info!(reason = %refused, "a token was refused");
        let words = "MalformedToken, InvalidSignature or ExpiredToken: the token does \
                     not give access to this entity";
        Self {
            status: StatusCode::UNAUTHORIZED,
            words: words.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let words = self.words.replace('&', "&amp;").replace('<', "&lt;");
        let code = self.status.as_u16();
        let body =
            format!("<Error><Code>{code}</Code><Detail>{words}</Detail></Error>");
        let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
        (self.status, kind, body).into_response()
    }
}

/// A message: its properties in headers, its body as the body.
pub(crate) fn message(
    delivery: &Delivery,
    status: StatusCode,
    host: &str,
    entity: &str,
) -> Response {
    let head = match delivery.origin {
        Origin::Rest => Head::parse(&delivery.head),
        Origin::Amqp => Head::from_amqp(&delivery.body),
    };
    let mut answer = Response::new(Body::from(match delivery.origin {
        Origin::Rest => delivery.body.clone(),
        Origin::Amqp => super::head::amqp_body(&delivery.body),
    }));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let mut add = |name: &str, value: &str| {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    };
    if let Some(kind) = &head.content_type {
        add("content-type", kind);
    }
    for (name, value) in &head.custom {
        add(name, value);
    }
    if let Some([reason, description, _]) = &delivery.dead {
        let quoted = |text: &str| Value::from(text).to_string();
        add("DeadLetterReason", &quoted(reason));
        add("DeadLetterErrorDescription", &quoted(description));
    }
    if let Some(lock) = delivery.lock {
        let id = &delivery.id;
        let token = lock.token;
        add(
            "location",
            &format!("http://{host}/{entity}/messages/{id}/{token}"),
        );
    }
    add(
        "BrokerProperties",
        &Value::Object(properties(delivery, head)).to_string(),
    );
    answer
}

fn properties(delivery: &Delivery, head: Head) -> Map<String, Value> {
    let mut all = head.properties;
    all.insert("MessageId".into(), delivery.id.as_str().into());
    all.insert("SequenceNumber".into(), delivery.sequence.into());
    all.insert("EnqueuedSequenceNumber".into(), 0.into());
    all.insert("DeliveryCount".into(), delivery.delivery_count.into());
    all.insert(
        "EnqueuedTimeUtc".into(),
        http_date(delivery.enqueued_at).into(),
    );
    all.insert("State".into(), "Active".into());
    if let Some(lock) = delivery.lock {
        all.insert("LockToken".into(), lock.token.to_string().into());
        all.insert("LockedUntilUtc".into(), http_date(lock.until).into());
    }
    if let Some([_, _, source]) = &delivery.dead {
        all.insert("DeadLetterSource".into(), source.as_str().into());
    }
    all
}

/// RFC 1123, as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(microseconds: i64) -> String {
    let at = Timestamp::from_microsecond(microseconds).unwrap_or_default();
    let at = Offset::UTC.to_datetime(at);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
