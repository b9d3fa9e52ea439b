//! Answers of the REST API: errors in XML, messages in headers and body.

use amqp::{Message as Sections, Value};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value as Json};

use super::Front;
use crate::Error;
use crate::engine::{Delivery, Stage};
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
            Error::LockLost | Error::NoMessage(_) => StatusCode::NOT_FOUND,
            Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Quota { .. } | Error::Disabled(..) => StatusCode::FORBIDDEN,
            Error::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            Error::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Error::Argument(_) => StatusCode::BAD_REQUEST,
            Error::Busy | Error::Closed => StatusCode::SERVICE_UNAVAILABLE,
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

/// A message: its properties in headers, its body as the body. The base is where its
/// lock can be settled.
pub(super) fn delivered(
    front: &Front,
    delivery: &Delivery,
    status: StatusCode,
    base: &str,
) -> Result<Response, Refusal> {
    let sections = Sections::read_front(&delivery.body).unwrap_or_default();
    let (body, length) = body(front, delivery, &sections)?;
    let mut answer = Response::new(body);
    if let Some(length) = length {
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let mut add = |name: &str, value: &str| {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    };
    let properties = sections.properties().unwrap_or_default();
    if let Some(kind) = &properties.content_type {
        add("content-type", kind);
    }
    let own = sections.application().unwrap_or(Value::Null);
    for (name, value) in crate::amqp::properties(delivery, own.pairs().to_vec()) {
        if let (Some(name), Some(value)) = (name.text(), printed(&value)) {
            add(name, &value);
        }
    }
    if let Some(lock) = delivery.lock {
        let (id, token) = (percent(&delivery.id), lock.token);
        add("location", &format!("{base}/{id}/{token}"));
    }
    let known = Json::Object(known(delivery, &properties));
    add("BrokerProperties", &ascii(&known.to_string()));
    Ok(answer)
}

/// The body of a message as bytes, and how long it is where that must be said. What is
/// large is read as it goes.
fn body(
    front: &Front,
    delivery: &Delivery,
    sections: &Sections<'_>,
) -> Result<(Body, Option<u64>), Refusal> {
    let Some(tail) = delivery.tail else {
        let sections = Sections::read(&delivery.body).unwrap_or_default();
        let body = match sections.only_data() {
            Some(data) => delivery.body.slice_ref(data),
            None => Bytes::from(sections.bytes().into_owned()),
        };
        return Ok((Body::from(body), None));
    };
    let reading = front.engine.tail(tail)?;
    let mut start = Vec::new();
    let length = usize::try_from(tail.bytes).unwrap_or(usize::MAX);
    amqp::message::data_start(&mut start, length);
    if sections.body == start {
        let (engine, whole) = (front.engine.clone(), delivery.clone());
        let parts = futures_util::stream::try_unfold(reading, move |mut reading| {
            let part = reading.next_part();
            if let Err(error) = &part {
                engine.spoiled(&whole, error);
            }
            std::future::ready(part.map(|part| Some((part?, reading))))
        });
        return Ok((Body::from_stream(parts), Some(tail.bytes)));
    }
    // Several sections, or a value: they have to be taken apart.
    let whole = [&delivery.body[..], &reading.all()?].concat();
    let sections = Sections::read(&whole).unwrap_or_default();
    Ok((Body::from(sections.bytes().into_owned()), None))
}

/// BrokerProperties of a message.
fn known(
    delivery: &Delivery,
    properties: &amqp::message::Properties,
) -> Map<String, Json> {
    let mut all = Map::new();
    let mut add = |name: &str, value: Json| drop(all.insert(name.into(), value));
    add("DeliveryCount", (u32::from(delivery.count) + 1).into());
    add("EnqueuedSequenceNumber", delivery.origin.into());
    add("EnqueuedTimeUtc", http_date(delivery.enqueued_at).into());
    add("MessageId", (*delivery.id).into());
    add("SequenceNumber", delivery.sequence.into());
    add(
        "State",
        match delivery.stage {
            Stage::Active => "Active",
            Stage::Deferred => "Deferred",
            Stage::Scheduled => "Scheduled",
        }
        .into(),
    );
    let text = |value: &Option<Value>| {
        let value = value.as_ref()?;
        value.text().map(str::to_owned).or_else(|| printed(value))
    };
    let notes = crate::amqp::map(&delivery.notes);
    let note = |name: &str| {
        let found = notes.iter().find(|(key, _)| key.text() == Some(name));
        found.and_then(|(_, value)| value.text().map(str::to_owned))
    };
    for (name, value) in [
        ("CorrelationId", text(&properties.correlation_id)),
        ("Label", properties.subject.clone()),
        ("To", properties.to.clone()),
        ("ReplyTo", properties.reply_to.clone()),
        ("SessionId", properties.group_id.clone()),
        ("ReplyToSessionId", properties.reply_to_group_id.clone()),
        ("PartitionKey", note("x-opt-partition-key")),
        ("ViaPartitionKey", note("x-opt-via-partition-key")),
    ] {
        if let Some(value) = value {
            add(name, value.into());
        }
    }
    if delivery.time_to_live > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a number of seconds")]
        let seconds = delivery.time_to_live as f64 / 1e6;
        add("TimeToLive", seconds.into());
    }
    if delivery.scheduled_at > 0 {
        let at = http_date(delivery.scheduled_at);
        add("ScheduledEnqueueTimeUtc", at.into());
    }
    if let Some(lock) = delivery.lock {
        add("LockToken", lock.token.to_string().into());
        add("LockedUntilUtc", http_date(lock.until).into());
    }
    if let Some([_, _, source]) = delivery.dead.as_deref() {
        add("DeadLetterSource", source.as_str().into());
    }
    all
}

