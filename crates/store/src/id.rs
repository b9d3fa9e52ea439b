//! Ids of messages as they lie in tables that have a row for every message ever seen: a
//! UUID as its 16 bytes; any other id as zero bytes, too many for a UUID, and its text.

use db::Value;
use uuid::Uuid;

use crate::Error;

/// Stands before an id that is no UUID.
const NO_UUID: [u8; 17] = [0; 17];

/// As it lies.
pub(crate) fn stored(id: &str) -> Value {
    match Uuid::try_parse(id) {
        // Only what comes back as it went in.
        Ok(uuid) if shown_uuid(uuid) == id => Value::Blob(uuid.as_bytes().to_vec()),
        _ => Value::Blob([&NO_UUID, id.as_bytes()].concat()),
    }
}

/// As it was.
pub(crate) fn shown(bytes: &[u8]) -> Result<String, Error> {
    if let Ok(bytes) = bytes.try_into() {
        return Ok(shown_uuid(Uuid::from_bytes(bytes)));
    }
    let text = bytes
        .strip_prefix(&NO_UUID)
        .and_then(|text| str::from_utf8(text).ok());
    text.map(str::to_owned).ok_or_else(|| Error::Row {
        expected: "an id",
        got: format!("{} bytes", bytes.len()),
    })
}

fn shown_uuid(uuid: Uuid) -> String {
    uuid.hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_comes_back_as_it_went_in() {
        for (id, size) in [
            ("5b9ab3c7-a10f-4bcd-9d61-3a7b1cd4dc5e", 16),
            ("00000000-0000-0000-0000-000000000000", 16),
            ("5B9AB3C7-A10F-4BCD-9D61-3A7B1CD4DC5E", 17 + 36),
            ("5b9ab3c7a10f4bcd9d613a7b1cd4dc5e", 17 + 32),
            ("sixteen letters!", 17 + 16),
            ("æ", 17 + 2),
            ("", 17),
        ] {
            let Value::Blob(bytes) = stored(id) else {
                panic!("{id} does not lie as bytes");
            };
            assert_eq!(bytes.len(), size, "{id}");
            assert_eq!(shown(&bytes).unwrap(), id);
        }
    }
}
