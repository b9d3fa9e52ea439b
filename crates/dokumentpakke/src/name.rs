//! Names that a container can hold and that no reader can be led astray by.

use crate::Error;

/// Bytes of a name; what common file systems take.
const NAME_BYTES_MAX: usize = 255;

/// Refuse what would collide with the container's own entries, leave a folder that a
/// reader unpacks into, or not be a name at all.
pub fn check_name(name: &str) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::Name(why.to_owned()));
    let lower = name.to_ascii_lowercase();
    if name.is_empty() {
        return refuse("it is empty");
    }
    if name.len() > NAME_BYTES_MAX {
        return refuse("it is longer than 255 bytes");
    }
    if name.chars().any(char::is_control) {
        return refuse("it contains a control character");
    }
    if matches!(lower.as_str(), "mimetype" | "manifest.xml")
        || lower.starts_with("meta-inf/")
    {
        return refuse("the container itself has an entry of that name");
    }
    Ok(())
}

/// Whether a reader that unpacks it could write outside its folder.
pub(crate) fn escapes(name: &str) -> bool {
    name.starts_with(['/', '\\'])
        || name.contains(":\\")
        || name.split(['/', '\\']).any(|part| part == "..")
}
