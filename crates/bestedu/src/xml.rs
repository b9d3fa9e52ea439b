//! XML to a small tree, within limits: no DTD, no entities but the five, not too deep.
//!
//! Names are local: prefixes and namespaces, which archives get wrong, are passed over.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::Error;

/// Elements within elements; a Melding in an Envelope has eight.
const DEPTH_MAX: usize = 32;
/// Elements in all; a large Melding has some hundreds.
const ELEMENTS_MAX: usize = 10_000;
/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 32;

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its local name.
    pub(crate) name: String,
    /// Local names and values, declarations of namespaces among them.
    attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// All that is written in it, elements within apart.
    pub(crate) text: String,
}

impl Element {
    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> {
        let name = name.to_owned();
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text at a path of names with slashes between, without space around it; none
    /// when it is missing or empty, which archives do not tell apart.
    pub(crate) fn text_of(&self, path: &str) -> Option<String> {
        let mut at = self;
        for name in path.split('/') {
            at = at.child(name)?;
        }
        let text = at.text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The attribute of this local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether an attribute, of any name, has this value.
    pub(crate) fn says(&self, value: &str) -> bool {
        self.attributes.iter().any(|(_, said)| said == value)
    }
}

/// Read a document.
pub(crate) fn read(text: &str) -> Result<Element, Error> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let event = reader.read_event();
        let step = match event {
            Ok(Event::Eof) => break,
            Ok(event) => tree.take(event),
            Err(error) => Err(error.to_string()),
        };
        if let Err(what) = step {
            let at = reader.error_position().max(reader.buffer_position());
            return Err(wrong(text, at, what));
        }
    }
    match tree.root {
        Some(root) if tree.open.is_empty() => Ok(root),
        _ => Err(wrong(text, text.len() as u64, "the end is missing".into())),
    }
}

fn wrong(text: &str, at: u64, what: String) -> Error {
    let mut at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    let column = last.chars().count() + 1;
    Error::Xml { what, line, column }
}

#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    count: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(start) => {
                let element = self.element(&start)?;
                self.open.push(element);
                Ok(())
            }
            Event::Empty(start) => {
                let element = self.element(&start)?;
                self.close(element);
                Ok(())
            }
            Event::End(_) => {
                let element = self.open.pop().ok_or("an end without a beginning")?;
                self.close(element);
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(named) => {
                if let Some(found) = named.resolve_char_ref().map_err(words)? {
                    return self.text(found.encode_utf8(&mut [0; 4]));
                }
                let name: &str = &named;
                let known = resolve_predefined_entity(name);
                self.text(known.ok_or_else(|| format!("an unknown entity: {name}"))?)
            }
            Event::DocType(_) => Err("a DOCTYPE, which is not read here".into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, String> {
        self.count += 1;
        if self.root.is_some() {
            return Err("something after the end".into());
        }
        if self.count > ELEMENTS_MAX {
            return Err(format!("more than {ELEMENTS_MAX} elements"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} elements within each other"));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(words)?;
            if attributes.len() == ATTRIBUTES_MAX {
                return Err(format!("more than {ATTRIBUTES_MAX} attributes"));
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let name = attribute.key.local_name().as_ref().to_owned();
            attributes.push((name, value.map_err(words)?.into_owned()));
        }
        Ok(Element {
            name: start.local_name().as_ref().to_owned(),
            attributes,
            ..Element::default()
        })
    }

    fn close(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err("text outside the root".into()),
        }
        Ok(())
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    /// > A SOAP message MUST NOT contain a Document Type Declaration (SOAP 1.1, 3)
    #[test]
    fn what_would_cost_or_leak_is_refused() {
        let dtd = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
        assert!(refused(dtd).contains("DOCTYPE"));
        assert!(refused("<a>&x;</a>").contains("unknown entity"));
        assert!(refused(&"<a>".repeat(DEPTH_MAX + 1)).contains("within each other"));
        let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        assert!(refused(&many).contains("elements"));
        let wide = format!("<a {}/>", "b='1' ".repeat(ATTRIBUTES_MAX + 1));
        assert!(refused(&wide).contains("attributes"));
        for broken in ["", "a", "<a>", "<a></b>", "<a/><b/>", "<a/>b", "</a>"] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_place_is_given_by_line_and_column() {
        let Error::Xml { line, column, .. } = read("<a>\nø&x;</a>").unwrap_err()
        else {
            panic!("it is no XML");
        };
        assert_eq!(line, 2);
        assert!((2..=5).contains(&column), "{column}");
    }

    #[test]
    fn text_comes_as_it_was_meant_however_it_is_written() {
        let root = read("<a>1 &lt;&#xe5;<!-- - --><![CDATA[<b>&]]></a>").unwrap();
        assert_eq!(root.text, "1 <å<b>&");
        let root = read("<x:a y:b='1&amp;2' xmlns='u'> <n:c> d </n:c></x:a>").unwrap();
        assert_eq!(
            (root.name.as_str(), root.attribute("b")),
            ("a", Some("1&2"))
        );
        assert_eq!(root.text_of("c").as_deref(), Some("d"));
        assert!(root.says("u") && root.text_of("e").is_none());
    }
}
