//! Parcels as AMQP messages, and back.

use amqp::message::{self, Header, Properties};
use amqp::{Condition, Delivery, Message, Outcome, Value, condition};
use bytes::Bytes;
use jiff::Timestamp;

use super::inbox::Arrived;
use crate::{Lock, Parcel, Received};

/// What goes in front of the body.
pub(super) fn front(parcel: &Parcel, out: &mut Vec<u8>) {
    let header = Header {
        durable: true,
        priority: None,
        ttl_millis: parcel
            .time_to_live
            .map(|time| u32::try_from(time.as_millis()).unwrap_or(u32::MAX)),
        delivery_count: 0,
    };
    header.write(out);
    let properties = Properties {
        message_id: Some(parcel.message_id.as_str().into()),
        // Java peers read any other type as ISO-8859-1 (wire-format §2.4).
        content_type: Some("application/json".into()),
        ..Properties::default()
    };
    properties.write(out);
    message::data_start(out, parcel.body.len());
}

/// A delivery as the caller gets it, and its lock's token; none when it cannot be read
/// as a message or has no token.
pub(super) fn arrived(delivery: &Delivery) -> Option<(u128, Arrived)> {
    let payload = delivery.payload.as_ref()?;
    let message = Message::read(payload).ok()?;
    let tag: [u8; 16] = delivery.tag.as_slice().try_into().ok()?;
    let token = u128::from_be_bytes(tag);
    let id = message.id().ok()?;
    let id = id.and_then(|id| id.text().map(str::to_owned));
    let annotations = message.annotations().unwrap_or(Value::Null);
    let until = annotations.field("x-opt-locked-until");
    let until = until.and_then(Value::integer);
    let received = Received {
        body: match message.bytes() {
            std::borrow::Cow::Borrowed(body) => slice(payload, body),
            std::borrow::Cow::Owned(body) => body.into(),
        },
        lock: Lock {
            message: id.unwrap_or_default(),
            token: format!("{token:032x}"),
        },
        // The wire counts from 0 (servicebus §2.5).
        delivery_count: message.header.delivery_count.saturating_add(1),
    };
    let until = until.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    Some((token, Arrived { received, until }))
}

/// The body without a copy, where it lies in one piece.
fn slice(payload: &Bytes, body: &[u8]) -> Bytes {
    if body.is_empty() {
        return Bytes::new();
    }
    payload.slice_ref(body)
}

/// What asks Service Bus to put a message aside.
pub(super) fn dead_letter(reason: &str, description: &str) -> Outcome {
    let key = |name: &str| Value::Symbol(name.to_owned());
    let mut condition = Condition::new(condition::DEAD_LETTER, description);
    condition.info = Value::Map(vec![
        (key("DeadLetterReason"), reason.into()),
        (key("DeadLetterErrorDescription"), description.into()),
    ]);
    Outcome::rejected(condition)
}
