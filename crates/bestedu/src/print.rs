//! Text as XML.

/// Write the text where an element or an attribute has it. What XML 1.0 has no way to
/// write becomes the replacement character.
pub(crate) fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A reader takes these for spaces or line ends of another kind.
            '\r' => out.push_str("&#13;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' => {
                out.push('\u{fffd}');
            }
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

/// Write an element with a text in it; nothing at all for none. A path of names with
/// slashes between is as many elements.
pub(crate) fn element(path: &str, text: Option<&str>, out: &mut String) {
    let Some(text) = text else {
        return;
    };
    for name in path.split('/') {
        open(name, out);
    }
    escape(text, out);
    for name in path.rsplit('/') {
        close(name, out);
    }
}

pub(crate) fn open(name: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

pub(crate) fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}
