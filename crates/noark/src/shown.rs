//! A file as text to show to people: the text that places in findings count in.

use crate::rules::identity::identity_numbers;
use crate::xml;

/// The text of a file, of the same length as what the places count in.
///
/// Identity numbers are starred out, and control characters are question marks: the
/// text may be printed to a terminal.
pub fn shown(bytes: &[u8]) -> String {
    let unmarked = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_xml = unmarked.trim_ascii_start().first() == Some(&b'<');
    let wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let text = match xml::decode_somehow(bytes) {
        Ok(source) if is_xml || wide => source.text,
        _ => String::from_utf8_lossy(unmarked).into_owned(),
    };
    masked(&harmless(&text))
}

fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && !['\n', '\r', '\t'].contains(&c) {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            out.push(c);
        }
    }
    out
}

fn masked(text: &str) -> String {
    let places = identity_numbers(text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for place in places {
        out.push_str(&text[at..place.start]);
        out.extend(std::iter::repeat_n('*', place.len()));
        at = place.end;
    }
    out + &text[at..]
}

/// Line and column of a place, both from 1, columns in characters.
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_control_characters_are_not_shown() {
        let text = "Søknad, 17858830001\u{1b}[31m og 178588 30001\u{85}";
        let shown = shown(text.as_bytes());
        assert_eq!(shown, "Søknad, ***********?[31m og ************??");
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn places_count_from_one_in_characters() {
        let text = "å\nbøk";
        assert_eq!(line_and_column(text, 0), (1, 1));
        assert_eq!(line_and_column(text, 6), (2, 3));
        assert_eq!(line_and_column(text, 5), (2, 2)); // inside ø
        assert_eq!(line_and_column(text, 99), (2, 4));
    }
}
