//! Why a JSON body could not be read, in the words that callers of the Java access
//! point have met. All of this runs only once a body has been refused.

use sbd::WireTime;
use serde_json::{Error, Value};

use crate::label;
use crate::refusal::{Refusal, text};
use crate::syntax;

const SBD_CLASS: &str =
    "no.difi.meldingsutveksling.domain.sbdh.StandardBusinessDocument";
const TIME: &str = "java.time.OffsetDateTime";

/// An SBD in a JSON body.
pub(crate) fn body(error: sbd::Error, bytes: &[u8]) -> Refusal {
    match error {
        sbd::Error::Json(words) => match std::str::from_utf8(bytes) {
            Ok(text) => not_readable(&explain(text).unwrap_or(words)),
            Err(error) => no_utf8(bytes, error),
        },
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
    let found = std::str::from_utf8(bytes).ok().and_then(explain);
    not_readable(&found.unwrap_or_else(|| error.to_string()))
}

/// No body at all, where this Java method wants one.
pub(crate) fn nothing(method: &str) -> Refusal {
    let words = format!("Required request body is missing: public {method}");
    Refusal::with(&label::NOT_READABLE, [text(words)])
}

/// Bytes that are no UTF-8, in Jackson's words.
pub(crate) fn no_utf8(bytes: &[u8], error: std::str::Utf8Error) -> Refusal {
    let rest = &bytes[error.valid_up_to()..];
    let begins = rest
        .first()
        .is_some_and(|first| (0xc0..0xf8).contains(first));
    let stray = rest
        .iter()
        .skip(1)
        .find(|byte| !(0x80..0xc0).contains(*byte));
    not_readable(&match (begins, stray, rest.first()) {
        (true, Some(byte), _) => format!("Invalid UTF-8 middle byte 0x{byte:x}"),
        (false, _, Some(byte)) => format!("Invalid UTF-8 start byte 0x{byte:x}"),
        _ => "Unexpected end-of-input in VALUE_STRING".to_owned(),
    })
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
        Err(_) => syntax::fault(&json),
    }
}

/// A member with a value that it cannot have.
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
        ("sender" | "receiver", value) if is_no_list(value) => {
            Some(no_list("Partner", value))
        }
        ("scope", value) if is_no_list(value) => Some(no_list("Scope", value)),
        (name, Value::Object(_)) if TEXTS.contains(&name) => Some(no_text("Object")),
        (name, Value::Array(_)) if TEXTS.contains(&name) => Some(no_text("Array")),
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

/// Members that are texts wherever they stand.
const TEXTS: [&str; 14] = [
    "headerVersion",
    "value",
    "authority",
    "standard",
    "typeVersion",
    "instanceIdentifier",
    "orgnr",
    "epost",
    "hoveddokument",
    "dokumentId",
    "name",
    "pushEndpoint",
    "resource",
    "filter",
];

fn no_text(kind: &str) -> String {
    let token = kind.to_ascii_uppercase();
    format!(
        "Cannot deserialize value of type `java.lang.String` from {kind} value (token \
         `JsonToken.START_{token}`)"
    )
}

fn is_no_list(value: &Value) -> bool {
    !(value.is_array() || value.is_null())
}

fn no_list(class: &str, value: &Value) -> String {
    let (kind, token) = match value {
        Value::String(_) => ("String", "VALUE_STRING"),
        Value::Bool(true) => ("Boolean", "VALUE_TRUE"),
        Value::Bool(false) => ("Boolean", "VALUE_FALSE"),
        Value::Number(n) if n.is_f64() => ("Floating-point", "VALUE_NUMBER_FLOAT"),
        Value::Number(_) => ("Integer", "VALUE_NUMBER_INT"),
        _ => ("Object", "START_OBJECT"),
    };
    format!(
        "Cannot deserialize value of type \
         `java.util.HashSet<no.difi.meldingsutveksling.domain.sbdh.{class}>` from {kind} \
         value (token `JsonToken.{token}`)"
    )
}

fn no_time(given: &str) -> Option<String> {
    if given.parse::<WireTime>().is_ok() {
        return None;
    }
    let at = first_misfit(given);
    let fault = match out_of_range(given) {
        Some(words) => format!(": {words}"),
        None => format!(" at index {at}"),
    };
    Some(format!(
        "Cannot deserialize value of type `{TIME}` from String \"{given}\": Failed to \
         deserialize {TIME}: (java.time.format.DateTimeParseException) Text '{given}' \
         could not be parsed{fault}"
    ))
}

/// The first part that looks right and is too large or too small.
fn out_of_range(given: &str) -> Option<String> {
    const PARTS: [(&str, usize, u8, u8); 5] = [
        ("MonthOfYear", 5, 1, 12),
        ("DayOfMonth", 8, 1, 31),
        ("HourOfDay", 11, 0, 23),
        ("MinuteOfHour", 14, 0, 59),
        ("SecondOfMinute", 17, 0, 59),
    ];
    if first_misfit(given) < SHAPE.len() {
        return None;
    }
    PARTS.into_iter().find_map(|(name, from, low, high)| {
        let number: u8 = given.get(from..from + 2)?.parse().ok()?;
        let high_words = if name == "DayOfMonth" {
            "28/31".into()
        } else {
            high.to_string()
        };
        let words = format!(
            "Invalid value for {name} (valid values {low} - {high_words}): {number}"
        );
        (!(low..=high).contains(&number)).then_some(words)
    })
}

const SHAPE: &str = "9999-99-99T99:99:99";

/// Where the text stops looking like `2026-11-24T12:00:00`.
fn first_misfit(given: &str) -> usize {
    let shape = SHAPE.bytes().map(Some).chain([None]);
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

#[cfg(test)]
mod tests {
    use super::no_time;

    // rest/03 steps 46 and 51; the others by java.time's own words.
    #[test]
    fn times_that_are_none_are_told_apart() {
        for (given, end) in [
            ("tomorrow", "at index 0"),
            ("2026-13-45", "at index 10"),
            ("2026-11-24T12:00:00+0000", "at index 19"),
            (
                "2026-13-24T12:00:00Z",
                "MonthOfYear (valid values 1 - 12): 13",
            ),
            (
                "2026-11-24T25:00:00Z",
                "HourOfDay (valid values 0 - 23): 25",
            ),
        ] {
            let words = no_time(given).unwrap();
            assert!(words.ends_with(end), "{words}");
        }
        assert_eq!(no_time("2026-11-24T12:00:00Z"), None);
    }
}
