//! What a sender tells of a message over REST, and the sections that it becomes
//! (servicebus §1.1): both protocols give out the same message.

use std::time::Duration;

use amqp::Value;
use amqp::message::{self, Properties};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::{Map, Value as Json};

use crate::amqp::encoded;
use crate::engine::Message;

/// Type, broker properties and custom properties.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) content_type: Option<String>,
    pub(super) properties: Map<String, Json>,
    /// Names and values of custom properties.
    pub(super) custom: Vec<(String, Value)>,
}

impl Told {
    /// The message, under this id if its sender gave none, with what the closure writes
    /// as its body. Fails, with words, when a property cannot be what it is given as.
    pub(super) fn message(
        self,
        id: String,
        body: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Message, String> {
        let own = self.text("MessageId")?.filter(|id| !id.is_empty());
        let id = own.unwrap_or(id);
        let (notes, group_id) = self.notes()?;
        let properties = Properties {
            message_id: Some(Value::String(id.clone())),
            correlation_id: self.text("CorrelationId")?.map(Value::String),
            subject: self.text("Label")?,
            to: self.text("To")?,
            reply_to: self.text("ReplyTo")?,
            group_id,
            reply_to_group_id: self.text("ReplyToSessionId")?,
            content_type: self.content_type.clone(),
            ..Properties::default()
        };
        let mut sections = Vec::new();
        properties.write(&mut sections);
        if !self.custom.is_empty() {
            message::application(&mut sections, |f| {
                for (name, value) in &self.custom {
                    f.string(&**name);
                    f.value(value);
                }
            });
        }
        body(&mut sections);
        Ok(Message {
            id: Some(id),
            notes,
            body: sections.into(),
            tail: None,
            time_to_live: self.time_to_live()?,
            scheduled_at: self.time("ScheduledEnqueueTimeUtc")?,
        })
    }

    /// Annotations, and the session that stands in the properties.
    fn notes(&self) -> Result<(Bytes, Option<String>), String> {
        let session = self.text("SessionId")?;
        let key = self.text("PartitionKey")?;
        if let (Some(session), Some(key)) = (&session, &key)
            && session != key
        {
            return Err("PartitionKey is not the same as SessionId".to_owned());
        }
        let pairs = [
            ("x-opt-partition-key", key),
            ("x-opt-via-partition-key", self.text("ViaPartitionKey")?),
        ];
        let pairs = pairs.into_iter().filter_map(|(name, value)| {
            Some((Value::Symbol(name.into()), Value::String(value?)))
        });
        Ok((encoded(pairs.collect()), session))
    }

    fn text(&self, name: &str) -> Result<Option<String>, String> {
        match self.properties.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(format!("{name} is {other}, which is no text")),
        }
    }

    fn time(&self, name: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let at = date(&text).ok_or_else(|| {
            format!(
                "{name} is {text:?}, which is no date such as \
                 Sun, 06 Nov 1994 08:49:37 GMT"
            )
        })?;
        Ok(Some(at.as_microsecond()))
    }

    fn time_to_live(&self) -> Result<Option<Duration>, String> {
        let name = "TimeToLive";
        let seconds = match self.properties.get(name) {
            None | Some(Json::Null) => None,
            Some(value) => Some(value.as_f64().and_then(span).ok_or_else(|| {
                format!("{name} is {value}, which is no number of seconds above 0")
            })?),
        };
        let name = "TimeToLiveTimeSpan";
        let Some(text) = self.text(name)? else {
            return Ok(seconds);
        };
        let time = time_span(&text).ok_or_else(|| {
            format!("{name} is {text:?}, which is no time such as 0.00:00:40")
        })?;
        Ok(Some(time))
    }
}

fn span(seconds: f64) -> Option<Duration> {
    let time = Duration::try_from_secs_f64(seconds);
    // .NET's longest time is no number of seconds that fits.
    let time = time.unwrap_or(Duration::from_secs(u64::MAX));
    (seconds > 0.0).then_some(time)
}

/// `d.hh:mm:ss[.fffffff]`, the days left out if there are none.
fn time_span(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let (first, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
    let whole = number(days)? * 86_400 + number(hours)? * 3600 + number(minutes)? * 60;
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let seconds: f64 = seconds
        .trim_matches(digits)
        .is_empty()
        .then(|| seconds.parse().ok())??;
    let time =
        Duration::from_secs(whole) + Duration::try_from_secs_f64(seconds).ok()?;
    (!time.is_zero()).then_some(time)
}

/// A date as HTTP writes it.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

/// A custom header's value: text and dates in quotes, numbers and truth bare, and
/// whatever is none of these is text as well.
pub(super) fn typed(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Json::Null) | Err(_) => Value::String(text.to_owned()),
        Ok(json) => value(json),
    }
}

