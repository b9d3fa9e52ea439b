//! A message as an operator sees it, and how it is sent again.

use amqp::message::{self, Header};
use amqp::{Message, Value};
use bytes::Bytes;
use jiff::Timestamp;

use crate::Error;

/// What a dead letter says of its end, in its application properties.
const REASON: &str = "DeadLetterReason";
const DESCRIPTION: &str = "DeadLetterErrorDescription";

/// A message and what is known of it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its number in the queue.
    pub sequence: i64,
    /// When it was sent.
    pub enqueued_at: Option<Timestamp>,
    /// `active`, `deferred` or `scheduled`.
    pub state: &'static str,
    /// Deliveries in vain.
    pub delivery_count: u32,
    /// Its id.
    pub id: String,
    /// What it is about.
    pub subject: Option<String>,
    /// MIME type of the body.
    pub content_type: Option<String>,
    /// What it answers.
    pub correlation_id: Option<String>,
    /// The sender's own properties, each as text.
    pub properties: Vec<(String, String)>,
    /// Why it was put aside.
    pub reason: Option<String>,
    /// The same in more words.
    pub description: Option<String>,
    /// The body's bytes: data, or text.
    pub body: Bytes,
    payload: Bytes,
}

impl Letter {
    /// Fails on what is no message.
    pub(super) fn read(payload: Bytes) -> Result<Self, Error> {
        let message = Message::read(&payload).map_err(unreadable)?;
        let said = message.properties().map_err(unreadable)?;
        let own = message.application().map_err(unreadable)?;
        let annotations = message.annotations().map_err(unreadable)?;
        let number = |name: &str| annotations.field(name).and_then(Value::integer);
        let at = number("x-opt-enqueued-time");
        let word =
            |name: &str| own.field(name).and_then(Value::text).map(str::to_owned);
        Ok(Self {
            sequence: number("x-opt-sequence-number").unwrap_or(0),
            enqueued_at: at.and_then(|at| Timestamp::from_millisecond(at).ok()),
            state: match number("x-opt-message-state") {
                Some(1) => "deferred",
                Some(2) => "scheduled",
                _ => "active",
            },
            delivery_count: message.header.delivery_count,
            id: said.message_id.as_ref().map(text).unwrap_or_default(),
            subject: said.subject,
            content_type: said.content_type,
            correlation_id: said.correlation_id.as_ref().map(text),
            properties: own
                .pairs()
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            reason: word(REASON),
            description: word(DESCRIPTION),
            body: Bytes::copy_from_slice(&message.bytes()),
            payload,
        })
    }

    /// The message to send again: as it was, without what was noted of its end. With
    /// another id where one is given.
    pub fn again(&self, id: Option<&str>) -> Result<Bytes, Error> {
        let message = Message::read(&self.payload).map_err(unreadable)?;
        let mut out = Vec::with_capacity(self.payload.len());
        let header = Header {
            delivery_count: 0,
            ..message.header
        };
        header.write(&mut out);
        let annotations = message.annotations().map_err(unreadable)?;
        if let Some(key) = annotations.field("x-opt-partition-key") {
            message::annotations(&mut out, |f| {
                f.symbol("x-opt-partition-key");
                f.value(key);
            });
        }
        let mut properties = message.properties().map_err(unreadable)?;
        if let Some(id) = id {
            properties.message_id = Some(id.into());
        }
        properties.write(&mut out);
        let own = message.application().map_err(unreadable)?;
        message::application(&mut out, |f| {
            for (name, value) in own.pairs() {
                if !matches!(name.text(), Some(REASON | DESCRIPTION)) {
                    f.value(name);
                    f.value(value);
                }
            }
        });
        out.extend_from_slice(message.body);
        Ok(out.into())
    }
}

fn unreadable(error: amqp::Error) -> Error {
    Error::Unreachable(format!("a message cannot be read: {error}"))
}

/// A value for people.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(truth) => truth.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Uuid(bytes) => {
            let mut hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            for at in [20, 16, 12, 8] {
                hex.insert(at, '-');
            }
            hex
        }
        Value::Timestamp(millis) => match Timestamp::from_millisecond(*millis) {
            Ok(at) => at.to_string(),
            Err(_) => millis.to_string(),
        },
        Value::Ulong(number) => number.to_string(),
        Value::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => match (other.text(), other.integer()) {
            (Some(text), _) => text.to_owned(),
            (_, Some(number)) => number.to_string(),
            _ => format!("{other:?}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use amqp::message::Properties;

    use super::*;

    fn dead() -> Bytes {
        let mut out = Vec::new();
        let header = Header {
            delivery_count: 7,
            ttl_millis: Some(9),
            ..Header::default()
        };
        header.write(&mut out);
        message::annotations(&mut out, |f| {
            f.symbol("x-opt-sequence-number");
            f.value(&Value::Long(42));
            f.symbol("x-opt-partition-key");
            f.string("p");
        });
        let properties = Properties {
            message_id: Some(Value::Uuid([7; 16])),
            subject: Some("emne".into()),
            ..Properties::default()
        };
        properties.write(&mut out);
        message::application(&mut out, |f| {
            for (name, value) in [(REASON, "grunn"), ("k", "v"), (DESCRIPTION, "ord")] {
                f.string(name);
                f.string(value);
            }
        });
        message::data(&mut out, b"en");
        message::data(&mut out, b"to");
        out.into()
    }

    #[test]
    fn a_dead_letter_is_read() {
        let letter = Letter::read(dead()).unwrap();
        assert_eq!((letter.sequence, letter.delivery_count), (42, 7));
        assert_eq!(letter.id, "07070707-0707-0707-0707-070707070707");
        assert_eq!(letter.reason.as_deref(), Some("grunn"));
        assert_eq!(letter.description.as_deref(), Some("ord"));
        assert_eq!(&letter.body[..], b"ento");
        assert!(Letter::read(Bytes::from_static(b"tull")).is_err());
    }

    #[test]
    fn sent_again_it_is_what_was_sent_first() {
        let letter = Letter::read(dead()).unwrap();
        let again = letter.again(None).unwrap();
        let message = Message::read(&again).unwrap();
        assert_eq!(message.header.delivery_count, 0);
        assert_eq!(message.header.ttl_millis, Some(9));
        assert_eq!(message.id().unwrap(), Some(Value::Uuid([7; 16])));
        let own = message.application().unwrap();
        assert_eq!(own.pairs(), [("k".into(), "v".into())]);
        let annotations = message.annotations().unwrap();
        assert_eq!(annotations.pairs().len(), 1);
        assert_eq!(message.data().collect::<Vec<_>>(), [b"en", b"to"]);
        let other = letter.again(Some("ny")).unwrap();
        let id = Message::read(&other).unwrap().id().unwrap();
        assert_eq!(id, Some("ny".into()));
    }
}
