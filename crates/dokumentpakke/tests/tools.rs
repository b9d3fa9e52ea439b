//! Packages that we make, opened by OpenSSL and unzip.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

use ambient::Random;
use dokumentpakke::asice::{self, Verdict};
use dokumentpakke::issue::Authority;
use dokumentpakke::{
    Attachment, Certificate, Error, Identity, KeyTransport, Sealing, check_name, open,
    seal,
};
use tempfile::TempDir;

fn vector(name: &str) -> String {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors/keys");
    folder.join(name).to_str().unwrap().to_owned()
}

fn identity(orgnr: &str) -> Identity {
    let bytes = std::fs::read(vector(&format!("{orgnr}.p12"))).unwrap();
    Identity::from_pkcs12(&bytes, "changeit").unwrap()
}

fn sealed(transport: KeyTransport, files: &[Attachment<'_>]) -> Result<Vec<u8>, Error> {
    let (signer, recipient) = (identity("910077473"), identity("910076787"));
    let sealing = Sealing {
        sender: "0192:910077473",
        receiver: "0192:910076787",
        signer: &signer,
        recipient: recipient.certificate(),
        key_transport: transport,
        now: "2026-11-24T12:00:00Z".parse().unwrap(),
    };
    seal(&sealing, files, &Random::system())
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let done = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output();
    let done =
        done.unwrap_or_else(|e| panic!("{program} is needed for this test: {e}"));
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {words}");
    done.stdout
}

const FILES: &[Attachment<'_>] = &[
    Attachment {
        name: "order.xml",
        mime: "application/xml",
        bytes: b"<bestilling/>",
    },
    Attachment {
        name: "bl\u{e5}b\u{e6}r \u{f8}l.txt",
        mime: "text/plain",
        bytes: b"",
    },
    Attachment {
        name: "a.pdf",
        mime: "application/pdf",
        bytes: b"%PDF-1.7 \0\xff",
    },
];

#[test]
fn openssl_decrypts_and_verifies_and_unzip_unpacks() {
    for transport in [KeyTransport::Pkcs1v15, KeyTransport::OaepSha256] {
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        std::fs::write(path.join("p.p7m"), sealed(transport, FILES).unwrap()).unwrap();
        let key = vector("910076787.key");
        run(
            path,
            "openssl",
            &[
                "cms", "-decrypt", "-inform", "DER", "-in", "p.p7m", "-binary",
                "-inkey", &key, "-out", "p.asice",
            ],
        );
        run(path, "unzip", &["-qq", "-t", "p.asice"]);
        run(path, "unzip", &["-qq", "p.asice", "-d", "out"]);
        for file in FILES {
            let unpacked = std::fs::read(path.join("out").join(file.name)).unwrap();
            assert_eq!(unpacked, file.bytes, "{}", file.name);
        }
        let meta = path.join("out/META-INF");
        let signature = std::fs::read_dir(&meta).unwrap().find_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.ends_with(".p7s").then_some(name)
        });
        let root = vector("root.pem");
        run(
            &meta,
            "openssl",
            &[
                "cms",
                "-verify",
                "-cades",
                "-inform",
                "DER",
                "-in",
                &signature.unwrap(),
                "-content",
                "ASiCManifest.xml",
                "-binary",
                "-CAfile",
                &root,
                "-purpose",
                "any",
                "-out",
                "/dev/null",
            ],
        );
    }
}

#[test]
fn what_we_seal_we_open() {
    let package = sealed(KeyTransport::Pkcs1v15, FILES).unwrap();
    let opened = open(&package, &[identity("910076787")]).unwrap();
    let container = asice::read(&opened.asice).unwrap();
    assert_eq!(container.signature.verdict, Verdict::Valid);
    let [signer] = container.signature.signers.as_slice() else {
        panic!("{:?}", container.signature.signers)
    };
    assert_eq!(signer.certificate.orgnr(), Some("910077473"));
    assert_eq!(
        signer.signed_at.unwrap().to_string(),
        "2026-11-24T12:00:00Z"
    );
    assert_eq!(container.files[0].name, "manifest.xml");
    for (file, sent) in container.files[1..].iter().zip(FILES) {
        assert_eq!(
            (file.name.as_str(), file.bytes.as_slice()),
            (sent.name, sent.bytes)
        );
        assert_eq!(file.mime, sent.mime);
    }
}

