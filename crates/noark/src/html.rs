//! HTML's escapes, undone: eInnsyn's sender leaves them in plain text (einnsyn §1.4).

use crate::html_names::ENTITIES;

/// The names that XML knows by itself.
const XML_NAMES: [&str; 5] = ["amp", "lt", "gt", "quot", "apos"];

/// Undo one level of escapes.
pub(crate) fn unescape(text: &str) -> String {
    replace(text, |name| match name.strip_prefix('#') {
        Some(number) => numbered(number),
        None => named(name),
    })
}

/// Replace the names that HTML has and XML has not, so that an XML reader can go on.
pub(crate) fn replace_names(xml: &str) -> String {
    replace(xml, |name| {
        let c = named(name).filter(|_| !XML_NAMES.contains(&name))?;
        Some(c).filter(|c| !['<', '&'].contains(c))
    })
}

fn replace(text: &str, character: impl Fn(&str) -> Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let reference = &rest[at + 1..];
        // No name is longer than this; without it a text of `&` costs its square.
        let near = reference.bytes().take(32).position(|b| b == b';');
        let found = near.and_then(|end| Some((character(&reference[..end])?, end)));
        if let Some((c, end)) = found {
            out.push(c);
            rest = &reference[end + 1..];
        } else {
            out.push('&');
            rest = reference;
        }
    }
    out + rest
}

fn named(name: &str) -> Option<char> {
    let place = ENTITIES.binary_search_by_key(&name, |(name, _)| name).ok();
    place.map(|place| ENTITIES[place].1)
}

fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|c| *c != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_level_is_undone() {
        let text = "A &amp; B &#39;x&#x27; &amp;amp; &ukjent; &aring;&#96; &; & &#10;";
        assert_eq!(unescape(text), "A & B 'x' &amp; &ukjent; å` &; & \n");
    }

    #[test]
    fn names_of_xml_stay_for_the_xml_reader() {
        let xml = "<a>&nbsp;&amp;&lt;&LT;&#65;&scaron;&eng;</a>";
        assert_eq!(replace_names(xml), "<a>\u{a0}&amp;&lt;&LT;&#65;šŋ</a>");
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(ENTITIES.is_sorted_by_key(|(name, _)| *name));
    }
}
