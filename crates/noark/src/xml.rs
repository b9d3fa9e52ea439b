//! XML: bytes to text, guarded, to a tree.

use roxmltree::{Document, Node, ParsingOptions};
use unicode_normalization::UnicodeNormalization;

use crate::finding::{Finding, Rule};
use crate::json::DEPTH_MAX;
use crate::jsonld::Refusals;

/// A file as text.
#[derive(Debug)]
pub(crate) struct Source {
    /// In NFC, without byte order mark and DOCTYPE.
    pub(crate) text: String,
    /// The encoding that the prolog names, where it is not the one used.
    pub(crate) lie: Option<String>,
}

fn refused(rule: Rule, note: impl Into<String>) -> Refusals {
    vec![Finding::refuse(rule).note(note)]
}

/// Bytes to text, by byte order mark or prolog.
pub(crate) fn decode(bytes: &[u8]) -> Result<Source, Refusals> {
    source(characters(bytes)?)
}

/// The same, but what says that it is UTF-8 and is not, is taken for Windows-1252, which
/// has every character of ISO-8859-1.
pub(crate) fn decode_somehow(bytes: &[u8]) -> Result<Source, Refusals> {
    let utf8 = matches!(declared(bytes), None | Some(Encoding::Utf8));
    match characters(bytes) {
        Err(_) if utf8 => source((western(bytes), Some("UTF-8".into()))),
        read => source(read?),
    }
}

/// Bytes as Windows-1252.
pub(crate) fn western(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| windows1252(*byte)).collect()
}

fn source((text, lie): (String, Option<String>)) -> Result<Source, Refusals> {
    let text: String = text
        .strip_prefix('\u{feff}')
        .unwrap_or(&text)
        .nfc()
        .collect();
    Ok(Source {
        text: without_doctype(text)?,
        lie,
    })
}

fn characters(bytes: &[u8]) -> Result<(String, Option<String>), Refusals> {
    let wide = match bytes {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes as fn([u8; 2]) -> u16),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes as fn([u8; 2]) -> u16),
        _ => None,
    };
    if let Some(unit) = wide {
        let units = bytes.chunks(2).map(|two| match two {
            [a, b] => unit([*a, *b]),
            _ => 0xd800, // half a unit is no character
        });
        let text: Result<String, _> = char::decode_utf16(units).collect();
        let text = text.map_err(|_| refused(Rule::Xml, "broken UTF-16"))?;
        return Ok((text, None));
    }
    let utf8 = std::str::from_utf8(bytes);
    match (declared(bytes), utf8) {
        (None | Some(Encoding::Utf8), Ok(text)) => Ok((text.to_owned(), None)),
        (None | Some(Encoding::Utf8), Err(error)) => {
            let finding = Finding::refuse(Rule::Xml).at(error.valid_up_to());
            let note = "not UTF-8, and no other encoding is declared";
            Err(vec![finding.note(note)])
        }
        (Some(Encoding::Unknown(name)), _) => {
            Err(refused(Rule::Xml, format!("unknown encoding {name}")))
        }
        (Some(Encoding::OneByte(name, _)), Ok(text)) if !text.is_ascii() => {
            Ok((text.to_owned(), Some(name)))
        }
        (Some(Encoding::OneByte(_, high)), _) => {
            Ok((bytes.iter().map(|b| high(*b)).collect(), None))
        }
    }
}

enum Encoding {
    Utf8,
    OneByte(String, fn(u8) -> char),
    Unknown(String),
}

/// The encoding that the prolog names.
fn declared(bytes: &[u8]) -> Option<Encoding> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let prolog = bytes.strip_prefix(b"<?xml")?;
    let end = prolog.iter().take(512).position(|b| *b == b'>')?;
    let prolog = String::from_utf8_lossy(&prolog[..end]);
    let (_, after) = prolog.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let name = after[1..].split(quote).next()?.to_owned();
    Some(match name.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => Encoding::Utf8,
        "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "latin-1" => {
            Encoding::OneByte(name, char::from)
        }
        "iso-8859-15" | "latin9" => Encoding::OneByte(name, latin9),
        "windows-1252" | "cp1252" => Encoding::OneByte(name, windows1252),
        _ => Encoding::Unknown(name),
    })
}

fn latin9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        other => char::from(other),
    }
}

fn windows1252(byte: u8) -> char {
    const HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match byte {
        0x80..=0x9f => HIGH
            .chars()
            .nth(usize::from(byte - 0x80))
            .unwrap_or('\u{fffd}'),
        other => char::from(other),
    }
}

