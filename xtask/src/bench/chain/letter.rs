//! What is sent: an innsynskrav with one file.

/// Bytes of the file.
const FILE_BYTES: usize = 10_000;

/// A message's id; the same for the same lane and number.
pub(crate) fn id(lane: usize, number: usize) -> String {
    format!("{lane:08x}-0000-4000-8000-{number:012x}")
}

/// The number in an id.
pub(crate) fn number(id: &str) -> Option<usize> {
    usize::from_str_radix(id.get(24..36)?, 16).ok()
}

/// The SBD of a message, as a case system writes it.
pub(crate) fn sbd(id: &str) -> String {
    format!(
        r#"{{"standardBusinessDocumentHeader":{{"headerVersion":"1.0",
"sender":[{{"identifier":{{"value":"0192:310000027","authority":"iso6523-actorid-upis"}}}}],
"receiver":[{{"identifier":{{"value":"0192:310000019","authority":"iso6523-actorid-upis"}}}}],
"documentIdentification":{{"standard":"urn:no:difi:einnsyn:xsd::innsynskrav",
"typeVersion":"1.0","instanceIdentifier":"{id}","type":"innsynskrav"}},
"businessScope":{{"scope":[{{"type":"ConversationId","instanceIdentifier":"{id}",
"identifier":"urn:no:difi:profile:einnsyn:innsynskrav:ver1.0"}}]}}}},
"innsynskrav":{{"orgnr":"310000019","epost":"innsyn@fjordvik.example"}}}}"#
    )
}

/// A file of text that no two neighbours share and that does not compress to nothing.
pub(crate) fn file() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"abcdefghijklmnopqrstuvwxyz <>/\n\""[(state >> 27) as usize]
    };
    (0..FILE_BYTES).map(|_| next()).collect()
}
