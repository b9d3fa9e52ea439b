//! The tamper matrix: each part of a package flipped, cut, swapped, doubled, lengthened.
//! None is taken for good, and the reason is one that fits the part.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "the bag is shared with another test")]

mod bag;
mod der;
mod package;

use package::{Outcome, Package, judged, outcome};

/// What is done to a part.
#[derive(Debug, Clone, Copy)]
enum Change {
    Flip,
    Cut,
    Swap,
    Double,
    Insert,
}

const CHANGES: [Change; 5] = [
    Change::Flip,
    Change::Cut,
    Change::Swap,
    Change::Double,
    Change::Insert,
];

impl Change {
    /// The part with this done to it, at a place.
    fn of(self, part: &[u8], at: usize) -> Vec<u8> {
        let mut out = part.to_vec();
        match self {
            Self::Flip => out[at] ^= 1 << (at % 8),
            Self::Cut => drop(out.remove(at)),
            Self::Swap => {
                let other = (1..out.len()).map(|by| (at + by) % out.len());
                let other = other.into_iter().find(|o| out[*o] != out[at]);
                out.swap(at, other.expect("not all bytes are the same"));
            }
            Self::Double => out.insert(at, out[at]),
            Self::Insert => out.insert(at, out[at] ^ 0x55),
        }
        out
    }
}

/// Change the part everywhere that is tried; the reason must have one of the words.
fn all(name: &str, part: &[u8], words: &[&str], with: impl Fn(&[u8]) -> Outcome) {
    let places = [0, part.len() / 3, part.len() / 2, part.len() - 1];
    for change in CHANGES {
        for at in places {
            let changed = change.of(part, at);
            assert_ne!(changed, part);
            match with(&changed) {
                Outcome::Good(_) => {
                    panic!("{name}, {change:?} at {at}: taken for good")
                }
                Outcome::Refused(why) => assert!(
                    words.iter().any(|word| why.contains(word)),
                    "{name}, {change:?} at {at}: {why}"
                ),
            }
        }
    }
}

#[test]
fn each_part_of_the_container() {
    let package = Package::new();
    let bag = bag::Bag::read(&package.container());
    let with = |name: &'static str| {
        let bag = bag.clone();
        move |part: &[u8]| judged(&bag.with(name, part).write())
    };
    let one = |name: &str| bag.find(name).to_vec();
    let changed = ["was changed after signing"];
    for name in ["manifest.xml", "order.xml", "a.pdf"] {
        all(name, &one(name), &changed, with(name));
    }
    all(
        "mimetype",
        &one("mimetype"),
        &["its mimetype is"],
        with("mimetype"),
    );
    // Not XML any more, or XML that nobody signed.
    let list = "META-INF/ASiCManifest.xml";
    let words = [
        "other content",
        "ASiCManifest.xml",
        "changed after",
        "not there",
        "not in the signed list",
    ];
    all(list, &one(list), &words, with(list));
}

#[test]
fn each_part_of_the_signature() {
    let bag = bag::Bag::read(&Package::new().container());
    let signature = bag.signature();
    let with = |part: &[u8]| judged(&bag.with(&signature, part).write());
    let whole = bag.find(&signature).to_vec();
    let parts = [
        (der::SIGNATURE_VALUE, "signature", &["not by the key"][..]),
        (
            der::ATTRIBUTES,
            "signed attributes",
            &[
                "not by the key",
                "cut off",
                "not a dokumentpakke",
                "other content",
                "over data",
            ],
        ),
        (
            der::CERTIFICATE,
            "certificate",
            &[
                "not included",
                "names another certificate",
                "not by the key",
                "not a doku",
                "cut off",
                "certificate",
            ],
        ),
        (
            der::SIGNER_ID,
            "signer's name",
            &["not included", "not a doku", "cut off"],
        ),
    ];
    for (path, name, words) in parts {
        let part = der::content(&whole, path).to_vec();
        // Once with every length around it mended, once as a cable would change it.
        all(name, &part, words, |part| {
            with(&der::replace(&whole, path, part))
        });
        let torn = [
            "not a doku",
            "cut off",
            "signature does not",
            "not included",
        ];
        let words: Vec<&str> = words.iter().chain(&torn).copied().collect();
        all(name, &part, &words, |part| {
            with(&der::splice(&whole, path, part))
        });
    }
}

#[test]
fn each_part_of_the_envelope() {
    let package = Package::new();
    let undecipherable = ["cannot be decrypted"];
    let torn = [
        "cut off",
        "not a dokumentpakke",
        "cannot be decrypted",
        "unknown algorithm",
    ];
    let damaged = [
        "cannot be decrypted",
        "container is damaged",
        "was changed",
        "too large",
    ];
    let parts: [(&[usize], &str, Vec<&str>); 5] = [
        (der::ENCRYPTED_KEY, "encrypted key", undecipherable.into()),
        (
            der::RECIPIENT_ID,
            "recipient",
            vec!["is encrypted to", "not a dokumentpakke", "cut off"],
        ),
        (
            der::RECIPIENT,
            "recipient info",
            vec![
                "is encrypted to",
                "not a doku",
                "cut off",
                "unknown algorithm",
                "cannot be decrypted",
            ],
        ),
        (der::IV, "IV", damaged.into()),
        (der::CIPHERTEXT, "ciphertext", damaged.into()),
    ];
    for (path, name, words) in parts {
        let part = der::content(&package.bytes, path).to_vec();
        all(name, &part, &words, |part| {
            outcome(&package, &der::replace(&package.bytes, path, part))
        });
        if name == "ciphertext" {
            continue; // the last of all: what is longer has something behind it
        }
        let words: Vec<&str> = words.iter().chain(&torn).copied().collect();
        all(name, &part, &words, |part| {
            outcome(&package, &der::splice(&package.bytes, path, part))
        });
    }
}

/// Not every byte of a ZIP or of CMS means something: no bit of either, flipped, may
/// change what is read without being refused.
#[test]
fn no_bit_of_container_or_signature_changes_anything_unseen() {
    let package = Package::new();
    let container = package.container();
    let good = judged(&container);
    assert!(matches!(good, Outcome::Good(_)), "{good:?}");
    let mut harmless = 0;
    for at in 0..container.len() {
        let mut changed = container.clone();
        changed[at] ^= 1 << (at % 8);
        match judged(&changed) {
            Outcome::Refused(_) => {}
            other @ Outcome::Good(_) => {
                assert_eq!(other, good, "byte {at} of the container");
                harmless += 1;
            }
        }
    }
    assert!(
        harmless < container.len() / 10,
        "{harmless} of {}",
        container.len()
    );
    let bag = bag::Bag::read(&container);
    let name = bag.signature();
    let whole = bag.find(&name).to_vec();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        match judged(&bag.with(&name, &changed).write()) {
            Outcome::Refused(_) => {}
            other @ Outcome::Good(_) => {
                assert_eq!(other, good, "byte {at} of the signature");
            }
        }
    }
}

/// CBC hides nothing of what was changed: the bytes come out altered, and something
/// inside must notice.
#[test]
fn no_bit_of_iv_or_ciphertext_can_be_flipped() {
    for package in [Package::new(), Package::streamed()] {
        let parts = package.encrypted();
        let (start, end) = (parts.start, parts.end);
        for at in (start..end).step_by(3) {
            let mut changed = package.bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let out = outcome(&package, &changed);
            assert!(
                matches!(out, Outcome::Refused(_)),
                "byte {at} of {start}..{end}"
            );
        }
    }
}
