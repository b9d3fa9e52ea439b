//! JSON with its places: a tree that knows where each value stands in the text.
//!
//! Stricter than the readers we know: a key twice in an object is seen, also when one is
//! written with an escape, and so is nesting that is too deep to be meant.

use std::borrow::Cow;
use std::collections::HashSet;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Levels of nesting that are read.
pub const DEPTH_MAX: usize = 128;

/// A value and the bytes that it was written with.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) value: Value<'a>,
    /// The first byte of it.
    pub(crate) start: usize,
    /// The byte after it.
    pub(crate) end: usize,
}

/// What a value is. Texts and keys are in NFC.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    /// null, true or false.
    Word(&'a str),
    /// As it was written.
    Number(&'a str),
    /// Escapes undone.
    Text(Cow<'a, str>),
    /// A list.
    Array(Vec<Node<'a>>),
    /// Keys in the order of the file.
    Object(Vec<Member<'a>>),
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    pub(crate) key: Cow<'a, str>,
    /// The first byte of the key, its quotation mark.
    pub(crate) start: usize,
    pub(crate) value: Node<'a>,
}

/// A file as a tree, and what was odd about it.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) root: Node<'a>,
    /// Keys that stand twice in an object, with the place of the second.
    pub(crate) duplicates: Vec<(String, usize)>,
    /// The deepest nesting, and where the limit was passed.
    pub(crate) depth: usize,
    pub(crate) too_deep: Option<usize>,
    /// Some text was not in NFC, so that the text of the file does not say what the tree
    /// says.
    pub(crate) normalised: bool,
}

/// Not JSON: what was expected, and the byte where it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) expected: &'static str,
    pub(crate) at: usize,
}

impl<'a> Node<'a> {
    pub(crate) fn members(&self) -> &[Member<'a>] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node<'a>] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The values right under this one.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Node<'a>> {
        let members = self.members().iter().map(|m| &m.value);
        members.chain(self.items())
    }
}

/// What the reader expects, in Norwegian.
const EXPECTATIONS: &[(&str, &str)] = &[
    ("the end of the file", "slutten på filen"),
    ("a key in quotation marks", "en nøkkel i anførselstegn"),
    ("a colon after the key", "kolon etter nøkkelen"),
    (
        "a comma or } after the value",
        "komma eller } etter verdien",
    ),
    (
        "a comma or ] after the value",
        "komma eller ] etter verdien",
    ),
    ("} or ]", "} eller ]"),
    (
        "no control character inside a text",
        "ingen kontrolltegn i en tekst",
    ),
    (
        "a quotation mark at the end of the text",
        "anførselstegn på slutten av teksten",
    ),
    (
        "a number without leading zeros",
        "et tall uten nuller foran",
    ),
    ("a digit", "et siffer"),
    ("a value", "en verdi"),
    (ESCAPE, "en kode som \\n, \\\" eller \\u00e5"),
];

const ESCAPE: &str = "an escape such as \\n, \\\" or \\u00e5";

/// The same in Norwegian; what is no expectation of the reader stays as it is.
pub(crate) fn in_norwegian(expected: &str) -> &str {
    let row = EXPECTATIONS
        .iter()
        .find(|(english, _)| *english == expected);
    row.map_or(expected, |(_, norwegian)| norwegian)
}

/// Read a text.
pub(crate) fn read(text: &str) -> Result<Tree<'_>, Broken> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        duplicates: Vec::new(),
        depth: 0,
        too_deep: None,
        normalised: false,
    };
    reader.space();
    let root = reader.node(1)?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.broken("the end of the file"));
    }
    Ok(Tree {
        root,
        duplicates: reader.duplicates,
        depth: reader.depth,
        too_deep: reader.too_deep,
        normalised: reader.normalised,
    })
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    duplicates: Vec<(String, usize)>,
    depth: usize,
    too_deep: Option<usize>,
    normalised: bool,
}

