//! Why a JSON body could not be read, in the words that callers of the Java access
//! point have met. All of this runs only once a body has been refused.

use sbd::WireTime;
use serde_json::{Error, Value};

use crate::label;
use crate::refusal::{Refusal, text};

const SBD_CLASS: &str =
    "no.difi.meldingsutveksling.domain.sbdh.StandardBusinessDocument";
const TIME: &str = "java.time.OffsetDateTime";

/// An SBD in a JSON body.
pub(crate) fn body(error: sbd::Error, bytes: &[u8]) -> Refusal {
    match error {
        sbd::Error::Json(words) => {
            let found = std::str::from_utf8(bytes).ok().and_then(explain);
            not_readable(&found.unwrap_or(words))
        }
        error => error.into(),
    }
}

/// An SBD in a form: the Java access point says no more than that it cannot read it.
pub(crate) fn part(error: &sbd::Error, bytes: &[u8]) -> Refusal {
    tracing::debug!(%error, "the SBD of a form cannot be read");
    const SHOWN_CHARS_MAX: usize = 100;
    let given = String::from_utf8_lossy(bytes);
    let shown = match given.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{} (truncated)...", &given[..end]),
        None => given.into_owned(),
    };
    let declared = format!(
        "@org.springframework.web.bind.annotation.RequestParam \
         @jakarta.validation.constraints.NotNull @jakarta.validation.Valid {SBD_CLASS}"
    );
    let note = crate::query::unconvertible(&declared, &shown);
    Refusal::with(&label::MISMATCH, [text("sbd"), text(SBD_CLASS), text(note)])
}

/// Any other JSON body.
pub(crate) fn json(error: &Error, bytes: &[u8]) -> Refusal {
    let found = std::str::from_utf8(bytes).ok().and_then(cut_short);
    not_readable(&found.unwrap_or_else(|| error.to_string()))
}

fn not_readable(words: &str) -> Refusal {
    Refusal::with(
        &label::NOT_READABLE,
        [text(format!("JSON parse error: {words}"))],
    )
}

/// What is wrong with the SBD, if it is a thing that there are known words for.
fn explain(json: &str) -> Option<String> {
    // Control characters inside texts are allowed and would stop this reader.
    let json = json.replace(char::is_control, " ");
    match serde_json::from_str::<Value>(&json) {
        Ok(document) => wrong_value(&document, ""),
        Err(error) if error.is_eof() => cut_short(&json),
        Err(_) => None,
    }
}

/// The first member, in the order of the document, with a value that it cannot have.
fn wrong_value(value: &Value, name: &str) -> Option<String> {
    match (name, value) {
        (
            "creationDateAndTime"
            | "expectedResponseDateTime"
            | "requestingDocumentCreationDateTime",
            Value::String(given),
        ) => no_time(given),
        ("referanseType", Value::String(given)) => {
            let accepted = ["innsynskrav", "publisering"];
            let class = "no.difi.meldingsutveksling.nextmove.EinnsynType";
            (!accepted.contains(&given.as_str()))
                .then(|| no_constant(class, given, &accepted))
        }
        ("status", Value::String(given)) => {
            let class = "no.difi.meldingsutveksling.receipt.ReceiptStatus";
            (!STATUSES.contains(&given.as_str()))
                .then(|| no_constant(class, given, &STATUSES))
        }
        ("sender" | "receiver", Value::Object(_)) => Some(
            "Cannot deserialize value of type \
             `java.util.HashSet<no.difi.meldingsutveksling.domain.sbdh.Partner>` from \
             Object value (token `JsonToken.START_OBJECT`)"
                .to_owned(),
        ),
        (_, Value::Object(members)) => members
            .iter()
            .find_map(|(name, value)| wrong_value(value, name)),
        (_, Value::Array(items)) => items.iter().find_map(|item| wrong_value(item, "")),
        _ => None,
    }
}

/// In the order in which the Java access point names them.
const STATUSES: [&str; 10] = [
    "ANNET",
    "OPPRETTET",
    "FEIL",
    "INNKOMMENDE_MOTTATT",
    "LEST",
    "SENDT",
    "LEVETID_UTLOPT",
    "MOTTATT",
    "INNKOMMENDE_LEVERT",
    "LEVERT",
];

fn no_constant(class: &str, given: &str, accepted: &[&str]) -> String {
    format!(
        "Cannot deserialize value of type `{class}` from String \"{given}\": not one of \
         the values accepted for Enum class: [{}]",
        accepted.join(", ")
    )
}

fn no_time(given: &str) -> Option<String> {
    if given.parse::<WireTime>().is_ok() {
        return None;
    }
    Some(format!(
        "Cannot deserialize value of type `{TIME}` from String \"{given}\": Failed to \
         deserialize {TIME}: (java.time.format.DateTimeParseException) Text '{given}' \
         could not be parsed at index {}",
        first_misfit(given)
    ))
}

/// Where the text stops looking like `2026-11-24T12:00:00`.
fn first_misfit(given: &str) -> usize {
    let shape = "9999-99-99T99:99:99".bytes().map(Some).chain([None]);
    let fits = |byte: u8, form: u8| match form {
        b'9' => byte.is_ascii_digit(),
        other => byte == other,
    };
    let bytes = given.bytes().map(Some).chain(std::iter::repeat(None));
    shape
        .zip(bytes)
        .position(
            |(form, byte)| !matches!((form, byte), (Some(f), Some(b)) if fits(b, f)),
        )
        .unwrap_or_default()
}

/// Jackson's words for a document that ends too early.
fn cut_short(json: &str) -> Option<String> {
    let (mut open, mut after) = (Vec::new(), b' ');
    let (mut line, mut column) = (1, 0);
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        (line, column) = if c == '\n' {
            (line + 1, 0)
        } else {
            (line, column + 1)
        };
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => (quoted, after) = (!quoted, b'"'),
            _ if quoted => {}
            '{' | '[' => {
                open.push((c, line, column));
                after = b'{';
            }
            '}' | ']' => {
                open.pop();
                after = b'}';
            }
            ',' | ':' => after = b',',
            c if c.is_whitespace() => {}
            _ => after = b'v',
        }
    }
    if quoted {
        let words =
            "Unexpected end-of-input: was expecting closing quote for a string value";
        return Some(words.to_owned());
    }
    let (bracket, line, column) = open.pop()?;
    let kind = if bracket == '{' { "Object" } else { "Array" };
    if after == b',' {
        return Some(format!(
            "Unexpected end-of-input within/between {kind} entries"
        ));
    }
    Some(format!(
        "Unexpected end-of-input: expected close marker for {kind} (start marker at \
         [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); \
         line: {line}, column: {column}])"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Jackson's parser as it ran in rest/03 step 1 and rest/07 step 22.
    #[test]
    fn early_ends_are_told_apart() {
        let short = |json| cut_short(json).unwrap();
        assert!(short("{\"a\":").ends_with("within/between Object entries"));
        assert!(short("[1,").ends_with("within/between Array entries"));
        assert!(short("{").ends_with("line: 1, column: 1])"));
        assert!(short("{\n \"a\" : [").ends_with("line: 2, column: 8])"));
        assert!(short("{\"a\":\"x").contains("closing quote"));
        assert_eq!(cut_short("{}"), None);
    }
}
