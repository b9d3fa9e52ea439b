//! Signed answers, changed at random from the same seed each time: none is believed that
//! was not signed. The fuzz target calls the same.

#[path = "../../../fuzz/src/answers.rs"]
pub mod answers;

use std::path::Path;

use registry::jws::Verifier;

#[test]
fn ten_thousand_mutations_are_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let good = std::fs::read_to_string(root.join("fuzz/corpus/jws/good.jws")).unwrap();
    let pinned = root.join("conformance/vectors/keys/sr-signing.pem");
    let pinned = std::fs::read_to_string(pinned).unwrap();
    let verifier = Verifier::from_pem(&pinned).unwrap();
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    let payload = verifier.verify(&good, now).unwrap();
    let mut state = 0x5e4d_eb0d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..10_000 {
        let mut bytes = good.clone().into_bytes();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = b"ABCxyz019-_.=+/ "[next(16)],
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, bytes[at]),
                _ => bytes.truncate(at.max(1)),
            }
        }
        answers::jws(&bytes);
        let text = String::from_utf8(bytes).unwrap();
        if let Ok(read) = verifier.verify(&text, now) {
            // Nothing but the line's end was changed, or a letter into itself.
            assert_eq!(read, payload);
            assert_eq!(text.trim(), good.trim());
        }
    }
}