impl<'a> Reader<'a> {
    fn node(&mut self, level: usize) -> Result<Node<'a>, Broken> {
        let start = self.at;
        let value = match self.peek() {
            Some(b'{' | b'[') => self.nested(level)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => Value::Word(self.word()?),
        };
        Ok(Node {
            value,
            start,
            end: self.at,
        })
    }

    fn nested(&mut self, level: usize) -> Result<Value<'a>, Broken> {
        self.depth = self.depth.max(level);
        if level > DEPTH_MAX {
            self.too_deep.get_or_insert(self.at);
            return self.pass_over(level);
        }
        if self.peek() == Some(b'{') {
            self.object(level)
        } else {
            self.array(level)
        }
    }

    fn object(&mut self, level: usize) -> Result<Value<'a>, Broken> {
        let mut members: Vec<Member<'a>> = Vec::new();
        self.at += 1;
        self.space();
        if self.taken(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.broken("a key in quotation marks"));
            }
            let key = self.string()?;
            self.space();
            if !self.taken(b':') {
                return Err(self.broken("a colon after the key"));
            }
            self.space();
            let value = self.node(level + 1)?;
            members.push(Member { key, start, value });
            self.space();
            if self.taken(b'}') {
                self.seek_duplicates(&members);
                return Ok(Value::Object(members));
            }
            if !self.taken(b',') {
                return Err(self.broken("a comma or } after the value"));
            }
            self.space();
        }
    }

    fn array(&mut self, level: usize) -> Result<Value<'a>, Broken> {
        let mut items = Vec::new();
        self.at += 1;
        self.space();
        if self.taken(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.node(level + 1)?);
            self.space();
            if self.taken(b']') {
                return Ok(Value::Array(items));
            }
            if !self.taken(b',') {
                return Err(self.broken("a comma or ] after the value"));
            }
            self.space();
        }
    }

    fn seek_duplicates(&mut self, members: &[Member<'a>]) {
        let twice = |m: &&Member<'a>| (m.key.clone().into_owned(), m.start);
        if members.len() <= 16 {
            for (i, member) in members.iter().enumerate() {
                if members[..i].iter().any(|m| m.key == member.key) {
                    self.duplicates.push(twice(&member));
                }
            }
            return;
        }
        let mut seen = HashSet::with_capacity(members.len());
        let second = members.iter().filter(|m| !seen.insert(m.key.as_ref()));
        let found: Vec<_> = second.map(|m| twice(&m)).collect();
        self.duplicates.extend(found);
    }

    /// What is nested too deeply is not read, only followed to its end, so that a broken
    /// file is still called broken.
    fn pass_over(&mut self, mut level: usize) -> Result<Value<'a>, Broken> {
        let outside = level - 1;
        level = outside;
        loop {
            match self.peek() {
                Some(b'{' | b'[') => {
                    level += 1;
                    self.at += 1;
                    self.depth = self.depth.max(level);
                }
                Some(b'}' | b']') => {
                    level -= 1;
                    self.at += 1;
                    if level == outside {
                        return Ok(Value::Array(Vec::new()));
                    }
                }
                Some(b'"') => drop(self.string()?),
                Some(_) => self.at += 1,
                None => return Err(self.broken("} or ]")),
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Broken> {
        self.at += 1;
        let start = self.at;
        let mut plain = true;
        let mut ascii = true;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    plain = false;
                    self.at += 2;
                }
                Some(0..=0x1f) => {
                    return Err(self.broken("no control character inside a text"));
                }
                Some(byte) => {
                    ascii &= byte < 0x80;
                    self.at += 1;
                }
                None => {
                    self.at = self.bytes.len();
                    return Err(self.broken("a quotation mark at the end of the text"));
                }
            }
        }
        let raw = &self.text[start..self.at];
        self.at += 1;
        let text = if plain {
            Cow::Borrowed(raw)
        } else {
            ascii = false;
            Cow::Owned(unescaped(raw, start)?)
        };
        if ascii || is_nfc(&text) {
            return Ok(text);
        }
        self.normalised = true;
        Ok(Cow::Owned(text.nfc().collect()))
    }

    fn number(&mut self) -> Result<&'a str, Broken> {
        let start = self.at;
        let _ = self.taken(b'-');
        let whole = self.digits()?;
        if whole > 1 && self.bytes[self.at - whole] == b'0' {
            return Err(self.broken("a number without leading zeros"));
        }
        if self.taken(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<usize, Broken> {
        let rest = self.bytes[self.at..].iter();
        let count = rest.take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.broken("a digit"));
        }
        self.at += count;
        Ok(count)
    }

    fn word(&mut self) -> Result<&'a str, Broken> {
        let rest = &self.text[self.at..];
        let words = ["null", "true", "false"];
        let word = words.into_iter().find(|word| rest.starts_with(word));
        let word = word.ok_or_else(|| self.broken("a value"))?;
        self.at += word.len();
        Ok(&rest[..word.len()])
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn taken(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    fn broken(&self, expected: &'static str) -> Broken {
        Broken {
            expected,
            at: self.at.min(self.bytes.len()),
        }
    }
}

