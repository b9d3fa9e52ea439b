//! Packages that we make, opened by three others: OpenSSL with unzip, Python with asn1crypto
//! and cryptography, Java with BouncyCastle and the JDK's ZipInputStream. Each verifies
//! the signature itself and says what files it found.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use ambient::Random;
use dokumentpakke::{
    Attachment, Identity, KeyTransport, Sealing, Source, asice, open, seal, seal_to,
};
use tempfile::TempDir;

const KEY: &str = "910076787";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .into()
}

fn vector(name: &str) -> PathBuf {
    root().join("conformance/vectors/keys").join(name)
}

/// Where `cargo xtask test` installs what an opener needs.
fn installed(name: &str) -> PathBuf {
    let place = root().join("target/sdk").join(name);
    assert!(
        place.exists(),
        "target/sdk/{name} is not there: run `cargo xtask test`, which installs it"
    );
    place
}

fn identity(name: &str) -> Identity {
    let store = std::fs::read(vector(&format!("{name}.p12"))).unwrap();
    Identity::from_pkcs12(&store, "changeit").unwrap()
}

/// A name, and the file's bytes.
type File = (&'static str, Vec<u8>);

fn files() -> Vec<File> {
    let mut noise = vec![0; 200_000];
    Random::system().fill(&mut noise);
    vec![
        ("order.xml", b"<bestilling/>".to_vec()),
        ("bl\u{e5}b\u{e6}r \u{f8}l.txt", b"Sak 1\n".repeat(30_000)),
        ("vedlegg.pdf", [b"%PDF-1.7".to_vec(), noise].concat()),
        ("tom.txt", Vec::new()),
    ]
}

fn packages(files: &[File]) -> Vec<(String, Vec<u8>)> {
    let (signer, recipient) = (identity("910077473"), identity(KEY));
    let mut all = Vec::new();
    for transport in [KeyTransport::Pkcs1v15, KeyTransport::OaepSha256] {
        let sealing = Sealing {
            sender: "0192:910077473",
            receiver: "0192:910076787",
            signer: &signer,
            recipient: recipient.certificate(),
            key_transport: transport,
            now: "2026-11-24T12:00:00Z".parse().unwrap(),
        };
        let mime = "application/octet-stream";
        let attach = |(name, bytes): &'_ File| -> Attachment<'static> {
            let bytes = Vec::leak(bytes.clone());
            Attachment { name, mime, bytes }
        };
        let attached: Vec<Attachment<'_>> = files.iter().map(attach).collect();
        let whole = seal(&sealing, &attached, &Random::system()).unwrap();
        all.push((format!("{transport:?}, whole"), whole));
        let mut readers: Vec<_> =
            files.iter().map(|(_, bytes)| Cursor::new(bytes)).collect();
        let mut sources: Vec<Source<'_>> = files
            .iter()
            .zip(&mut readers)
            .map(|((name, _), reader)| Source { name, mime, reader })
            .collect();
        let mut out = Vec::new();
        seal_to(&sealing, &mut sources, &mut out, &Random::system()).unwrap();
        all.push((format!("{transport:?}, as a stream"), out));
    }
    all
}

/// What an opener must print: the sum and the name of each file, sorted.
fn wanted(package: &[u8]) -> Vec<String> {
    let opened = open(package, &[identity(KEY)]).unwrap();
    let files = asice::read(&opened.asice).unwrap().files;
    let hex = |sum: &[u8]| sum.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let line = |f: &asice::File| format!("{} {}", hex(&f.sha256), f.name);
    let mut lines: Vec<String> = files.iter().map(line).collect();
    lines.sort();
    lines
}

fn said(command: &mut Command) -> Vec<String> {
    let done = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?} could not be started: {e}"));
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {errors}");
    let text = String::from_utf8(done.stdout).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn python_opens_what_we_seal() {
    let folder = TempDir::new().unwrap();
    for (what, package) in packages(&files()) {
        let path = folder.path().join("package");
        std::fs::write(&path, &package).unwrap();
        let lines = said(
            Command::new(installed("asn1crypto/bin/python"))
                .arg(root().join("conformance/sdk/asn1crypto/opener.py"))
                .arg(&path)
                .arg(vector(&format!("{KEY}.key"))),
        );
        assert_eq!(lines, wanted(&package), "{what}");
    }
}

#[test]
fn java_opens_what_we_seal() {
    let folder = TempDir::new().unwrap();
    let libraries = installed("bouncycastle/lib").join("*");
    let compile = Command::new("javac")
        .args(["-proc:none", "-encoding", "UTF-8", "-d"])
        .arg(folder.path())
        .arg("-cp")
        .arg(&libraries)
        .arg(root().join("conformance/sdk/bouncycastle/Opener.java"))
        .status();
    assert!(compile.unwrap().success());
    let classes = std::env::join_paths([folder.path(), &libraries]).unwrap();
    for (what, package) in packages(&files()) {
        let path = folder.path().join("package");
        std::fs::write(&path, &package).unwrap();
        let lines = said(
            Command::new("java")
                .args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
                .arg("-cp")
                .arg(&classes)
                .args(["Opener", "open"])
                .arg(vector(&format!("{KEY}.p12")))
                .arg("changeit")
                .arg(&path),
        );
        assert_eq!(lines, wanted(&package), "{what}");
    }
}

#[test]
fn openssl_opens_what_we_seal() {
    let folder = TempDir::new().unwrap();
    for (what, package) in packages(&files()) {
        std::fs::write(folder.path().join("package"), &package).unwrap();
        let key = vector(&format!("{KEY}.key"));
        let container = folder.path().join("container.zip");
        said(
            Command::new("openssl")
                .args([
                    "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "package",
                ])
                .arg("-inkey")
                .arg(key)
                .arg("-out")
                .arg(&container)
                .current_dir(folder.path()),
        );
        let opened = open(&package, &[identity(KEY)]).unwrap();
        let theirs = std::fs::read(&container).unwrap();
        assert!(theirs == opened.asice, "{what}");
        said(Command::new("unzip").arg("-tqq").arg(&container));
    }
}
