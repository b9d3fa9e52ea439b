//! Who answers for a container: several signers, several lists, signatures of every kind
//! that OpenSSL makes, and lists that somebody else has put in.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(dead_code, reason = "the bag is shared with another test")]

#[path = "tamper/bag.rs"]
mod bag;
#[path = "tamper/der.rs"]
mod der;

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use bag::Bag;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dokumentpakke::asice::{self, Container};
use dokumentpakke::{Judgement, Rules, judge};
use tempfile::TempDir;

const OWN: &str = "910077473";
const OTHER: &str = "910076787";

fn key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors/keys")
        .join(name)
}

/// A folder for OpenSSL to work in.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn openssl(&self, args: &[&str]) {
        let done = Command::new("openssl")
            .args(args)
            .current_dir(self.0.path())
            .output()
            .unwrap_or_else(|e| panic!("openssl is needed: {e}"));
        let words = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "openssl {args:?}: {words}");
    }

    /// A detached signature of these organisations, with further options.
    fn signed(&self, over: &[u8], by: &[&str], options: &[&str]) -> Vec<u8> {
        let pairs: Vec<[String; 2]> = by
            .iter()
            .map(|name| {
                ["pem", "key"]
                    .map(|end| key(&format!("{name}.{end}")).display().to_string())
            })
            .collect();
        let mut signers: Vec<&str> = Vec::new();
        for [certificate, key] in &pairs {
            signers.extend(["-signer", certificate, "-inkey", key]);
        }
        self.sign(over, &[&signers, options].concat())
    }

    fn sign(&self, over: &[u8], options: &[&str]) -> Vec<u8> {
        std::fs::write(self.0.path().join("text"), over).unwrap();
        let how = ["cms", "-sign", "-binary", "-outform", "DER", "-in", "text"];
        self.openssl(&[&how[..], &["-out", "signature"], options].concat());
        std::fs::read(self.0.path().join("signature")).unwrap()
    }
}

/// A list of these parts, with the signature that it names.
fn list(signature: &str, parts: &[(&str, &[u8])]) -> String {
    let lines: String = parts
        .iter()
        .map(|(name, bytes)| {
            let sum = STANDARD.encode(digest(&SHA256, bytes));
            format!(
                "<a:DataObjectReference URI=\"{name}\"><d:DigestMethod \
                 Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><d:DigestValue>\
                 {sum}</d:DigestValue></a:DataObjectReference>"
            )
        })
        .collect();
    format!(
        "<a:ASiCManifest xmlns:a=\"http://uri.etsi.org/02918/v1.2.1#\" \
         xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\">\
         <a:SigReference URI=\"META-INF/{signature}\"/>{lines}</a:ASiCManifest>"
    )
}

type Part<'a> = (&'a str, &'a [u8]);

const A: Part<'_> = ("a.txt", b"en");
const B: Part<'_> = ("b.txt", b"to");
const MIMETYPE: Part<'_> = ("mimetype", asice::MIME.as_bytes());

