//! Table: media types by file name, for uploads that do not say theirs.

/// The type that the caller gave; where that says nothing, the one by the extension.
///
/// An extension that we do not know stays `application/octet-stream`. (The Java access
/// point calls it PDF.)
pub(crate) fn of(given: &str, filename: &str) -> String {
    let unsaid = given.is_empty() || given == OCTETS;
    let known =
        filename
            .rsplit_once('.')
            .filter(|_| unsaid)
            .and_then(|(_, extension)| {
                let extension = extension.to_ascii_lowercase();
                TYPES.iter().find(|(known, _)| *known == extension)
            });
    match known {
        Some((_, mime)) => (*mime).to_owned(),
        None if unsaid => OCTETS.to_owned(),
        None => given.to_owned(),
    }
}

const OCTETS: &str = "application/octet-stream";

const TYPES: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("xml", "application/xml"),
    ("json", "application/json"),
    ("jsonld", "application/ld+json"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "xltx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
    ),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("odf", "application/vnd.oasis.opendocument.formula"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("fods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("fodp", "application/vnd.oasis.opendocument.presentation"),
    ("fodg", "application/vnd.oasis.opendocument.graphics"),
    ("gif", "image/gif"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("png", "image/png"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("eml", "message/rfc822"),
    ("zip", "application/zip"),
];

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn what_is_said_is_kept_and_what_is_not_is_looked_up() {
        assert_eq!(
            of("text/plain;charset=UTF-8", "a.pdf"),
            "text/plain;charset=UTF-8"
        );
        assert_eq!(of("garbage", "a.pdf"), "garbage");
        assert_eq!(of("application/octet-stream", "doc.PDF"), "application/pdf");
        assert_eq!(of("", "data.jsonld"), "application/ld+json");
        assert_eq!(
            of("application/octet-stream", "noext"),
            "application/octet-stream"
        );
        assert_eq!(of("", "a.unknown"), "application/octet-stream");
    }
}
