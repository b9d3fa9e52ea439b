//! Envelopes of every kind that OpenSSL makes, beyond those in the vectors, and some that
//! it does not: opened in memory and as streams, or refused in words.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "the reader of DER is shared with another test")]

#[path = "tamper/der.rs"]
mod der;

use std::path::Path;
use std::process::Command;

use dokumentpakke::{Error, Identity, open, open_to};
use tempfile::TempDir;

const TEXT: &[u8] = b"PK\x03\x04 and what looks like a container";

fn key(name: &str) -> String {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors/keys");
    folder.join(name).display().to_string()
}

fn identity(name: &str) -> Identity {
    let store = std::fs::read(key(&format!("{name}.p12"))).unwrap();
    Identity::from_pkcs12(&store, "changeit").unwrap()
}

/// For the first of the options, encrypted to what they name.
fn encrypted(options: &[&str]) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("text"), TEXT.repeat(3000)).unwrap();
    let done = Command::new("openssl")
        .args([
            "cms", "-encrypt", "-binary", "-outform", "DER", "-in", "text",
        ])
        .args(["-out", "package"])
        .args(options)
        .current_dir(folder.path())
        .output()
        .unwrap_or_else(|e| panic!("openssl is needed: {e}"));
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "openssl {options:?}: {words}");
    std::fs::read(folder.path().join("package")).unwrap()
}

/// In memory and as a stream.
fn opened(package: &[u8], keys: &[Identity]) -> Result<String, Error> {
    let whole = open(package, keys);
    let mut out = Vec::new();
    let streamed = open_to(&mut &*package, keys, &mut out);
    match (whole, streamed) {
        (Ok(whole), Ok(streamed)) => {
            assert_eq!(whole.encryption, streamed);
            assert!(whole.asice == out && out == TEXT.repeat(3000));
            Ok(format!("{} {}", streamed.key, streamed.content))
        }
        (Err(whole), Err(streamed)) => {
            assert_eq!(whole, streamed);
            Err(whole)
        }
        (whole, streamed) => panic!("{:?} and {streamed:?}", whole.map(|_| ())),
    }
}

#[test]
fn every_way_to_wrap_the_key_is_opened() {
    let keys = [identity("910076787")];
    let to = key("910076787.pem");
    for options in [
        &[][..],
        &["-keyopt", "rsa_oaep_md:sha1"],
        &["-keyopt", "rsa_oaep_md:sha256"],
        &[
            "-keyopt",
            "rsa_oaep_md:sha256",
            "-keyopt",
            "rsa_mgf1_md:sha1",
        ],
        &[
            "-keyopt",
            "rsa_oaep_md:sha1",
            "-keyopt",
            "rsa_mgf1_md:sha512",
        ],
        &["-keyopt", "rsa_oaep_label:6d65726b65"],
        &[
            "-keyopt",
            "rsa_oaep_md:sha512",
            "-keyopt",
            "rsa_oaep_label:00",
        ],
    ] {
        let oaep = ["-keyopt", "rsa_padding_mode:oaep"];
        let before: &[&str] = if options.is_empty() { &[] } else { &oaep };
        for cipher in [
            "-aes-256-cbc",
            "-aes-128-gcm",
            "-aes-192-gcm",
            "-aes-256-gcm",
        ] {
            for form in [&[][..], &["-stream", "-indef"], &["-keyid"]] {
                let all = [&[cipher][..], form, &["-recip", &to], before, options];
                let package = encrypted(&all.concat());
                let by = opened(&package, &keys);
                let by = by.unwrap_or_else(|e| panic!("{all:?}: {e}"));
                let wanted = if before.is_empty() {
                    "rsa-pkcs1v15 "
                } else {
                    "rsa-oaep "
                };
                assert_eq!(by, format!("{wanted}{}", &cipher[1..]), "{all:?}");
            }
        }
    }
}

#[test]
fn ours_is_found_among_recipients_of_every_kind() {
    let keys = [identity("910076787")];
    let (own, other) = (key("910076787.pem"), key("910077473.pem"));
    let folder = TempDir::new().unwrap();
    let curve = folder.path().join("ec.pem").display().to_string();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"])
        .args(["-subj", "/CN=kurve", "-out", &curve])
        .output();
    assert!(made.unwrap().status.success());
    let secret = "000102030405060708090a0b0c0d0e0f";
    let shared = ["-secretkey", secret, "-secretkeyid", "0102"];
    let password = ["-pwri_password", "passord"];
    for others in [
        &["-recip", &other][..],
        &["-recip", &curve],
        &shared,
        &password,
        &[
            "-recip", &other, "-recip", &curve, "-recip", &other, "-keyid",
        ],
    ] {
        let package =
            encrypted(&[&["-aes-256-cbc"], others, &["-recip", &own]].concat());
        opened(&package, &keys).unwrap_or_else(|e| panic!("{others:?}: {e}"));
        let package = encrypted(&[&["-aes-256-cbc"], others].concat());
        let refused = opened(&package, &keys).unwrap_err();
        let fits = matches!(refused, Error::OtherRecipient { .. });
        assert!(fits, "{others:?}: {refused}");
    }
    // Encrypted to the old key and to the new one: either opens it.
    let both = [key("910076787.pem"), key("910076787-next.pem")];
    let package = encrypted(&["-aes-256-cbc", "-recip", &both[0], "-recip", &both[1]]);
    for name in ["910076787", "910076787-next"] {
        opened(&package, &[identity(name)]).unwrap();
    }
}

