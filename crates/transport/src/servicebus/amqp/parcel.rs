//! Parcels as AMQP messages, and back.

use std::borrow::Cow;

use amqp::message::{self, Header, Properties};
use amqp::{Condition, Delivery, Message, Outcome, Value, condition};
use bytes::Bytes;
use jiff::Timestamp;

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

/// A delivery as the caller gets it, under the name of its lock, and until when that
/// holds, if it was said. What is no message comes as the bytes that it is: the caller
/// finds that it cannot be read, and says so.
pub(super) fn arrived(
    delivery: &Delivery,
    name: u128,
) -> (Received, Option<Timestamp>) {
    let payload = delivery.payload.clone().unwrap_or_default();
    let message = Message::read(&payload).ok();
    let id = message.as_ref().and_then(|message| message.id().ok()?);
    let id = id.and_then(|id| id.text().map(str::to_owned));
    let annotations = message.as_ref().and_then(|m| m.annotations().ok());
    let until = annotations.as_ref().and_then(|annotations| {
        let millis = annotations.field("x-opt-locked-until")?.integer()?;
        Timestamp::from_millisecond(millis).ok()
    });
    let count = message.as_ref().map_or(0, |m| m.header.delivery_count);
    let received = Received {
        body: match message.as_ref().map(Message::bytes) {
            Some(Cow::Borrowed(body)) => slice(&payload, body),
            Some(Cow::Owned(body)) => body.into(),
            None => payload.clone(),
        },
        lock: Lock {
            message: id.unwrap_or_default(),
            token: format!("{name:032x}"),
        },
        // The wire counts from 0 (servicebus §2.5).
        delivery_count: count.saturating_add(1),
    };
    (received, until)
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