/// A DOCTYPE is passed over, never followed; one that declares entities is refused.
fn without_doctype(text: String) -> Result<String, Refusals> {
    let Some((start, end)) = doctype(&text) else {
        return Ok(text);
    };
    if text[start..end].contains("<!ENTITY") {
        return Err(vec![Finding::refuse(Rule::Entitet).at(start)]);
    }
    let mut text = text;
    text.replace_range(start..end, &" ".repeat(end - start));
    Ok(text)
}

/// Where the DOCTYPE stands: before the root, perhaps after comments.
fn doctype(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    loop {
        at += text[at..].find('<')?;
        let rest = &text[at..];
        let skip = match rest {
            _ if rest.starts_with("<!--") => rest.find("-->")? + 3,
            _ if rest.starts_with("<?") => rest.find("?>")? + 2,
            _ if rest.starts_with("<!DOCTYPE") => {
                let end = rest.find(['[', '>']).unwrap_or(rest.len());
                let end = if rest[end..].starts_with('[') {
                    let close = rest[end..].find(']').map_or(rest.len(), |c| end + c);
                    rest[close..]
                        .find('>')
                        .map_or(rest.len(), |c| close + c + 1)
                } else {
                    (end + 1).min(rest.len())
                };
                return Some((at, at + end));
            }
            _ => return None,
        };
        at += skip;
    }
}

/// Text to a tree that is not too deep.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, Refusals> {
    guard(text)?;
    let options = ParsingOptions {
        allow_dtd: false,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| {
        let place = error.pos();
        let finding = Finding::refuse(Rule::Xml).note(error.to_string());
        vec![finding.at(offset(text, place.row, place.col))]
    })
}

/// A start tag is no longer than this; attributes are compared with one another.
const TAG_BYTES_MAX: usize = 16 << 10;

/// Refuses what would cost more than it is worth, before anything is built: deep
/// nesting, endless tags. What is no XML at all goes through, for the reader to say.
fn guard(text: &str) -> Result<(), Refusals> {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(start) = text[at..].find('<').map(|start| at + start) {
        let rest = &text[start..];
        let skip = [
            ("<!--", "-->"),
            ("<![CDATA[", "]]>"),
            ("<?", "?>"),
            ("</", ">"),
        ];
        let skip = skip.iter().find(|(open, _)| rest.starts_with(open));
        if let Some((open, close)) = skip {
            depth -= usize::from(*open == "</" && depth > 0);
            let Some(end) = rest.find(close) else {
                return Ok(());
            };
            at = start + end + close.len();
            continue;
        }
        let Some(length) = tag_length(rest) else {
            return Ok(());
        };
        if length > TAG_BYTES_MAX {
            let finding = Finding::refuse(Rule::Xml).note("a tag of many kilobytes");
            return Err(vec![finding.at(start)]);
        }
        depth += usize::from(!rest[..length].ends_with("/>"));
        if depth > DEPTH_MAX {
            let finding = Finding::refuse(Rule::ForDypt).note(depth.to_string());
            let finding = finding.expected(DEPTH_MAX.to_string());
            return Err(vec![finding.at(start)]);
        }
        at = start + length;
    }
    Ok(())
}

/// Length of the tag that a text begins with; `>` in an attribute is no end.
fn tag_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn offset(text: &str, row: u32, column: u32) -> usize {
    let mut start = 0;
    for line in text
        .split_inclusive('\n')
        .take(row.saturating_sub(1) as usize)
    {
        start += line.len();
    }
    let mut rest = text[start..].char_indices();
    let found = rest.nth(column.saturating_sub(1) as usize);
    start + found.map_or(text.len() - start, |(at, _)| at)
}

/// A child by its local name, whatever its namespace.
pub(crate) fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    children(node, name).next()
}

/// All children of a local name.
pub(crate) fn children<'a, 'b>(
    node: Node<'a, 'b>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'b>> {
    let all = node.children().filter(Node::is_element);
    all.filter(move |c| c.tag_name().name() == name)
}

/// Everything that is written inside, without space around it.
pub(crate) fn text(node: Node<'_, '_>) -> String {
    let inside = node.descendants().filter(Node::is_text);
    let text: String = inside.filter_map(|n| n.text()).collect();
    text.trim().to_owned()
}

/// The text of a child; none when the child is missing.
pub(crate) fn child_text(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).map(text)
}