/// A container with these files, and lists that others have signed.
fn container(files: &[Part<'_>], lists: &[(&str, &[u8])]) -> Container {
    let mut entries = vec![MIMETYPE];
    entries.extend_from_slice(files);
    let names: Vec<[String; 2]> = (1..=lists.len())
        .map(|n| {
            [
                format!("META-INF/ASiCManifest{n}.xml"),
                format!("META-INF/signature{n}.p7s"),
            ]
        })
        .collect();
    for ([list_name, name], (list, signature)) in names.iter().zip(lists) {
        entries.push((list_name, list.as_bytes()));
        entries.push((name, signature));
    }
    read(&entries)
}

fn read(entries: &[Part<'_>]) -> Container {
    let bytes = Bag::new(entries).write();
    let container = asice::read(&bytes).unwrap();
    assert_eq!(container.signature, asice::check(&bytes).unwrap());
    container
}

fn judged(container: &Container, sender: &str) -> Judgement {
    let rules = Rules {
        senders: &[sender],
        refuse_sha1: true,
        ..Rules::none("2026-11-25T12:00:00Z".parse().unwrap())
    };
    judge(&container.signature, &rules)
}

fn refused(container: &Container, sender: &str) -> String {
    let judgement = judged(container, sender);
    let refusal = judgement.refusal.expect("it is taken for good");
    refusal.to_string()
}

#[test]
fn a_file_that_somebody_else_has_added_and_signed_is_refused() {
    let desk = Desk::new();
    let (one, two) = (list("signature1.p7s", &[A]), list("signature2.p7s", &[B]));
    let both = list("signature2.p7s", &[A, B]);
    let own = desk.signed(one.as_bytes(), &[OWN], &[]);
    let added = desk.signed(two.as_bytes(), &[OTHER], &[]);
    let read = container(&[A, B], &[(&one, &own), (&two, &added)]);
    assert_eq!(refused(&read, OWN), "no signer has signed every file");
    assert_eq!(refused(&read, OTHER), "no signer has signed every file");
    // Whoever signs everything anew is the one who answers for it.
    let added = desk.signed(both.as_bytes(), &[OTHER], &[]);
    let read = container(&[A, B], &[(&one, &own), (&both, &added)]);
    assert!(refused(&read, OWN).contains("signed by organisation 910076787"));
    assert_eq!(judged(&read, OTHER).refusal, None);
    // The same hand may sign file by file.
    let mine = desk.signed(two.as_bytes(), &[OWN], &["-md", "sha512"]);
    let read = container(&[A, B], &[(&one, &own), (&two, &mine)]);
    assert_eq!(judged(&read, OWN).refusal, None);
    let weak = desk.signed(two.as_bytes(), &[OWN], &["-md", "sha1"]);
    let read = container(&[A, B], &[(&one, &own), (&two, &weak)]);
    assert!(refused(&read, OWN).contains("SHA-1"));
}

#[test]
fn of_several_signers_one_who_may_is_enough() {
    let desk = Desk::new();
    let one = list("signature1.p7s", &[A]);
    let both = desk.signed(one.as_bytes(), &[OTHER, OWN], &[]);
    let read = container(&[A], &[(&one, &both)]);
    assert_eq!(read.signature.signers.len(), 2);
    for sender in [OWN, OTHER] {
        assert_eq!(judged(&read, sender).refusal, None, "{sender}");
        assert_eq!(judged(&read, sender).orgnr(), Some(sender));
    }
    assert!(refused(&read, "910075918").contains("signed by organisation"));
    // Weak and strong by one hand: the strong one counts.
    let weak = desk.signed(one.as_bytes(), &[OWN], &["-md", "sha1"]);
    let two = list("signature2.p7s", &[A]);
    let strong = desk.signed(two.as_bytes(), &[OWN], &[]);
    let read = container(&[A], &[(&one, &weak), (&two, &strong)]);
    assert_eq!(judged(&read, OWN).refusal, None);
    assert!(!judged(&read, OWN).weak);
    let read = container(&[A], &[(&one, &weak)]);
    assert!(refused(&read, OWN).contains("SHA-1"));
    let crowd = desk.signed(one.as_bytes(), &[OWN; 17], &["-nocerts"]);
    let read = container(&[A], &[(&one, &crowd)]);
    assert!(refused(&read, OWN).contains("more than 16 signers"));
}

#[test]
fn a_list_may_name_what_is_no_file() {
    let desk = Desk::new();
    let odf: Part<'_> = ("META-INF/manifest.xml", b"<manifest/>");
    let named = list("signature1.p7s", &[A, MIMETYPE, odf]);
    let by = desk.signed(named.as_bytes(), &[OWN], &[]);
    let with = |odf: Part<'_>| {
        read(&[
            MIMETYPE,
            A,
            odf,
            ("META-INF/container.xml", b"<container/>"),
            ("META-INF/ASiCManifest1.xml", named.as_bytes()),
            ("META-INF/signature1.p7s", &by),
        ])
    };
    assert_eq!(judged(&with(odf), OWN).refusal, None);
    let changed = with((odf.0, b"<manifest />"));
    assert!(refused(&changed, OWN).contains("a listed part was changed"));
    let gone = with(("META-INF/metadata.xml", b"<metadata/>"));
    assert!(refused(&gone, OWN).contains("not there"));
}

#[test]
fn time_stamps_are_passed_over_and_are_no_signatures() {
    let desk = Desk::new();
    let stamped = list("timestamp.tst", &[A, B]);
    let stamp: [Part<'_>; 3] = [
        ("META-INF/ASiCManifest2.xml", stamped.as_bytes()),
        ("META-INF/timestamp.tst", b"somebody's"),
        ("META-INF/ASiCArchiveManifest.xml", b"<later/>"),
    ];
    let one = list("signature1.p7s", &[A]);
    let by = desk.signed(one.as_bytes(), &[OWN], &[]);
    let signed: [Part<'_>; 2] = [
        ("META-INF/ASiCManifest1.xml", one.as_bytes()),
        ("META-INF/signature1.p7s", &by),
    ];
    let good = read(&[&[MIMETYPE, A], &signed[..], &stamp].concat());
    assert_eq!(judged(&good, OWN).refusal, None);
    assert!(good.remarks.join(" ").contains("time stamps"));
    // What only the stamp is over, nobody has signed.
    let more = read(&[&[MIMETYPE, A, B], &signed[..], &stamp].concat());
    assert!(refused(&more, OWN).contains("not in the signed list"));
    let alone = read(&[&[MIMETYPE, A, B], &stamp[..]].concat());
    assert!(refused(&alone, OWN).contains("time stamps alone"));
}

/// A key and a certificate of its own, by OpenSSL's options.
fn own_key(desk: &Desk, name: &str, algorithm: &[&str]) -> [String; 2] {
    let [key, certificate] = ["key", "pem"].map(|end| format!("{name}.{end}"));
    let subject = "/C=NO/O=Fjordvik/serialNumber=910077473";
    let made = [&["genpkey", "-out", &key], algorithm].concat();
    desk.openssl(&made);
    desk.openssl(&[
        "req",
        "-x509",
        "-key",
        &key,
        "-subj",
        subject,
        "-days",
        "3000",
        "-out",
        &certificate,
    ]);
    [certificate, key]
}

#[test]
fn signatures_of_every_kind_are_read() {
    let desk = Desk::new();
    let one = list("signature1.p7s", &[A]);
    let good = |what: &str, signature: &[u8]| {
        let read = container(&[A], &[(&one, signature)]);
        assert_eq!(judged(&read, OWN).refusal, None, "{what}");
        let other = container(&[(A.0, b"ti")], &[(&one, signature)]);
        assert!(
            refused(&other, OWN).contains("changed after signing"),
            "{what}"
        );
        let mut torn = signature.to_vec();
        *torn.last_mut().unwrap() ^= 1;
        let read = container(&[A], &[(&one, &torn)]);
        refused(&read, OWN);
    };
    for options in [
        &["-cades"][..],
        &["-keyid"],
        &["-noattr"],
        &["-nodetach"],
        &["-nosmimecap"],
        &["-stream", "-indef"],
        &["-md", "sha384"],
        &["-keyopt", "rsa_padding_mode:pss"],
    ] {
        let by = desk.signed(one.as_bytes(), &[OWN], options);
        good(&format!("{options:?}"), &by);
    }
    for salt in ["0", "20", "32", "48", "64", "digest", "max"] {
        for hash in ["sha256", "sha384", "sha512"] {
            let salt = format!("rsa_pss_saltlen:{salt}");
            let options = [
                "-md",
                hash,
                "-keyopt",
                "rsa_padding_mode:pss",
                "-keyopt",
                &salt,
            ];
            let by = desk.signed(one.as_bytes(), &[OWN], &options);
            good(&format!("{options:?}"), &by);
        }
    }
    for curve in ["P-256", "P-384", "P-521"] {
        let options = ["-algorithm", "EC", "-pkeyopt"];
        let named = format!("ec_paramgen_curve:{curve}");
        let [certificate, key] =
            own_key(&desk, curve, &[&options[..], &[&named]].concat());
        for hash in ["sha256", "sha384", "sha512"] {
            let by = ["-signer", &certificate, "-inkey", &key, "-md", hash];
            good(&format!("{curve} {hash}"), &desk.sign(one.as_bytes(), &by));
        }
    }
    // A key that is for RSASSA-PSS and nothing else.
    let only = ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"];
    let [certificate, key] = own_key(&desk, "pss", &only);
    let by = ["-signer", &certificate, "-inkey", &key];
    good("RSA-PSS", &desk.sign(one.as_bytes(), &by));
    let by = desk.signed(one.as_bytes(), &[OWN], &["-nocerts"]);
    let read = container(&[A], &[(&one, &by)]);
    assert!(refused(&read, OWN).contains("not included"));
}

#[test]
fn what_is_beside_a_signature_does_not_matter() {
    let desk = Desk::new();
    let one = list("signature1.p7s", &[A]);
    let by = desk.signed(one.as_bytes(), &[OWN], &["-cades"]);
    // A countersignature, as unsigned attribute: another's SignerInfo.
    let other = desk.signed(one.as_bytes(), &[OTHER], &["-nocerts"]);
    let info = der::element_of(&other, &[1, 0, 3, 0]);
    let kind = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06".to_vec();
    let attribute = der::wrapped(0x30, &[kind, der::wrapped(0x31, &info)].concat());
    let signer: &[usize] = &[1, 0, 4, 0];
    let content = der::content(&by, signer);
    let more = [content, &der::wrapped(0xa1, &attribute)].concat();
    let countersigned = der::replace(&by, signer, &more);
    let read = container(&[A], &[(&one, &countersigned)]);
    assert_eq!(judged(&read, OWN).refusal, None);
    let [signer] = read.signature.signers.as_slice() else {
        panic!("a countersignature is no signature")
    };
    assert_eq!(signer.certificate.orgnr(), Some(OWN));
}
