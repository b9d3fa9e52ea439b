//! Texts with names tagged in them: `<personnavn>`, `<pnavn>` (einnsyn §4.3).

use roxmltree::Node;

/// What stands for a name in the washed text.
const STARS: &str = "*****";

/// A title in its three forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tagged {
    /// Names as stars.
    pub(crate) washed: String,
    /// Names as they are.
    pub(crate) sensitive: String,
    /// Text and names in turn.
    pub(crate) segments: Vec<String>,
}

/// Read a text.
pub(crate) fn read(node: Node<'_, '_>) -> Tagged {
    let mut parts: Vec<(bool, String)> = Vec::new();
    for text in node.descendants().filter(Node::is_text) {
        let name = text.ancestors().take_while(|a| *a != node).any(is_name);
        let piece = text.text().unwrap_or_default();
        match parts.last_mut() {
            Some((last, before)) if *last == name => before.push_str(piece),
            _ => parts.push((name, piece.to_owned())),
        }
    }
    trimmed(&mut parts);
    let washed = parts
        .iter()
        .map(|(name, text)| if *name { STARS } else { text });
    Tagged {
        washed: washed.collect(),
        sensitive: parts.iter().map(|(_, text)| text.as_str()).collect(),
        segments: parts.into_iter().map(|(_, text)| text).collect(),
    }
}

fn is_name(node: Node<'_, '_>) -> bool {
    ["personnavn", "pnavn"].contains(&node.tag_name().name())
}

fn trimmed(parts: &mut Vec<(bool, String)>) {
    if let Some((_, first)) = parts.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some((_, last)) = parts.last_mut() {
        *last = last.trim_end().to_owned();
    }
    parts.retain(|(_, text)| !text.is_empty());
}
