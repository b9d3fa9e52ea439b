//! JSON as leniently as the Java access point reads it: raw control characters inside
//! texts, as eInnsyn's kvitteringer have; numbers where a text belongs, and the other way
//! round; a member twice.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::str::FromStr;

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde_json::Value;

/// A value of this type; of a member that is there twice, the last one counts.
pub fn read<T: DeserializeOwned>(json: &str) -> serde_json::Result<T> {
    serde_json::from_str(json).or_else(|first: serde_json::Error| {
        match first.to_string().starts_with("duplicate field") {
            true => serde_json::from_value(serde_json::from_str::<Value>(json)?),
            false => Err(first),
        }
    })
}

/// Bytes as text: UTF-8, else ISO-8859-1, in which every byte is a letter.
///
/// A peer that writes the latter is understood by the Java access point, which reads most
/// bodies so. What is neither makes no JSON.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The document with control characters inside texts escaped; others are left alone.
///
/// > the reference enables ALLOW_UNQUOTED_CONTROL_CHARS on all JSON parsing
///
/// (rest-api §1.1)
pub fn escape(json: &str) -> Cow<'_, str> {
    // Only a text that breaks a line, or worse, needs the walk below. White space
    // between members is most often spaces and line feeds, so look inside texts.
    let Some(first) = first_raw(json.as_bytes()) else {
        return Cow::Borrowed(json);
    };
    let (clean, rest) = json.split_at(first);
    let mut out = String::with_capacity(json.len() + 16);
    out.push_str(clean);
    let (mut inside, mut escaped) = (true, false);
    for c in rest.chars() {
        match c {
            c if inside && c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
                escaped = false;
                continue;
            }
            '"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && c == '\\' && !escaped;
        out.push(c);
    }
    Cow::Owned(out)
}

/// Where the first control character inside a text stands.
fn first_raw(json: &[u8]) -> Option<usize> {
    if !any(json, |b| b < b' ') {
        return None;
    }
    let (mut inside, mut escaped) = (false, false);
    for (i, &b) in json.iter().enumerate() {
        match b {
            b if inside && b < b' ' => return Some(i),
            b'"' if !escaped => inside = !inside,
            _ => {}
        }
        escaped = inside && b == b'\\' && !escaped;
    }
    None
}

/// Whether there is such a byte; many are looked at at a time.
pub(crate) fn any(bytes: &[u8], is: impl Fn(u8) -> bool) -> bool {
    let in_chunk = |chunk: &[u8]| chunk.iter().fold(false, |found, b| found | is(*b));
    bytes.chunks(256).any(in_chunk)
}

/// A text, or a number or truth value that is taken for one (rest/03, step 79).
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    struct Text;
    impl<'de> Visitor<'de> for Text {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_none<E>(self) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(
            self,
            from: D,
        ) -> Result<Option<String>, D::Error> {
            from.deserialize_any(self)
        }

        fn visit_str<E>(self, text: &str) -> Result<Option<String>, E> {
            Ok(Some(text.to_owned()))
        }

        fn visit_string<E>(self, text: String) -> Result<Option<String>, E> {
            Ok(Some(text))
        }

        fn visit_bool<E>(self, truth: bool) -> Result<Option<String>, E> {
            Ok(Some(truth.to_string()))
        }

        fn visit_i64<E>(self, number: i64) -> Result<Option<String>, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_u64<E>(self, number: u64) -> Result<Option<String>, E> {
            Ok(Some(number.to_string()))
        }

        fn visit_f64<E>(self, number: f64) -> Result<Option<String>, E> {
            Ok(Some(format!("{number:?}")))
        }
    }
    from.deserialize_option(Text)
}

/// A number or truth value, or a text that says one; an empty text says nothing.
pub(crate) fn scalar<'de, D: Deserializer<'de>, T: FromStr>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let said = text(from)?.filter(|said| !said.trim().is_empty());
    let wrong = |said: &str| D::Error::custom(format!("{said:?} is no such value"));
    said.map(|said| said.trim().parse().map_err(|_| wrong(&said)))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Jackson's defaults, which the Java access point leaves as they are: of a member that
    // is there twice the last counts, and scalars become one another.
    #[test]
    fn what_jackson_takes_is_taken() {
        let json = r#"{"headerVersion":1,"headerVersion":1.0,"documentIdentification":
            {"instanceIdentifier":7,"multipleType":"true","creationDateAndTime":" "},
            "manifest":{"numberOfItems":"2"}}"#;
        let header: crate::Header = read(json).unwrap();
        assert_eq!(header.header_version.as_deref(), Some("1.0"));
        let what = header.document_identification.unwrap();
        assert_eq!(what.instance_identifier.as_deref(), Some("7"));
        assert_eq!(what.multiple_type, Some(true));
        assert_eq!(what.creation_date_and_time, None);
        assert_eq!(header.manifest.unwrap().number_of_items, Some(2));
        assert!(read::<crate::Header>(r#"{"headerVersion":{}}"#).is_err());
    }

    #[test]
    fn only_control_characters_inside_texts_are_touched() {
        assert!(matches!(
            escape("{\n \"a\" : \"b\\n\\\"\" }"),
            Cow::Borrowed(_)
        ));
        assert_eq!(
            escape("{\n\"a\":\"x\ny\tz\"}"),
            "{\n\"a\":\"x\\u000ay\\u0009z\"}"
        );
        assert_eq!(escape("[\"\\\\\",\"a\nb\"]"), "[\"\\\\\",\"a\\u000ab\"]");
    }
}