/// A property as a header has it: texts and dates in quotes, numbers and truth bare.
fn printed(value: &Value) -> Option<String> {
    let quoted = |text: &str| ascii(&Json::from(text).to_string());
    Some(match value {
        Value::String(text) | Value::Symbol(text) => quoted(text),
        Value::Bool(truth) => truth.to_string(),
        Value::Timestamp(millis) => quoted(&http_date(millis.saturating_mul(1000))),
        Value::Double(number) => Json::from(*number).to_string(),
        Value::Float(number) => Json::from(*number).to_string(),
        Value::Ulong(number) => number.to_string(),
        Value::Uuid(id) => quoted(&uuid::Uuid::from_bytes(*id).to_string()),
        Value::Char(number) => quoted(&char::from_u32(*number)?.to_string()),
        other => other.integer()?.to_string(),
    })
}

/// JSON that fits into a header: what is not ASCII is escaped.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// A part of a path: what is not plain is escaped.
pub(super) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// RFC 1123, as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(microseconds: i64) -> String {
    let at = Timestamp::from_microsecond(microseconds).unwrap_or_default();
    let at = Offset::UTC.to_datetime(at);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    // > Answers emit the same form.
    #[test]
    fn properties_are_printed_with_their_types() {
        for (value, text) in [
            (Value::from("H\"i"), "\"H\\\"i\""),
            (Value::from("blå\u{1f600}"), "\"bl\\u00e5\\ud83d\\ude00\""),
            (Value::Int(-7), "-7"),
            (Value::Double(2.0), "2.0"),
            (Value::Bool(true), "true"),
            (
                Value::Timestamp(784_111_777_000),
                "\"Sun, 06 Nov 1994 08:49:37 GMT\"",
            ),
        ] {
            assert_eq!(printed(&value).as_deref(), Some(text));
            if !matches!(value, Value::Int(_)) {
                assert_eq!(super::super::told::typed(text), value);
            }
        }
        assert_eq!(printed(&Value::Binary(Bytes::from("x"))), None);
    }

    #[test]
    fn ids_fit_into_paths() {
        assert_eq!(percent("0123abc-._~"), "0123abc-._~");
        assert_eq!(percent("a b/c?å"), "a%20b%2Fc%3F%C3%A5");
        assert_eq!(percent("$DeadLetterQueue"), "$DeadLetterQueue");
    }
}