/// Undo the escapes of a text that stands at a place.
fn unescaped(raw: &str, at: usize) -> Result<String, Broken> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(slash) = rest.find('\\') {
        out.push_str(&rest[..slash]);
        rest = &rest[slash + 1..];
        let broken = || Broken {
            expected: ESCAPE,
            at: at + raw.len() - rest.len() - 1,
        };
        let kind = rest.chars().next().ok_or_else(broken)?;
        let (c, length) = match kind {
            '"' | '\\' | '/' => (kind, 1),
            'b' => ('\u{8}', 1),
            'f' => ('\u{c}', 1),
            'n' => ('\n', 1),
            'r' => ('\r', 1),
            't' => ('\t', 1),
            'u' => by_number(rest).ok_or_else(broken)?,
            _ => return Err(broken()),
        };
        out.push(c);
        rest = &rest[length..];
    }
    Ok(out + rest)
}

/// `u00e5`, or a pair of surrogates; half a pair is no character.
fn by_number(rest: &str) -> Option<(char, usize)> {
    let unit = |text: &str| {
        let digits = text.get(1..5)?;
        let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| hex)
    };
    let first = unit(rest)?;
    if let Some(c) = char::from_u32(first.into()) {
        return Some((c, 5));
    }
    let second = unit(
        rest.get(5..)?
            .strip_prefix('\\')
            .filter(|r| r.starts_with('u'))?,
    )?;
    let pair = char::decode_utf16([first, second]).next()?.ok()?;
    Some((pair, 11))
}

/// Write a tree as JSON.
pub(crate) fn write(node: &Node<'_>, out: &mut String) {
    match &node.value {
        Value::Word(text) | Value::Number(text) => out.push_str(text),
        Value::Text(text) => quote(text, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (i, member) in members.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                quote(&member.key, out);
                out.push(':');
                write(&member.value, out);
            }
            out.push('}');
        }
    }
}

/// Write a text with quotation marks.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_is_seen_also_behind_an_escape() {
        let tree = read(r#"{"a":1,"\u0061":{"b":2}}"#).unwrap();
        assert_eq!(tree.duplicates, [("a".to_owned(), 7)]);
    }

    #[test]
    fn broken_files_say_where() {
        for (text, at) in [
            ("", 0),
            ("{\"a\":1,}", 7),
            ("{\"a\" 1}", 5),
            ("[1 2]", 3),
            ("[01]", 3),
            ("\"a\nb\"", 2),
            ("\"\\ud800x\"", 1),
            ("\"\\", 2),
            ("nul", 0),
            ("{} x", 3),
            ("// no", 0),
        ] {
            let broken = read(text).unwrap_err();
            assert_eq!(broken.at, at, "{text}");
            assert_ne!(in_norwegian(broken.expected), broken.expected);
        }
    }

    #[test]
    fn deep_nesting_is_counted_not_followed() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let tree = read(&deep).unwrap();
        assert_eq!((tree.depth, tree.too_deep), (100_000, Some(DEPTH_MAX)));
        assert!(read(&"[".repeat(100_000)).is_err());
        let most = "[".repeat(DEPTH_MAX) + &"]".repeat(DEPTH_MAX);
        assert_eq!(read(&most).unwrap().too_deep, None);
    }

    #[test]
    fn texts_come_in_nfc() {
        let tree = read("[\"A\u{30a}s\", \"\\u0061\\u030a\"]").unwrap();
        let texts: Vec<_> = tree.root.items().iter().map(|n| n.text()).collect();
        assert_eq!(texts, [Some("Ås"), Some("å")]);
        assert!(tree.normalised);
    }

    #[test]
    fn what_is_written_is_read_back_by_another_reader() {
        let text = r#"{"a":[1,-2.5e3,null,true],"b":{"c":"x\"\\\n\u0001å😀"}}"#;
        let tree = read(text).unwrap();
        let mut out = String::new();
        write(&tree.root, &mut out);
        let ours: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            ours,
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }
}
