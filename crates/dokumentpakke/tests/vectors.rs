//! Packages that the Java access point made, opened by us.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use dokumentpakke::asice::{self, Verdict};
use dokumentpakke::{Error, Identity, open};
use fault::Fault;
use serde_json::Value;

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors")
        .join(folder)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&bytes(path)).unwrap()
}

fn text(path: &Path) -> String {
    String::from_utf8(bytes(path)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn body_key() -> Identity {
    Identity::from_pkcs12(&bytes(&vectors("keys/910076787.p12")), "changeit").unwrap()
}

#[test]
fn every_recorded_package_opens_to_its_files() {
    let mut seen = 0;
    for entry in std::fs::read_dir(vectors("dokumentpakke")).unwrap() {
        let folder = entry.unwrap().path();
        let package = folder.join("dokumentpakke.p7m");
        if !package.exists() {
            continue; // large-3MB is a description only
        }
        let listing = json(&folder.join("listing.json"));
        let named =
            |member: &str| vectors("keys").join(listing[member].as_str().unwrap());
        let key = text(&named("key"));
        let key =
            Identity::from_pem(&key, &text(&named("recipientCertificate"))).unwrap();
        let opened = open(&bytes(&package), std::slice::from_ref(&key)).unwrap();
        assert_eq!(opened.asice, bytes(&folder.join("dokumentpakke.asice")));
        assert_eq!(opened.encryption.key, "rsa-pkcs1v15");
        let container = asice::read(&opened.asice).unwrap();
        assert_eq!(
            container.signature.verdict,
            Verdict::Valid,
            "{}",
            folder.display()
        );
        let wanted = listing["entries"].as_array().unwrap().iter();
        let wanted: Vec<_> = wanted.filter(|e| !e["mimetype"].is_null()).collect();
        assert_eq!(container.files.len(), wanted.len());
        for (file, wanted) in container.files.iter().zip(wanted) {
            assert_eq!(file.name, wanted["name"]);
            assert_eq!(file.mime, wanted["mimetype"]);
            assert_eq!(file.bytes.len(), wanted["size"]);
            assert_eq!(hex(&file.sha256), wanted["sha256"]);
        }
        seen += 1;
    }
    assert!(seen >= 7, "only {seen} packages");
}

/// What the reader of containers that consumers use rejects (reference-observed §1.2):
/// the case, and what our verdict says. Everything else it takes, and we call valid.
const REJECTED: &[(&str, &str)] = &[
    (
        "asic_signature_without_embedded_certificate",
        "not included",
    ),
    ("asic_unsigned", "unsigned"),
    ("asic_tampered_attachment", "changed after signing"),
    (
        "asic_unknown_extra_file_not_in_the_manifest",
        "not in the signed list",
    ),
    ("asic_unknown_file_in_META-INF", "unknown file in META-INF"),
    ("asic_digest_uri_sha512_wrong", "digest method"),
    ("asic_duplicate_entry_names", "the same name"),
    // That reader takes them, and leaves it to others not to follow them.
    ("asic_name_with_dotdot", "leads out of the folder"),
    ("asic_absolute_name", "leads out of the folder"),
];

/// Rejected there for the form of the ZIP alone. The signature holds and covers every
/// file, so the verdict is valid; the remark tells what Java readers do.
const REMARKED: &[(&str, &str)] = &[
    ("asic_STORED_with_data_descriptor", "data descriptor"),
    ("asic_DEFLATED_with_data_descriptor", "data descriptor"), // its mimetype is stored
    ("asic_with_directory_entries", "META-INF/ is an entry"),
];

#[test]
fn every_crafted_container_is_judged_as_consumers_judge_it() {
    let expected = json(&vectors("accept/expected.json"));
    let mut seen = 0;
    for case in expected.as_array().unwrap() {
        let file = case["payload"].as_str().unwrap();
        let name = file.strip_suffix(".payload").unwrap();
        if !name.starts_with("asic_") {
            continue;
        }
        let container = bytes(&vectors("accept").join(format!("{name}.asice")));
        assert_eq!(hex(&sha256(&container)), case["asiceSha256"], "{name}");
        let report = asice::check(&container).unwrap();
        let container = asice::read(&container).unwrap();
        assert_eq!(report, container.signature, "{name}");
        let find = |table: &[(&str, &'static str)]| {
            table
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, words)| *words)
        };
        if let Some(words) = find(REJECTED) {
            assert_ne!(report.verdict, Verdict::Valid, "{name}");
            assert!(report.to_string().contains(words), "{name}: {report}");
        } else {
            assert_eq!(report.verdict, Verdict::Valid, "{name}");
            assert!(report.covers_every_file, "{name}");
            let [signer] = report.signers.as_slice() else {
                panic!("{name}: {:?}", report.signers)
            };
            assert_eq!(signer.certificate.orgnr(), Some("910077473"), "{name}");
            assert!(signer.signed_at.is_some(), "{name}");
        }
        let remarks = container.remarks.join("; ");
        match find(REMARKED) {
            Some(words) => assert!(remarks.contains(words), "{name}: {remarks}"),
            None => assert_eq!(remarks, "", "{name}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 32);
}

#[test]
fn a_report_names_the_digest_and_a_tampered_file_its_signer() {
    let read = |name: &str| {
        asice::read(&bytes(&vectors("accept").join(format!("{name}.asice")))).unwrap()
    };
    for (name, digest) in [
        ("asic_as_the_reference_makes_it_sha1", "SHA-1"),
        ("asic_signed_sha256", "SHA-256"),
        ("asic_signed_sha512", "SHA-512"),
    ] {
        assert_eq!(read(name).signature.signers[0].digest, digest, "{name}");
    }
    let tampered = read("asic_tampered_attachment");
    assert!(!tampered.signature.covers_every_file);
    let signer = &tampered.signature.signers[0];
    assert_eq!(signer.certificate.orgnr(), Some("910077473"));
    assert!(tampered.files.iter().any(|f| f.name == "order.xml"));
    for name in ["asic_name_with_dotdot", "asic_absolute_name"] {
        let files = read(name).files;
        assert_eq!(files.iter().filter(|f| f.escapes()).count(), 1, "{name}");
    }
}

/// The `asic` member of a crafted body, out of both layers of Base64.
fn crafted(case: &str) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let body = json(&vectors("accept").join(format!("{case}.payload")));
    let outer = STANDARD.decode(body["asic"].as_str().unwrap()).unwrap();
    STANDARD.decode(outer).unwrap()
}

fn outcome(case: &str) -> Result<Vec<u8>, Error> {
    open(&crafted(case), &[body_key()]).map(|opened| opened.asice)
}

#[test]
fn whatever_the_java_access_point_opened_opens() {
    let expected = json(&vectors("accept/expected.json"));
    let mut seen = 0;
    for case in expected.as_array().unwrap() {
        let file = case["payload"].as_str().unwrap();
        let name = file.strip_suffix(".payload").unwrap();
        if !name.starts_with("cms_") || case["observed"]["popBytesEqual"] != true {
            continue;
        }
        let asice = outcome(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(hex(&sha256(&asice)), case["asiceSha256"], "{name}");
        seen += 1;
    }
    assert!(seen >= 14, "only {seen} packages");
}

/// The Java access point cannot: nothing forbids us.
#[test]
fn authenticated_encryption_opens_too() {
    let expected = json(&vectors("accept/expected.json"));
    let mut seen = 0;
    for case in expected.as_array().unwrap() {
        let file = case["payload"].as_str().unwrap();
        let name = file.strip_suffix(".payload").unwrap();
        if !name.starts_with("cms_AuthEnvelopedData") {
            continue;
        }
        let opened = open(&crafted(name), &[body_key()]).unwrap();
        assert_eq!(hex(&sha256(&opened.asice)), case["asiceSha256"], "{name}");
        assert!(name.ends_with(opened.encryption.content), "{name}");
        let mut bad = crafted(name);
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        assert_eq!(open(&bad, &[body_key()]), Err(Error::Decrypt), "{name}");
        seen += 1;
    }
    assert_eq!(seen, 3);
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes)
        .as_ref()
        .to_vec()
}

#[test]
fn what_is_broken_says_how() {
    assert!(
        outcome("cms_two_recipients_own_second").is_ok(),
        "any position will do"
    );
    for case in [
        "cms_only_another_recipient",
        "cms_to_a_renewed_own_certificate",
    ] {
        let error = outcome(case).unwrap_err();
        assert!(matches!(error, Error::OtherRecipient { .. }), "{case}");
        let own = body_key().certificate().serial();
        assert!(error.to_string().contains(&own), "{case}: {error}");
        assert_eq!(error.fault(), Fault::Peer, "{case}");
    }
    for case in [
        "cms_PEM",
        "cms_S-MIME",
        "plain_zip_not_encrypted",
        "random_bytes",
    ] {
        assert!(matches!(outcome(case), Err(Error::NotCms(_))), "{case}");
    }
    assert!(matches!(
        outcome("cms_truncated"),
        Err(Error::Truncated { .. })
    ));
    let padding = outcome("cms_last_ciphertext_bytes_changed_padding");
    assert_eq!(padding, Err(Error::Decrypt));
    let flipped = outcome("cms_ciphertext_bit_flipped_in_the_middle").unwrap();
    assert!(matches!(asice::read(&flipped), Err(Error::Container(_))));
}

#[test]
fn an_older_key_on_the_ring_still_opens() {
    let renewed = vectors("keys/910076787-next.p12");
    let renewed = Identity::from_pkcs12(&bytes(&renewed), "changeit").unwrap();
    let package = crafted("cms_pkcs1v15_aes-256-cbc_BER");
    assert!(matches!(
        open(&package, std::slice::from_ref(&renewed)),
        Err(Error::OtherRecipient { .. })
    ));
    assert!(open(&package, &[renewed, body_key()]).is_ok());
}

#[test]
fn certificates_say_whose_they_are() {
    let key = body_key();
    assert_eq!(key.certificate().orgnr(), Some("910076787"));
    assert_eq!(key.chain().len(), 3);
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    assert!(key.certificate().valid_at(now));
    let expired = text(&vectors("keys/910076787-expired.pem"));
    assert!(
        !dokumentpakke::Certificate::from_pem(&expired)
            .unwrap()
            .valid_at(now)
    );
}
