//! What the fuzz target for an address register's signed answers calls, and an ordinary
//! test with it.

use registry::jws::Verifier;

/// An answer, held against a key that signed none of those that can be made up.
pub fn jws(bytes: &[u8]) {
    let pem = include_str!("../../conformance/vectors/keys/sr-signing.pem");
    let verifier = Verifier::from_pem(pem).expect("the vector is a certificate");
    if let Ok(text) = std::str::from_utf8(bytes) {
        let now = "2026-11-24T12:00:00Z".parse().expect("it is a time");
        let _ = verifier.verify(text, now);
    }
}
