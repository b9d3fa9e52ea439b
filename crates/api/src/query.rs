//! The query of a request: decoded pairs, and values of a type.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value;

use crate::label;
use crate::refusal::{Argument, Refusal, text};
use crate::violation::Violation;

/// The parameters in the order in which they came. What cannot be decoded stands as it
/// was written.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
    written: String,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self {
            pairs: pairs.collect(),
            written: query.to_owned(),
        }
    }

    /// The query as it was written, without the parameters of these names.
    pub(crate) fn without(&self, names: &[&str]) -> String {
        let pairs = self.written.split('&').filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && !names.contains(&name)
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The query without parameters that have no value.
    pub(crate) fn without_empty(mut self) -> Self {
        self.pairs.retain(|(_, value)| !value.is_empty());
        self
    }

    /// The first value of this name, unless it is empty.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// The value of a text as Spring binds one: an empty one counts, several are one with
    /// commas between.
    pub(crate) fn bound(&self, name: &str) -> Option<String> {
        let all: Vec<&str> = self.all(name).collect();
        (!all.is_empty()).then(|| all.join(","))
    }

    /// All values of this name.
    pub(crate) fn all<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.pairs
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    match percent_decode(&text).map(String::from_utf8) {
        Some(Ok(decoded)) => decoded,
        _ => text,
    }
}

/// Percent-decoding (RFC 3986 §2.1); none when a `%` is not followed by two digits.
pub(crate) fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, tail) = rest.split_first_chunk::<2>()?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let value = digit(digits[0])? * 16 + digit(digits[1])?;
        bytes.push(u8::try_from(value).ok()?);
        rest = tail;
    }
    Some(bytes)
}

/// Reads parameters of types other than text, and gathers those that are none.
pub(crate) struct Binding<'a> {
    query: &'a Query,
    object: &'static str,
    errors: Vec<Value>,
}

impl<'a> Binding<'a> {
    /// Binding to the object that the refusal shall name.
    pub(crate) fn new(query: &'a Query, object: &'static str) -> Self {
        Self {
            query,
            object,
            errors: Vec::new(),
        }
    }

    /// The parameter, read as a value of the Java type; `note` says what is wrong with
    /// one that cannot be read.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        java_type: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        note: impl FnOnce(&str) -> String,
    ) -> Option<T> {
        let given = self.query.first(name)?;
        let value = read(given);
        if value.is_none() {
            let message = format!(
                "Failed to convert property value of type 'java.lang.String' to required \
                 type '{java_type}' for property '{name}'; {}",
                note(given)
            );
            let violation = Violation::new(name, "typeMismatch", message)
                .of_type(java_type)
                .rejecting(Value::from(given));
            self.errors.push(violation.bound(self.object, true));
        }
        value
    }

    /// Refuse if anything could not be read.
    pub(crate) fn done(self) -> Result<(), Refusal> {
        if self.errors.is_empty() {
            return Ok(());
        }
        let count = Argument::Text(self.errors.len().to_string());
        Err(Refusal::listing(
            &label::INVALID,
            [text(self.object), count],
            self.errors,
        ))
    }
}

/// How Spring says that a text is no value of the type.
pub(crate) fn unconvertible(java_type: &str, value: &str) -> String {
    format!(
        "Failed to convert from type [java.lang.String] to type [{java_type}] for value [{value}]"
    )
}

/// How Java says that a text is no number.
pub(crate) fn no_number(value: &str) -> String {
    format!("For input string: \"{value}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let query = Query::parse("a=b%20c+d&&e&a=2&f=%zz&g=bl%C3%A5");
        assert_eq!(query.first("a"), Some("b c d"));
        assert_eq!(query.all("a").count(), 2);
        assert_eq!(query.first("e"), None);
        assert_eq!(query.first("f"), Some("%zz"));
        assert_eq!(query.first("g"), Some("blå"));
        assert_eq!(query.first("A"), None);
        assert_eq!(query.bound("a").as_deref(), Some("b c d,2"));
        assert_eq!(query.bound("e").as_deref(), Some(""));
        assert_eq!(query.bound("A"), None);
    }
}
