//! A message as it goes to a client: a fresh header and annotations in front, and
//! behind them the sender's own sections, untouched wherever that can be.

use amqp::message::{self, Header, Properties};
use amqp::{Message as Sections, Value};
use bytes::Bytes;

use crate::engine::{Delivery, Origin};
use crate::rest::Head;

/// Write what goes in front; answers what follows. A lock other than the delivery's own
/// may be named, for answers that carry locked messages.
pub(super) fn compose(
    delivery: &Delivery,
    named: Option<uuid::Uuid>,
    out: &mut Vec<u8>,
) -> Bytes {
    let millis = (delivery.expires_at - delivery.enqueued_at) / 1000;
    let header = Header {
        durable: true,
        priority: None,
        ttl_millis: (delivery.expires_at > 0)
            .then(|| u32::try_from(millis).unwrap_or(u32::MAX)),
        // The wire counts from 0 (servicebus §2.5).
        delivery_count: delivery.delivery_count.saturating_sub(1),
    };
    header.write(out);
    if let Some(token) = named {
        message::delivery_annotations(out, |f| {
            f.symbol("x-opt-lock-token");
            f.value(&Value::Uuid(*token.as_bytes()));
        });
    }
    annotations(delivery, out);
    sections(delivery)
}

fn annotations(delivery: &Delivery, out: &mut Vec<u8>) {
    let sequence = i64::try_from(delivery.sequence).unwrap_or(i64::MAX);
    message::annotations(out, |f| {
        f.symbol("x-opt-enqueued-time");
        f.value(&Value::Timestamp(delivery.enqueued_at / 1000));
        f.symbol("x-opt-sequence-number");
        f.value(&Value::Long(sequence));
        f.symbol("x-opt-enqueue-sequence-number");
        f.value(&Value::Long(sequence));
        f.symbol("x-opt-message-state");
        f.value(&Value::Int(0));
        if let Some(lock) = delivery.lock {
            f.symbol("x-opt-locked-until");
            f.value(&Value::Timestamp(lock.until / 1000));
        }
        if let Some([_, _, source]) = &delivery.dead {
            f.symbol("x-opt-deadletter-source");
            f.string(&**source);
        }
    });
}

fn sections(delivery: &Delivery) -> Bytes {
    if delivery.origin == Origin::Rest {
        return from_rest(delivery);
    }
    let Ok(message) = Sections::read(&delivery.body) else {
        // It was read when it came; what the log flips, the log's checksum names.
        return delivery.body.clone();
    };
    let named = matches!(message.id(), Ok(Some(_)));
    if named && delivery.dead.is_none() {
        return delivery.body.clone();
    }
    let mut properties = message.properties().unwrap_or_default();
    if !named {
        properties.message_id = Some(delivery.id.as_str().into());
    }
    let application = message.application().unwrap_or(Value::Null);
    let pairs = application.pairs().to_vec();
    joined(delivery, &properties, pairs, message.body)
}

/// A message that came over REST: its properties in their AMQP places
/// (servicebus §1.1), its body as one data section.
fn from_rest(delivery: &Delivery) -> Bytes {
    let head = Head::parse(&delivery.head);
    let text = |name: &str| {
        let value = head.properties.get(name);
        value.and_then(|v| v.as_str()).map(str::to_owned)
    };
    let properties = Properties {
        message_id: Some(delivery.id.as_str().into()),
        correlation_id: text("CorrelationId").map(Value::String),
        subject: text("Label"),
        to: text("To"),
        reply_to: text("ReplyTo"),
        group_id: text("SessionId"),
        reply_to_group_id: text("ReplyToSessionId"),
        content_type: head.content_type.clone(),
        ..Properties::default()
    };
    let custom = head.custom.iter();
    let pairs = custom.map(|(name, value)| (name.as_str().into(), typed(value)));
    let mut body = Vec::with_capacity(delivery.body.len() + 8);
    message::data(&mut body, &delivery.body);
    joined(delivery, &properties, pairs.collect(), &body)
}

/// Properties, application properties with the reason of a dead letter, and the body.
fn joined(
    delivery: &Delivery,
    properties: &Properties,
    mut pairs: Vec<(Value, Value)>,
    body: &[u8],
) -> Bytes {
    if let Some([reason, description, _]) = &delivery.dead {
        let words = [
            ("DeadLetterReason", reason),
            ("DeadLetterErrorDescription", description),
        ];
        for (name, words) in words {
            pairs.retain(|(key, _)| key.text() != Some(name));
            pairs.push((name.into(), words.as_str().into()));
        }
    }
    let mut out = Vec::with_capacity(body.len() + 256);
    properties.write(&mut out);
    if !pairs.is_empty() {
        message::application(&mut out, |f| {
            for (name, value) in &pairs {
                f.value(name);
                f.value(value);
            }
        });
    }
    out.extend_from_slice(body);
    out.into()
}

/// A custom header's value: text in quotes, numbers and truth bare, and whatever is
/// none of these is text as well (servicebus §1.1).
fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(serde_json::Value::String(text)) => Value::String(text),
        Ok(serde_json::Value::Bool(truth)) => Value::Bool(truth),
        Ok(serde_json::Value::Number(number)) => number.as_i64().map_or_else(
            || Value::Double(number.as_f64().unwrap_or_default()),
            Value::Long,
        ),
        _ => Value::String(text.to_owned()),
    }
}
