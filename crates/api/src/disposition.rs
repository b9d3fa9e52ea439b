//! `Content-Disposition` of an upload: name and title of the file.
//!
//! As the Java access point reads it (rest-api §1.3), after RFC 2183 and RFC 5987:
//! parameter names are case-sensitive, unquoted values may hold spaces, nothing is
//! unescaped inside quotes, and the forms with `*` win whatever their order.

use crate::label;
use crate::refusal::{Refusal, text};

/// What the header says of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Disposition {
    pub(crate) filename: Option<String>,
    pub(crate) name: Option<String>,
}

impl Disposition {
    /// Read the header.
    ///
    /// Bytes that are UTF-8 are read as such; what is not is ISO-8859-1, as the servlet
    /// standard has it. (The Java access point takes everything for ISO-8859-1 and
    /// mangles what most clients send.)
    pub(crate) fn parse(header: &[u8]) -> Result<Self, Refusal> {
        let text = match std::str::from_utf8(header) {
            Ok(text) => text.to_owned(),
            Err(_) => header.iter().map(|&byte| char::from(byte)).collect(),
        };
        let mut parts = split(&text);
        if parts.next().is_none_or(str::is_empty) {
            return Err(malformed("Content-Disposition header must not be empty"));
        }
        let (mut plain, mut starred) = (Self::default(), Self::default());
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| malformed("Invalid content disposition format"))?;
            let value = unquote(value);
            match name {
                "filename" => plain.filename = Some(value.to_owned()),
                "name" => plain.name = Some(value.to_owned()),
                "filename*" => starred.filename = Some(extended(value)?),
                "name*" => starred.name = Some(extended(value)?),
                "size" => number(value)?,
                _ => {}
            }
        }
        Ok(Self {
            filename: starred.filename.or(plain.filename),
            name: starred.name.or(plain.name),
        })
    }
}

/// Cut at semicolons that stand outside quotes.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    })
    .map(str::trim)
}

fn unquote(value: &str) -> &str {
    let inner = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(value)
}

/// RFC 5987 §3.2: `charset'language'percent-encoded`.
fn extended(value: &str) -> Result<String, Refusal> {
    let mut parts = value.splitn(3, '\'');
    let (Some(charset), Some(_), Some(encoded)) =
        (parts.next(), parts.next(), parts.next())
    else {
        return Err(malformed("Invalid content disposition format"));
    };
    let bytes = crate::query::percent_decode(encoded)
        .ok_or_else(|| malformed("Invalid filename header field parameter format"))?;
    match charset.to_ascii_uppercase().as_str() {
        "UTF-8" => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        "ISO-8859-1" => Ok(bytes.into_iter().map(char::from).collect()),
        _ => Err(malformed("Charset should be UTF-8 or ISO-8859-1")),
    }
}

fn number(value: &str) -> Result<(), Refusal> {
    let parsed = value.parse::<i64>().map(drop);
    parsed.map_err(|_| Refusal::with(&label::NUMBER, [text(value)]))
}

fn malformed(words: &str) -> Refusal {
    Refusal::with(&label::ARGUMENT, [text(words)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(header: &str) -> (Option<String>, Option<String>) {
        let read = Disposition::parse(header.as_bytes()).unwrap();
        (read.name, read.filename)
    }

    #[test]
    fn forms_of_names() {
        let some = |text: &str| Some(text.to_owned());
        for (header, name, filename) in [
            (
                "attachment; name=a; filename=a.txt",
                some("a"),
                some("a.txt"),
            ),
            ("attachment; filename=\"a;b.txt\"", None, some("a;b.txt")),
            ("attachment; filename=\"half", None, some("\"half")),
            ("attachment; filename=a b.txt", None, some("a b.txt")),
            (
                "attachment; filename*=UTF-8''bl%C3%A5.txt; filename=x",
                None,
                some("blå.txt"),
            ),
            (
                "attachment; filename*=ISO-8859-1'no'bl%E5.txt",
                None,
                some("blå.txt"),
            ),
            ("attachment; FILENAME=a.txt", None, None),
            ("attachment; filename=\"\"", None, some("")),
            (
                "attachment; creation-date=never; filename=a",
                None,
                some("a"),
            ),
            ("x; size=3", None, None),
        ] {
            assert_eq!(parsed(header), (name, filename), "{header}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_latin1() {
        let read = Disposition::parse(b"attachment; filename=bl\xe5.txt").unwrap();
        assert_eq!(read.filename.as_deref(), Some("blå.txt"));
    }

    #[test]
    fn broken_headers_are_refused() {
        for header in [
            "",
            "; filename=a",
            "attachment; filename",
            "attachment; size=abc",
            "attachment; filename*=UTF-8",
            "attachment; filename*=UTF-16''a",
            "attachment; filename*=UTF-8''%zz",
        ] {
            assert!(Disposition::parse(header.as_bytes()).is_err(), "{header}");
        }
    }
}
