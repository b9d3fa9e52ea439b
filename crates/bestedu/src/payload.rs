//! What a PutMessage carries: a Melding or an AppReceipt, however it is wrapped.
//!
//! As text that holds a document, plain or in CDATA; as an element; or as the type of the
//! payload itself (`xsi:type`), its parts directly below. A prolog that claims another
//! encoding, as .NET writes it, is passed over: the text has been read already.

use crate::xml::{self, Element};
use crate::{AppReceipt, Melding};

/// What was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    Empty,
    /// A message.
    Melding(Box<Melding>),
    /// The answer to one.
    AppReceipt(AppReceipt),
    /// Something else, and why it is none of these.
    Unreadable(String),
}

impl Payload {
    pub(crate) fn read(payload: &Element) -> Self {
        if let Some(found) = Self::within(payload) {
            return found;
        }
        let text = payload.text.trim();
        if text.is_empty() {
            return match payload.children.first() {
                None => Self::Empty,
                Some(child) => Self::Unreadable(format!(
                    "{} er verken Melding eller AppReceipt",
                    child.name
                )),
            };
        }
        Self::document(text)
    }

    /// A text that holds a document; escaped once more than it should be, at the most.
    fn document(text: &str) -> Self {
        let unescaped;
        let text = if text.starts_with("&lt;") {
            match quick_xml::escape::unescape(text) {
                Ok(inner) => {
                    unescaped = inner.into_owned();
                    unescaped.as_str()
                }
                Err(error) => return Self::Unreadable(error.to_string()),
            }
        } else {
            text
        };
        match xml::read(text) {
            Ok(root) => Self::root(&root).unwrap_or_else(|| {
                let name = &root.name;
                Self::Unreadable(format!("{name} er verken Melding eller AppReceipt"))
            }),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    fn within(payload: &Element) -> Option<Self> {
        let is_melding = |e: &Element| !e.children.is_empty() && has_parts(e);
        if is_melding(payload) {
            return Some(Self::Melding(Box::new(Melding::read(payload))));
        }
        payload.children.iter().find_map(Self::root)
    }

    fn root(root: &Element) -> Option<Self> {
        match root.name.as_str() {
            "AppReceipt" => Some(match AppReceipt::read(root) {
                Ok(receipt) => Self::AppReceipt(receipt),
                Err(error) => Self::Unreadable(error.to_string()),
            }),
            name if name.eq_ignore_ascii_case("Melding") => {
                Some(Self::Melding(Box::new(Melding::read(root))))
            }
            _ => None,
        }
    }
}

fn has_parts(element: &Element) -> bool {
    ["journpost", "noarksak"]
        .iter()
        .any(|name| element.child(name).is_some())
}
