//! Containers that the standard allows and no peer of today sends: ASiC-S, other digest
//! methods, escaped names. Their signatures are made by OpenSSL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "the bag is shared with another test")]

#[path = "tamper/bag.rs"]
mod bag;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use aws_lc_rs::digest::{SHA384, SHA512, digest};
use bag::Bag;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dokumentpakke::asice::{self, Container, Verdict};

fn key(name: &str) -> String {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors/keys");
    folder.join(name).display().to_string()
}

/// A detached CAdES signature.
fn signature(over: &[u8], hash: &str) -> Vec<u8> {
    let (certificate, key) = (key("910077473.pem"), key("910077473.key"));
    let mut openssl = Command::new("openssl")
        .args([
            "cms", "-sign", "-binary", "-cades", "-outform", "DER", "-md", hash,
        ])
        .args(["-signer", &certificate, "-inkey", &key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("openssl is needed: {e}"));
    openssl.stdin.take().unwrap().write_all(over).unwrap();
    let done = openssl.wait_with_output().unwrap();
    assert!(done.status.success());
    done.stdout
}

fn container(entries: &[(&str, &[u8])]) -> Container {
    let bytes = Bag::new(entries).write();
    let container = asice::read(&bytes).unwrap();
    assert_eq!(container.signature, asice::check(&bytes).unwrap());
    container
}

fn reason(container: &Container) -> &str {
    match &container.signature.verdict {
        Verdict::Invalid { reason } => reason,
        verdict => panic!("{verdict:?}"),
    }
}

const SIMPLE: (&str, &[u8]) = ("mimetype", b"application/vnd.etsi.asic-s+zip");

#[test]
fn a_container_of_one_file_is_read() {
    let file = ("brev.pdf", &b"%PDF-1.7"[..]);
    for (hash, name) in [
        ("sha256", "SHA-256"),
        ("sha512", "SHA-512"),
        ("sha1", "SHA-1"),
    ] {
        let by = signature(file.1, hash);
        let signed = ("META-INF/signature.p7s", by.as_slice());
        for entries in [&[SIMPLE, file, signed][..], &[file, signed]] {
            let read = container(entries);
            assert_eq!(read.signature.verdict, Verdict::Valid, "{hash}");
            assert!(read.signature.covers_every_file);
            let signer = &read.signature.signers[0];
            assert_eq!(signer.digest, name);
            assert_eq!(signer.certificate.orgnr(), Some("910077473"));
        }
        let read = container(&[SIMPLE, ("brev.pdf", b"%PDF-1.6"), signed]);
        assert!(reason(&read).contains("other content"), "{}", reason(&read));
        let read = container(&[SIMPLE, file, ("to.txt", b"2"), signed]);
        assert!(reason(&read).contains("exactly one"));
        let second = ("META-INF/signature2.p7s", by.as_slice());
        let read = container(&[SIMPLE, file, signed, second]);
        assert!(reason(&read).contains("has more"));
    }
    let read = container(&[SIMPLE, file]);
    assert_eq!(read.signature.verdict, Verdict::Unsigned);
}

/// A list with these lines, signed, and the files.
fn listed(references: &[(&str, &str, &str)], files: &[(&str, &[u8])]) -> Container {
    let lines: String = references
        .iter()
        .map(|(uri, method, value)| {
            format!(
                "<a:DataObjectReference URI=\"{uri}\" MimeType=\"text/plain\">\
                 <d:DigestMethod Algorithm=\"{method}\"/><d:DigestValue>{value}\
                 </d:DigestValue></a:DataObjectReference>"
            )
        })
        .collect();
    let list = format!(
        "<a:ASiCManifest xmlns:a=\"http://uri.etsi.org/02918/v1.2.1#\" \
         xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\">\
         <a:SigReference URI=\"META-INF/en-signature-1.p7s\"/>{lines}</a:ASiCManifest>"
    );
    let by = signature(list.as_bytes(), "sha256");
    let mut entries = vec![("mimetype", asice::MIME.as_bytes())];
    entries.extend_from_slice(files);
    entries.push(("META-INF/ASiCManifest1.xml", list.as_bytes()));
    entries.push(("META-INF/en-signature-1.p7s", &by));
    container(&entries)
}

#[test]
fn other_digest_methods_and_escaped_names_are_read() {
    const SHA384_URI: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
    const SHA512_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
    let sum384 = STANDARD.encode(digest(&SHA384, b"en").as_ref());
    let sum512 = STANDARD.encode(digest(&SHA512, b"to").as_ref());
    let references = [
        ("bl%C3%A5%20b%C3%A6r.txt", SHA384_URI, sum384.as_str()),
        ("100%25.txt", SHA512_URI, sum512.as_str()),
    ];
    let read = listed(&references, &[("blå bær.txt", b"en"), ("100%.txt", b"to")]);
    assert_eq!(read.signature.verdict, Verdict::Valid);
    assert!(read.files.iter().all(|f| f.mime == "text/plain"));
    let read = listed(&references, &[("blå bær.txt", b"en"), ("100%.txt", b"ti")]);
    assert!(reason(&read).contains("changed after signing"));
    // A name that is there as it is written means that file, and no other.
    let read = listed(
        &references,
        &[("bl%C3%A5%20b%C3%A6r.txt", b"en"), ("100%.txt", b"to")],
    );
    assert_eq!(read.signature.verdict, Verdict::Valid);
    let read = listed(&[("a", "urn:md5", "AA==")], &[("a", b"en")]);
    assert!(reason(&read).contains("unknown digest method"));
}