/// Where an AuthEnvelopedData of one recipient has its parameters and its tag.
const PARAMETERS: &[usize] = &[1, 0, 2, 1, 1];
const TAG: &[usize] = &[1, 0, 3];

/// > aes-ICVlen … 12 | 13 | 14 | 15 | 16, DEFAULT 12 (RFC 5084 §3.2)
#[test]
fn tags_are_as_long_as_the_parameters_say() {
    let keys = [identity("910076787")];
    let package = encrypted(&["-aes-256-gcm", "-recip", &key("910076787.pem")]);
    let tag = der::content(&package, TAG);
    assert_eq!(tag.len(), 16);
    let nonce = der::element_of(&package, &[PARAMETERS, &[0]].concat());
    let with = |said: Option<u8>, tag: &[u8]| {
        let said = said.map_or(Vec::new(), |n| vec![2, 1, n]);
        let parameters = [nonce.clone(), said].concat();
        let package = der::replace(&package, PARAMETERS, &parameters);
        opened(&der::replace(&package, TAG, tag), &keys)
    };
    for bytes in 12..=16_u8 {
        let short = &tag[..usize::from(bytes)];
        with(Some(bytes), short).unwrap();
        with(None, short).unwrap();
        let mut wrong = short.to_vec();
        wrong[11] ^= 1;
        assert_eq!(with(Some(bytes), &wrong), Err(Error::Decrypt));
        let longer = with(Some(bytes + 1), short).unwrap_err();
        assert!(longer.to_string().contains("a tag of"), "{longer}");
    }
    for bytes in [0, 4, 8, 11] {
        let short = with(Some(bytes), &tag[..usize::from(bytes)]).unwrap_err();
        assert!(short.to_string().contains("a tag of"), "{short}");
    }
    let none = der::replace(&package, PARAMETERS, &[4, 0]);
    let none = opened(&none, &keys).unwrap_err();
    assert!(none.to_string().contains("without a nonce"), "{none}");
}

#[test]
fn other_content_than_data_and_other_ciphers_are_said_so() {
    let keys = [identity("910076787")];
    let own = key("910076787.pem");
    let package = encrypted(&["-aes-256-cbc", "-recip", &own]);
    let signed_data = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    let package = der::replace(&package, &[1, 0, 2, 0], signed_data);
    let why = opened(&package, &keys).unwrap_err().to_string();
    assert!(why.contains("is not data"), "{why}");
    let package = encrypted(&["-camellia-128-cbc", "-recip", &own]);
    let why = opened(&package, &keys).unwrap_err().to_string();
    assert!(why.contains("unknown algorithm"), "{why}");
}

/// Raw RSA under the receiver's key, by OpenSSL.
fn raw(block: &[u8]) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("block"), block).unwrap();
    let done = Command::new("openssl")
        .args(["pkeyutl", "-encrypt", "-certin", "-in", "block"])
        .args(["-pkeyopt", "rsa_padding_mode:none", "-out", "out"])
        .args(["-inkey", &key("910076787.pem")])
        .current_dir(folder.path())
        .output();
    let done = done.unwrap_or_else(|e| panic!("openssl is needed: {e}"));
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "openssl: {words}");
    std::fs::read(folder.path().join("out")).unwrap()
}

/// What is done to a block with the right padding.
type Change<'a> = &'a dyn Fn(&mut Vec<u8>);

/// Where the key is in an EnvelopedData to one recipient.
const WRAPPED: &[usize] = &[1, 0, 1, 0, 3];

/// The classes of Bleichenbacher's attack (1998): whoever sends them learns nothing from
/// the answer, which is that for damaged content, and the same each time.
#[test]
fn every_wrong_padding_is_answered_as_damaged_content_is() {
    let keys = [identity("910076787")];
    let package = encrypted(&["-aes-256-cbc", "-recip", &key("910076787.pem")]);
    let bytes = der::content(&package, WRAPPED).len();
    let made = |change: Change<'_>| {
        let mut block = vec![0x5a; bytes];
        (block[0], block[1], block[bytes - 33]) = (0, 2, 0);
        change(&mut block);
        der::replace(&package, WRAPPED, &raw(&block))
    };
    let classes: [(&str, Change<'_>); 10] = [
        ("right, with another key", &|_| {}),
        ("a signature's padding", &|b| b[1] = 1),
        ("no padding's mark", &|b| b[1] = 0),
        ("a first byte", &|b| b[0] = 1),
        ("no end of the padding", &|b| b[bytes - 33] = 1),
        ("an end too early", &|b| b[bytes - 40] = 0),
        ("an end at once", &|b| b[2] = 0),
        ("padding of seven bytes", &|b| b[9] = 0),
        ("a shorter key", &|b| {
            (b[bytes - 33], b[bytes - 17]) = (1, 0);
        }),
        ("nothing but zeros and a one", &|b| {
            b.fill(0);
            b[bytes - 1] = 1;
        }),
    ];
    for (what, change) in classes {
        let changed = made(change);
        for _ in 0..2 {
            assert_eq!(opened(&changed, &keys), Err(Error::Decrypt), "{what}");
        }
    }
    // Too large a number, too short, too long: the same.
    for wrapped in [vec![0xff; bytes], vec![1; bytes - 1], vec![1; bytes + 1]] {
        let changed = der::replace(&package, WRAPPED, &wrapped);
        assert_eq!(opened(&changed, &keys), Err(Error::Decrypt));
    }
}
