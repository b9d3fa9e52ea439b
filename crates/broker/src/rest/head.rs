//! What REST says of a message beside its body, and how it is kept.

use amqp::message::Message;
use axum::http::HeaderMap;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Headers that are about the request, not properties of the message.
const NOT_PROPERTIES: &[&str] = &[
    "host",
    "authorization",
    "brokerproperties",
    "connection",
    "keep-alive",
    "expect",
    "user-agent",
    "date",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "via",
    "cookie",
    "traceparent",
    "tracestate",
    "x-ms-retrypolicy",
    "origin",
    "referer",
    "range",
    "if-match",
    "if-none-match",
    "cache-control",
    "pragma",
    "forwarded",
];
const NOT_PROPERTIES_STARTS: &[&str] =
    &["accept", "content-", "x-forwarded-", "proxy-"];

/// Type, broker properties and custom properties.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    #[serde(default, rename = "t", skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(default, rename = "b", skip_serializing_if = "Map::is_empty")]
    pub(crate) properties: Map<String, Value>,
    /// Name and value as the header had them: the value's quotes carry its type.
    #[serde(default, rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub(crate) custom: Vec<(String, String)>,
}

/// Properties that only the broker sets: a sender's are passed over.
const OURS: &[&str] = &[
    "MessageId",
    "DeliveryCount",
    "EnqueuedTimeUtc",
    "EnqueuedSequenceNumber",
    "SequenceNumber",
    "LockToken",
    "LockedUntilUtc",
    "State",
    "DeadLetterSource",
];

impl Head {
    /// From the headers of a request; fails when BrokerProperties is no JSON object.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<(Self, Sent), String> {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let properties = match text("brokerproperties") {
            Some(json) => serde_json::from_str(json)
                .map_err(|e| format!("BrokerProperties is no JSON object: {e}"))?,
            None => Map::new(),
        };
        let custom = headers
            .iter()
            .filter(|(name, _)| is_property(name.as_str()));
        let custom = custom.filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let head = Self {
            content_type: text("content-type").map(str::to_owned),
            properties,
            custom: custom.collect(),
        };
        head.sent()
    }

    /// Take out what the broker itself works by.
    pub(crate) fn sent(mut self) -> Result<(Self, Sent), String> {
        let id = match self.properties.get("MessageId") {
            None | Some(Value::Null) => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(other) => return Err(format!("MessageId {other} is no text")),
        };
        let seconds = match self.properties.get("TimeToLive") {
            None | Some(Value::Null) => None,
            Some(value) => Some(
                value
                    .as_f64()
                    .filter(|n| n.is_finite() && *n > 0.0)
                    .ok_or("TimeToLive is no number of seconds")?,
            ),
        };
        self.properties
            .retain(|name, _| !OURS.contains(&name.as_str()));
        Ok((self, Sent { id, seconds }))
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        serde_json::to_vec(self)
            .expect("texts and numbers only")
            .into()
    }

    pub(crate) fn parse(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// What REST can tell of a message that came over AMQP.
    pub(crate) fn from_amqp(sections: &[u8]) -> Self {
        let mut head = Self::default();
        let Ok(message) = Message::read(sections) else {
            return head;
        };
        let Ok(properties) = message.properties() else {
            return head;
        };
        head.content_type = properties.content_type;
        let texts = [
            ("CorrelationId", properties.correlation_id.and_then(text)),
            ("Label", properties.subject),
            ("To", properties.to),
            ("ReplyTo", properties.reply_to),
            ("SessionId", properties.group_id),
            ("ReplyToSessionId", properties.reply_to_group_id),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                head.properties.insert(name.into(), value.into());
            }
        }
        if let Ok(application) = message.application() {
            for (name, value) in application.pairs() {
                let (Some(name), Some(value)) = (name.text(), printed(value)) else {
                    continue;
                };
                head.custom.push((name.to_owned(), value));
            }
        }
        head
    }
}

fn text(value: amqp::Value) -> Option<String> {
    value.text().map(str::to_owned)
}

/// A property as a header has it: texts in quotes, numbers and truth bare.
fn printed(value: &amqp::Value) -> Option<String> {
    if let Some(text) = value.text() {
        return Some(Value::from(text).to_string());
    }
    if let amqp::Value::Bool(truth) = value {
        return Some(truth.to_string());
    }
    value.integer().map(|number| number.to_string())
}

/// The body of a message that came over AMQP, as bytes.
pub(crate) fn amqp_body(sections: &Bytes) -> Bytes {
    match Message::read(sections) {
        Ok(message) => Bytes::from(message.bytes().into_owned()),
        Err(_) => sections.clone(),
    }
}

/// What a sender asks of the broker.
pub(crate) struct Sent {
    pub(crate) id: Option<String>,
    pub(crate) seconds: Option<f64>,
}

fn is_property(name: &str) -> bool {
    !NOT_PROPERTIES.contains(&name)
        && !NOT_PROPERTIES_STARTS
            .iter()
            .any(|start| name.starts_with(start))
}