#[test]
fn names_that_collide_repeat_or_lead_astray_are_refused() {
    let file = |name| Attachment {
        name,
        mime: "text/plain",
        bytes: b"x",
    };
    for name in [
        "",
        "mimetype",
        "MANIFEST.XML",
        "meta-inf/x",
        "a\nb",
        "a\0b",
        "/etc/passwd",
        "../up.txt",
        "a/../../b",
        "..",
        ".",
        "a//b",
        "folder/",
        "C:\\temp\\a.txt",
        "c:/temp/a.txt",
        "a\\b",
        "a\u{ffff}",
    ] {
        let refused = check_name(name).unwrap_err();
        let named = matches!(&refused, Error::Name { name: n, .. } if n == name);
        assert!(named, "{name:?}: {refused}");
        assert!(
            refused.to_string().contains(&format!("{name:?}")),
            "{refused}"
        );
        let sealed = sealed(KeyTransport::Pkcs1v15, &[file(name)]);
        assert_eq!(sealed, Err(refused));
    }
    let twice = sealed(KeyTransport::Pkcs1v15, &[file("a"), file("a")]);
    assert!(matches!(twice, Err(Error::Name { .. })));
    for name in [
        "dir/sub.txt",
        "a..b",
        "semi;colon.txt",
        "\u{e5}%20\u{f8}.txt",
        "C:",
    ] {
        check_name(name).unwrap();
        sealed(KeyTransport::Pkcs1v15, &[file(name)]).unwrap();
    }
}

#[test]
fn every_cut_and_many_flips_are_noticed_and_none_panics() {
    let keys = [identity("910076787")];
    let package = sealed(KeyTransport::Pkcs1v15, FILES).unwrap();
    let read = |bytes: &[u8]| {
        open(bytes, &keys).and_then(|opened| asice::read(&opened.asice).map(|_| ()))
    };
    for end in (0..package.len()).step_by(13) {
        assert!(read(&package[..end]).is_err(), "cut at {end}");
    }
    for at in (0..package.len()).step_by(29) {
        let mut bad = package.clone();
        bad[at] ^= 0x55;
        drop(read(&bad));
    }
}

#[test]
fn issued_keys_work_and_chain_to_their_authority() {
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    let random = Random::system();
    let authority = Authority::new("Test CA", now, &random).unwrap();
    let issued = authority
        .issue("910076787", "LILLEVIK", "hemmelig", &random)
        .unwrap();
    let identity = Identity::from_pkcs12(&issued.pkcs12, "hemmelig").unwrap();
    assert!(Identity::from_pkcs12(&issued.pkcs12, "feil").is_err());
    assert_eq!(identity.certificate().orgnr(), Some("910076787"));
    assert_eq!(
        identity.certificate(),
        &Certificate::from_pem(&issued.certificate).unwrap()
    );
    assert!(identity.certificate().valid_at(now));
    let wrapped = identity.wrap_key(&[7; 32], &random).unwrap();
    assert_eq!(*identity.unwrap_key(&wrapped).unwrap(), [7; 32]);
    let folder = TempDir::new().unwrap();
    let chain: String = identity.chain()[1..].iter().map(Certificate::pem).collect();
    std::fs::write(folder.path().join("ca.pem"), chain).unwrap();
    std::fs::write(folder.path().join("leaf.pem"), issued.certificate).unwrap();
    let moment = "1795521600"; // 2026-11-24T12:00:00Z
    let arguments = ["verify", "-attime", moment, "-CAfile", "ca.pem", "leaf.pem"];
    run(folder.path(), "openssl", &arguments);
}
