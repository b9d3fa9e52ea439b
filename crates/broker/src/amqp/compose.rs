//! A message as it goes to a client: a fresh header and annotations in front, and
//! behind them the sender's own sections, untouched wherever that can be.

use amqp::message::{self, Header};
use amqp::{Message as Sections, Reader, Value};
use bytes::Bytes;

use crate::engine::Delivery;

/// Annotations that the broker sets: a sender's own are not passed on.
const OURS: [&str; 8] = [
    "x-opt-enqueued-time",
    "x-opt-sequence-number",
    "x-opt-enqueue-sequence-number",
    "x-opt-message-state",
    "x-opt-locked-until",
    "x-opt-deadletter-source",
    "x-opt-scheduled-enqueue-time",
    "x-opt-lock-token",
];

/// Write what goes in front; answers what follows. A lock other than the delivery's own
/// may be named, for answers that carry locked messages.
pub(super) fn compose(
    delivery: &Delivery,
    named: Option<uuid::Uuid>,
    out: &mut Vec<u8>,
) -> Bytes {
    let millis = delivery.time_to_live / 1000;
    let header = Header {
        durable: true,
        priority: None,
        ttl_millis: (millis > 0).then(|| u32::try_from(millis).unwrap_or(u32::MAX)),
        delivery_count: delivery.count.into(),
    };
    header.write(out);
    if let Some(token) = named {
        message::delivery_annotations(out, |f| {
            f.symbol("x-opt-lock-token");
            f.value(&Value::Uuid(*token.as_bytes()));
        });
    }
    annotations(delivery, out);
    if delivery.dead.is_none() && delivery.changes.is_empty() {
        return delivery.body.clone();
    }
    changed(delivery)
}

fn annotations(delivery: &Delivery, out: &mut Vec<u8>) {
    let long = |number: u64| Value::Long(i64::try_from(number).unwrap_or(i64::MAX));
    let theirs = map(&delivery.notes);
    message::annotations(out, |f| {
        f.symbol("x-opt-enqueued-time");
        f.value(&Value::Timestamp(delivery.enqueued_at / 1000));
        f.symbol("x-opt-sequence-number");
        f.value(&long(delivery.sequence));
        f.symbol("x-opt-enqueue-sequence-number");
        f.value(&long(delivery.origin));
        f.symbol("x-opt-message-state");
        f.value(&Value::Int(delivery.stage as i32));
        if let Some(lock) = delivery.lock {
            f.symbol("x-opt-locked-until");
            f.value(&Value::Timestamp(lock.until / 1000));
        }
        if delivery.scheduled_at > 0 {
            f.symbol("x-opt-scheduled-enqueue-time");
            f.value(&Value::Timestamp(delivery.scheduled_at / 1000));
        }
        if let Some([_, _, source]) = delivery.dead.as_deref() {
            f.symbol("x-opt-deadletter-source");
            f.string(&**source);
        }
        for (key, value) in &theirs {
            if key.text().is_none_or(|key| !OURS.contains(&key)) {
                f.value(key);
                f.value(value);
            }
        }
    });
}

/// The sections of a message about which receivers, or the broker, have changed
/// something: what is changed are its application properties.
fn changed(delivery: &Delivery) -> Bytes {
    let Ok(message) = Sections::read_front(&delivery.body) else {
        // It was read when it came; what the log flips, the log's checksum names.
        return delivery.body.clone();
    };
    let own = message.application().unwrap_or(Value::Null);
    let pairs = properties(delivery, own.pairs().to_vec());
    let before = delivery.body.len() - message.bare.len();
    let mut out = Vec::with_capacity(delivery.body.len() + 256);
    out.extend_from_slice(&delivery.body[..before]);
    out.extend_from_slice(message.properties_section());
    if !pairs.is_empty() {
        message::application(&mut out, |f| {
            for (name, value) in &pairs {
                f.value(name);
                f.value(value);
            }
        });
    }
    out.extend_from_slice(message.body);
    out.into()
}

/// A message's own properties with all that was changed about them.
pub(crate) fn properties(
    delivery: &Delivery,
    mut pairs: Vec<(Value, Value)>,
) -> Vec<(Value, Value)> {
    let mut set = |name: Value, value: Value| {
        pairs.retain(|(known, _)| known.text() != name.text());
        pairs.push((name, value));
    };
    let mut changes = Reader::new(&delivery.changes);
    while let Ok(Value::Map(some)) = changes.value() {
        for (name, value) in some {
            // Named by a symbol in an annotation, by a string among properties.
            let name = name.text().map_or(name.clone(), Value::from);
            set(name, value);
        }
    }
    if let Some([reason, description, _]) = delivery.dead.as_deref() {
        let words = [
            ("DeadLetterReason", reason),
            ("DeadLetterErrorDescription", description),
        ];
        for (name, words) in words.into_iter().filter(|(_, words)| !words.is_empty()) {
            set(name.into(), words.as_str().into());
        }
    }
    pairs
}

/// The pairs of an encoded map; none if it is no map.
pub(crate) fn map(bytes: &[u8]) -> Vec<(Value, Value)> {
    match Reader::new(bytes).value() {
        Ok(Value::Map(pairs)) => pairs,
        _ => Vec::new(),
    }
}

/// A map as bytes; nothing if there is nothing in it.
pub(crate) fn encoded(pairs: Vec<(Value, Value)>) -> Bytes {
    if pairs.is_empty() {
        return Bytes::new();
    }
    let mut out = Vec::new();
    amqp::encode::value(&mut out, &Value::Map(pairs));
    out.into()
}
