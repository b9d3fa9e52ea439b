//! Read and write an SBD: an object with a header and one business message.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::lenient::{self, escape};
use crate::{BusinessMessage, Error, Header, MessageType};

const HEADER: &str = "standardBusinessDocumentHeader";

/// A Standard Business Document.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// From whom, to whom, what, in which conversation.
    pub header: Header,
    /// The message itself.
    pub message: BusinessMessage,
}

impl Envelope {
    /// Read one: exactly two members, in either order.
    ///
    /// Unknown members inside them are passed over. Fails with the Java reader's words
    /// where it has any, since callers have learnt to know them.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(json).map_err(|e| Error::Json(e.to_string()))?;
        let text = escape(text.strip_prefix('\u{feff}').unwrap_or(text));
        if text.trim().is_empty() {
            return Err(Error::Empty);
        }
        Self::from_text(&text)
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, Error> {
        let mut json = serde_json::Deserializer::from_str(text);
        let members = Members.deserialize(&mut json).map_err(syntax)?;
        json.end().map_err(syntax)?;
        match members {
            Top::Null => Err(Error::Empty),
            Top::Other => Err(Error::UnknownType(None)),
            Top::Object(members) => assemble(&members),
        }
    }

    /// Write it: header first, members in declared order, nulls left out.
    pub fn to_json(&self) -> String {
        let text = format!(
            "{{\"{HEADER}\":{},\"{}\":{}}}",
            serde_json::to_string(&self.header).expect("texts and lists only"),
            self.message.kind(),
            serde_json::to_string(&self.message).expect("texts and lists only"),
        );
        debug_assert!(
            Self::parse(text.as_bytes()).is_ok(),
            "we read what we write"
        );
        text
    }
}

/// The top level: its members with their values unread.
enum Top<'a> {
    Object(Vec<(String, &'a RawValue)>),
    Null,
    Other,
}

fn assemble(members: &[(String, &RawValue)]) -> Result<Envelope, Error> {
    let token = |expected, found| Err(Error::Token { expected, found });
    let Some((first, value)) = members.first() else {
        return Err(Error::UnknownType(None));
    };
    let (header, message) = if first == HEADER {
        let header = header(value)?;
        let kind = named(&header)?;
        let Some((name, value)) = members.get(1) else {
            return token("FIELD_NAME", "END_OBJECT");
        };
        if name != kind.as_str() {
            let (expected, found) = (kind.to_string(), name.clone());
            return Err(Error::Name { expected, found });
        }
        (header, message(kind, value)?)
    } else {
        let kind: MessageType = first.parse()?;
        let message = message(kind, value)?;
        let Some((name, value)) = members.get(1) else {
            return token("FIELD_NAME", "END_OBJECT");
        };
        if name != HEADER {
            let (expected, found) = (HEADER.to_owned(), name.clone());
            return Err(Error::Name { expected, found });
        }
        let header = header(value)?;
        let named = named(&header)?;
        if named != kind {
            let (expected, found) = (named.to_string(), first.clone());
            return Err(Error::Name { expected, found });
        }
        (header, message)
    };
    if members.len() > 2 {
        return token("END_OBJECT", "FIELD_NAME");
    }
    Ok(Envelope { header, message })
}

/// The type that the header names.
fn named(header: &Header) -> Result<MessageType, Error> {
    let identification = header.document_identification.as_ref();
    let kind = identification.and_then(|d| d.kind.as_deref());
    kind.ok_or(Error::MissingType)?.parse()
}

fn header(value: &RawValue) -> Result<Header, Error> {
    object(value)?;
    let mut header: Header = lenient::read(value.get()).map_err(syntax)?;
    header.tidy();
    Ok(header)
}

fn message(kind: MessageType, value: &RawValue) -> Result<BusinessMessage, Error> {
    object(value)?;
    BusinessMessage::read(kind, value.get()).map_err(syntax)
}

fn object(value: &RawValue) -> Result<(), Error> {
    let found = match value.get().as_bytes().first() {
        Some(b'{') => return Ok(()),
        Some(b'[') => "START_ARRAY",
        Some(b'"') => "VALUE_STRING",
        Some(b'n') => "VALUE_NULL",
        Some(b't') => "VALUE_TRUE",
        Some(b'f') => "VALUE_FALSE",
        _ => "VALUE_NUMBER_INT",
    };
    Err(Error::Token {
        expected: "START_OBJECT",
        found,
    })
}

fn syntax(error: serde_json::Error) -> Error {
    Error::Json(error.to_string())
}

struct Members;

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Top<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Top<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Top<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an SBD")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
        let mut members = Vec::with_capacity(2);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Top::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Top<'de>, A::Error> {
        while seq.next_element::<&RawValue>()?.is_some() {}
        Ok(Top::Other)
    }

    fn visit_unit<E>(self) -> Result<Top<'de>, E> {
        Ok(Top::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Top<'de>, E> {
        Ok(Top::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Top<'de>, E> {
        Ok(Top::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Top<'de>, E> {
        Ok(Top::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Top<'de>, E> {
        Ok(Top::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Top<'de>, E> {
        Ok(Top::Other)
    }
}
