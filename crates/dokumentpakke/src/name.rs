//! Names that a container can hold and that no reader can be led astray by.

use crate::Error;

/// Bytes of a name; what common file systems take.
const NAME_BYTES_MAX: usize = 255;

/// Refuse what would collide with the container's own entries, leave a folder that a
/// reader unpacks into, or not be a name at all.
pub fn check_name(name: &str) -> Result<(), Error> {
    match fault_of(name) {
        Some(why) => Err(Error::Name {
            name: name.to_owned(),
            why,
        }),
        None => Ok(()),
    }
}

fn fault_of(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.len() > NAME_BYTES_MAX {
        return Some("it is longer than 255 bytes");
    }
    // > Char excludes the surrogate blocks, FFFE, and FFFF (XML 1.0 §2.2)
    if name.contains(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        return Some("it contains a control character");
    }
    if name.contains('\\') {
        return Some("it contains a backslash");
    }
    if is_absolute(name) {
        return Some("it is absolute");
    }
    if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("a part of it is empty, \".\" or \"..\"");
    }
    if matches!(lower.as_str(), "mimetype" | "manifest.xml")
        || lower.starts_with("meta-inf/")
    {
        return Some("the container itself has an entry of that name");
    }
    None
}

/// Whether a reader that unpacks it could write outside its folder.
pub(crate) fn escapes(name: &str) -> bool {
    is_absolute(name) || name.split(['/', '\\']).any(|part| part == "..")
}

/// From the root, or from a drive as Windows has them.
fn is_absolute(name: &str) -> bool {
    let drive = matches!(name.as_bytes(), [letter, b':', b'/' | b'\\', ..]
        if letter.is_ascii_alphabetic());
    drive || name.starts_with(['/', '\\'])
}
