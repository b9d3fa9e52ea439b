//! Packages as streams: the same as in memory, whatever size the pieces have, and opened
//! by OpenSSL and unzip.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use ambient::Random;
use dokumentpakke::asice::{self, Archive, Verdict};
use dokumentpakke::{
    Error, Identity, KeyTransport, Sealing, Source, open, open_to, seal_to,
};
use tempfile::TempDir;

fn vectors(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors")
        .join(folder)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()))
}

fn identity(name: &str) -> Identity {
    let store = bytes(&vectors("keys").join(format!("{name}.p12")));
    Identity::from_pkcs12(&store, "changeit").unwrap()
}

/// Hands out at most so many bytes at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len()).min(self.0.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

fn streamed(
    package: &[u8],
    keys: &[Identity],
    at_a_time: usize,
) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    open_to(&mut Drip(package, at_a_time), keys, &mut out)?;
    Ok(out)
}

/// The `asic` member of a crafted body, out of both layers of Base64.
fn crafted(path: &Path) -> Option<Vec<u8>> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let body: serde_json::Value = serde_json::from_slice(&bytes(path)).ok()?;
    let outer = STANDARD.decode(body["asic"].as_str()?).ok()?;
    STANDARD.decode(outer).ok()
}

#[test]
fn every_vector_opens_as_in_memory_in_pieces_of_any_size() {
    let keys = [
        identity("910076787"),
        identity("910077473"),
        identity("910076787-rsa3072"),
    ];
    let mut packages = Vec::new();
    for entry in std::fs::read_dir(vectors("dokumentpakke")).unwrap() {
        let package = entry.unwrap().path().join("dokumentpakke.p7m");
        packages.extend(std::fs::read(package));
    }
    for entry in std::fs::read_dir(vectors("accept")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "payload") {
            packages.extend(crafted(&path));
        }
    }
    assert!(packages.len() > 70, "{}", packages.len());
    let mut opened = 0;
    for package in &packages {
        let whole = open(package, &keys).map(|opened| opened.asice);
        for at_a_time in [1, 1000, usize::MAX] {
            let streamed = streamed(package, &keys, at_a_time);
            match (&whole, &streamed) {
                (Ok(whole), Ok(streamed)) => assert!(whole == streamed),
                (Err(Error::Truncated { .. }), Err(Error::Truncated { .. })) => {}
                (whole, streamed) => assert_eq!(whole, streamed),
            }
        }
        opened += usize::from(whole.is_ok());
    }
    assert!(opened > 50, "{opened}");
}

#[test]
fn cut_anywhere_a_stream_is_not_whole() {
    let keys = [identity("910076787")];
    for case in [
        "cms_pkcs1v15_aes-256-cbc_BER",
        "cms_pkcs1v15_aes-256-cbc_DER",
        "cms_AuthEnvelopedData_pkcs1v15_aes-256-gcm",
    ] {
        let package =
            crafted(&vectors("accept").join(format!("{case}.payload"))).unwrap();
        streamed(&package, &keys, 4096).unwrap();
        for end in 0..package.len() {
            // An authenticated one has its tag and, in DER, nothing behind it.
            let cut = streamed(&package[..end], &keys, 4096);
            assert!(cut.is_err(), "{case} cut at {end}");
        }
    }
}

fn sealed(files: &[(&str, &str, &[u8])], transport: KeyTransport) -> Vec<u8> {
    let (signer, recipient) = (identity("910077473"), identity("910076787"));
    let sealing = Sealing {
        sender: "0192:910077473",
        receiver: "0192:910076787",
        signer: &signer,
        recipient: recipient.certificate(),
        key_transport: transport,
        now: "2026-11-24T12:00:00Z".parse().unwrap(),
    };
    let mut readers: Vec<Cursor<&[u8]>> = files
        .iter()
        .map(|(_, _, bytes)| Cursor::new(*bytes))
        .collect();
    let mut sources: Vec<Source<'_>> = files
        .iter()
        .zip(&mut readers)
        .map(|((name, mime, _), reader)| Source { name, mime, reader })
        .collect();
    let mut out = Vec::new();
    seal_to(&sealing, &mut sources, &mut out, &Random::system()).unwrap();
    out
}

#[test]
fn what_is_sealed_as_a_stream_opens_everywhere() {
    let text = "Sak 1: byggesøknad\n".repeat(20_000).into_bytes();
    let mut noise = vec![0; 300_001];
    Random::system().fill(&mut noise);
    noise[..4].copy_from_slice(b"%PDF");
    let edge = vec![b'x'; 64 * 1024];
    let files: &[(&str, &str, &[u8])] = &[
        ("order.xml", "application/xml", b"<bestilling/>"),
        ("blåbær øl.txt", "text/plain", &text),
        ("a.pdf", "application/pdf", &noise),
        ("tom.txt", "text/plain", b""),
        ("kant.txt", "text/plain", &edge),
    ];
    for transport in [KeyTransport::Pkcs1v15, KeyTransport::OaepSha256] {
        let package = sealed(files, transport);
        let keys = [identity("910076787")];
        let asice = streamed(&package, &keys, 10_000).unwrap();
        assert_eq!(open(&package, &keys).unwrap().asice, asice);
        let container = asice::read(&asice).unwrap();
        assert_eq!(container.signature.verdict, Verdict::Valid);
        assert_eq!(container.remarks, [""; 0]);
        let archive = Archive::new(Cursor::new(&asice)).unwrap();
        let surveyed = archive.survey().unwrap();
        assert_eq!(surveyed.signature, container.signature);
        for (name, mime, bytes) in files {
            let file = container.files.iter().find(|f| f.name == *name).unwrap();
            assert!(file.bytes == *bytes && file.mime == *mime, "{name}");
            let mut out = Vec::new();
            let sum = archive.extract(name, &mut out).unwrap();
            assert!(out == *bytes && sum == file.sha256, "{name}");
        }
        archive.extract("nothing", &mut Vec::new()).unwrap_err();
        by_others(&package, files);
    }
}

fn by_others(package: &[u8], files: &[(&str, &str, &[u8])]) {
    let folder = TempDir::new().unwrap();
    let run = |program: &str, args: &[&str]| {
        let done = Command::new(program)
            .args(args)
            .current_dir(folder.path())
            .output();
        let done = done.unwrap_or_else(|e| panic!("{program} is needed: {e}"));
        let words = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{program}: {words}");
    };
    std::fs::write(folder.path().join("p.p7m"), package).unwrap();
    let key = vectors("keys/910076787.key").display().to_string();
    run(
        "openssl",
        &[
            "cms", "-decrypt", "-inform", "DER", "-in", "p.p7m", "-binary", "-inkey",
            &key, "-out", "p.asice",
        ],
    );
    run("unzip", &["-qq", "p.asice", "-d", "out"]);
    for (name, _, bytes) in files {
        let unpacked = std::fs::read(folder.path().join("out").join(name)).unwrap();
        assert!(unpacked == *bytes, "{name}");
    }
}