/// A custom property's value in a batch.
pub(super) fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(truth),
        Json::Number(number) => number.as_i64().map_or_else(
            || Value::Double(number.as_f64().unwrap_or_default()),
            Value::Long,
        ),
        Json::String(text) => match date(&text) {
            Some(at) => Value::Timestamp(at.as_millisecond()),
            None => Value::String(text),
        },
        other => Value::String(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(properties: Json) -> Told {
        Told {
            properties: properties.as_object().unwrap().clone(),
            ..Told::default()
        }
    }

    fn sent(properties: Json) -> Result<Message, String> {
        told(properties).message("own".into(), |out| message::data(out, b"x"))
    }

    // The table of servicebus §1.1.
    #[test]
    fn broker_properties_have_their_places() {
        let message = sent(json!({
            "MessageId": "m", "CorrelationId": "c", "Label": "l", "To": "t",
            "ReplyTo": "r", "SessionId": "s", "ReplyToSessionId": "rs",
            "PartitionKey": "s", "TimeToLive": 1.5, "ForcePersistence": true,
            "ScheduledEnqueueTimeUtc": "Sun, 06 Nov 1994 08:49:37 GMT", "Unknown": 7,
        }));
        let message = message.unwrap();
        assert_eq!(message.time_to_live, Some(Duration::from_millis(1500)));
        assert_eq!(message.scheduled_at, Some(784_111_777_000_000));
        let sections = amqp::Message::read(&message.body).unwrap();
        let properties = sections.properties().unwrap();
        assert_eq!(properties.message_id, Some("m".into()));
        assert_eq!(properties.subject.as_deref(), Some("l"));
        assert_eq!(properties.group_id.as_deref(), Some("s"));
        assert_eq!(properties.reply_to_group_id.as_deref(), Some("rs"));
        assert_eq!(&*sections.bytes(), b"x");
        let notes = crate::amqp::map(&message.notes);
        let key = Value::Symbol("x-opt-partition-key".into());
        assert_eq!(notes, [(key, "s".into())]);
    }

    #[test]
    fn a_message_without_an_id_gets_one() {
        assert_eq!(sent(json!({})).unwrap().id.as_deref(), Some("own"));
        let empty = sent(json!({"MessageId": ""}));
        assert_eq!(empty.unwrap().id.as_deref(), Some("own"));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (name, value) in [
            ("MessageId", json!(7)),
            ("TimeToLive", json!("x")),
            ("TimeToLive", json!(0)),
            ("TimeToLive", json!(-1)),
            ("TimeToLiveTimeSpan", json!("40 s")),
            ("ScheduledEnqueueTimeUtc", json!("tomorrow")),
        ] {
            let mut properties = Map::new();
            properties.insert(name.into(), value);
            let words = sent(Json::Object(properties)).unwrap_err();
            assert!(words.contains(name), "{words}");
        }
        let both = json!({"SessionId": "a", "PartitionKey": "b"});
        assert!(sent(both).unwrap_err().contains("PartitionKey"));
    }

    #[test]
    fn time_spans_are_read() {
        let seconds = |text| time_span(text).map(|time| time.as_secs_f64());
        assert_eq!(seconds("0.00:00:40"), Some(40.0));
        assert_eq!(seconds("1.02:03:04.5"), Some(93_784.5));
        assert_eq!(seconds("00:01:00"), Some(60.0));
        for wrong in [
            "",
            "40",
            "0:40",
            "a:b:c",
            "1:2:3:4",
            "00:00:00",
            "-1.00:00:00",
        ] {
            assert_eq!(time_span(wrong), None, "{wrong}");
        }
    }

    // > strings and dates are double-quoted, numbers and booleans bare; a bare
    // > unparsable value is a string
    #[test]
    fn headers_carry_their_types() {
        assert_eq!(typed("\"High\""), Value::from("High"));
        assert_eq!(typed("12345"), Value::Long(12345));
        assert_eq!(typed("1.5"), Value::Double(1.5));
        assert_eq!(typed("true"), Value::Bool(true));
        assert_eq!(typed("High"), Value::from("High"));
        let date = "\"Sun, 06 Nov 1994 08:49:37 GMT\"";
        assert_eq!(typed(date), Value::Timestamp(784_111_777_000));
    }
}
