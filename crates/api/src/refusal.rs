//! A refusal on its way to the caller, and the JSON that it becomes.

use std::fmt::Write;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use sbd::WireTime;
use serde::Serialize;
use serde_json::Value;

use crate::label::Label;

/// What a handler answers instead of what was asked for.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A status and nothing else.
    Bare(StatusCode),
    /// A status with an error body, written by `finish`, which knows the path.
    Told(Arc<Told>),
}

/// What an error body says.
#[derive(Debug)]
pub(crate) struct Told {
    label: &'static Label,
    arguments: Vec<Argument>,
    errors: Vec<Value>,
    description: Option<String>,
}

/// An argument of a label's words.
#[derive(Debug)]
pub(crate) enum Argument {
    Text(String),
    /// Written with separators, as the caller's language has them.
    Number(i64),
}

impl Refusal {
    pub(crate) fn new(label: &'static Label) -> Self {
        Self::told(label, Vec::new(), Vec::new(), None)
    }

    /// With arguments for the label's words.
    pub(crate) fn with<const N: usize>(
        label: &'static Label,
        arguments: [Argument; N],
    ) -> Self {
        Self::told(label, Vec::from(arguments), Vec::new(), None)
    }

    /// With the member `errors`.
    pub(crate) fn listing<const N: usize>(
        label: &'static Label,
        arguments: [Argument; N],
        errors: Vec<Value>,
    ) -> Self {
        Self::told(label, Vec::from(arguments), errors, None)
    }

    /// With the member `description`.
    pub(crate) fn describing<const N: usize>(
        label: &'static Label,
        arguments: [Argument; N],
        description: String,
    ) -> Self {
        Self::told(label, Vec::from(arguments), Vec::new(), Some(description))
    }

    fn told(
        label: &'static Label,
        arguments: Vec<Argument>,
        errors: Vec<Value>,
        description: Option<String>,
    ) -> Self {
        Self::Told(Arc::new(Told {
            label,
            arguments,
            errors,
            description,
        }))
    }
}

/// The text as an argument.
pub(crate) fn text(text: impl ToString) -> Argument {
    Argument::Text(text.to_string())
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Bare(status) => status.into_response(),
            Self::Told(told) => {
                let mut response = told.label.status.into_response();
                response.extensions_mut().insert(told);
                response
            }
        }
    }
}

/// The members of an error body, in the Java access point's order.
#[derive(Serialize)]
struct Body<'a> {
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<&'static str>,
    message: String,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    errors: &'a [Value],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    status: u16,
    error: &'a str,
    path: &'a str,
}

impl Told {
    /// The error body.
    pub(crate) fn json(&self, path: &str, separator: char, now: Timestamp) -> String {
        let status = self.label.status;
        let body = Body {
            timestamp: WireTime::oslo(now).to_string(),
            exception: self.label.exception,
            message: self.message(separator),
            errors: &self.errors,
            description: self.description.as_deref(),
            status: status.as_u16(),
            error: status.canonical_reason().unwrap_or("Error"),
            path,
        };
        serde_json::to_string(&body).expect("texts, numbers and lists only")
    }

    fn message(&self, separator: char) -> String {
        let mut message = String::with_capacity(self.label.text.len() + 64);
        let mut arguments = self.arguments.iter();
        for part in self.label.text.split("{}") {
            message.push_str(part);
            fill(&mut message, arguments.next(), separator);
        }
        message
    }
}

fn fill(message: &mut String, argument: Option<&Argument>, separator: char) {
    match argument {
        Some(Argument::Text(text)) => message.push_str(text),
        Some(Argument::Number(number)) => group(message, *number, separator),
        None => {}
    }
}

/// `1234567` as `1,234,567`.
fn group(message: &mut String, number: i64, separator: char) {
    if number < 0 {
        message.push('-');
    }
    let digits = number.unsigned_abs().to_string();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            message.push(separator);
        }
        let _ = message.write_char(digit);
    }
}

/// The North separates thousands with a space that does not break, its neighbours with a
/// point.
pub(crate) fn separator(headers: &HeaderMap) -> char {
    let asked = headers
        .get(header::ACCEPT_LANGUAGE)
        .map_or(&b""[..], |v| v.as_bytes());
    match asked.get(..2).map(<[u8]>::to_ascii_lowercase).as_deref() {
        Some(b"nb" | b"nn" | b"no" | b"sv" | b"fi") => '\u{a0}',
        Some(b"da" | b"de") => '.',
        _ => ',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label;

    fn body(refusal: &Refusal, language: &str) -> Value {
        let Refusal::Told(told) = refusal else {
            panic!("nothing is told")
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, language.parse().unwrap());
        let now = "2026-11-23T21:56:38.554018155Z".parse().unwrap();
        serde_json::from_str(&told.json(
            "/api/conversations/1",
            separator(&headers),
            now,
        ))
        .unwrap()
    }

    // rest/08, steps 46 and 47.
    #[test]
    fn numbers_are_written_as_the_language_has_them() {
        for (language, number) in [
            ("en", "123,456"),
            ("nb-NO", "123\u{a0}456"),
            ("da", "123.456"),
        ] {
            let label = &label::CONVERSATION_NOT_FOUND;
            let refusal = Refusal::with(label, [Argument::Number(123_456)]);
            let words = format!("Conversation with id = {number} was not found");
            assert_eq!(body(&refusal, language)["message"], words);
        }
    }

    #[test]
    fn members_stand_in_the_java_order() {
        let refusal = Refusal::describing(
            &label::RECEIVER_REFUSES,
            [text("urn:x")],
            "unknown".into(),
        );
        let Refusal::Told(told) = &refusal else {
            panic!("nothing is told")
        };
        let now = "2026-11-23T21:56:38.554018155Z".parse().unwrap();
        let json = told.json("/api/messages/out", ',', now);
        assert_eq!(
            json,
            r#"{"timestamp":"2026-11-23T22:56:38.554018+01:00","exception":"no.difi.meldingsutveksling.exceptions.ReceiverDoesNotAcceptProcessException","message":"Receiver do not accept the document process urn:x","description":"unknown","status":400,"error":"Bad Request","path":"/api/messages/out"}"#
        );
    }
}
