//! A good package, and what becomes of it when it is changed.

use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use ambient::Random;
use dokumentpakke::trust::Trust;
use dokumentpakke::{
    Attachment, Identity, KeyTransport, Rules, Sealing, Source, asice, judge, open,
    seal, seal_to,
};

#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) bytes: Vec<u8>,
    keys: Vec<Identity>,
}

/// What a receiver sees of a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Name, media type and sum of each file; serial number of the signer; when.
    Good(Vec<String>),
    Refused(String),
}

const FILES: [Attachment<'_>; 2] = [
    Attachment {
        name: "order.xml",
        mime: "application/xml",
        bytes: b"<bestilling><id>42</id></bestilling>",
    },
    Attachment {
        name: "a.pdf",
        mime: "application/pdf",
        bytes: b"%PDF-1.7 \x01\x02\x03 and so on and so on and so on",
    },
];

const NOW: &str = "2026-11-24T12:00:00Z";

impl Package {
    pub(crate) fn new() -> Self {
        Self::made(|sealing| seal(sealing, &FILES, &Random::system()).unwrap())
    }

    pub(crate) fn streamed() -> Self {
        Self::made(|sealing| {
            let mut readers = FILES.map(|file| Cursor::new(file.bytes));
            let files = FILES.iter().zip(&mut readers);
            let mut sources: Vec<Source<'_>> = files
                .map(|(file, reader)| Source {
                    name: file.name,
                    mime: file.mime,
                    reader,
                })
                .collect();
            let mut out = Vec::new();
            seal_to(sealing, &mut sources, &mut out, &Random::system()).unwrap();
            out
        })
    }

    fn made(make: impl Fn(&Sealing<'_>) -> Vec<u8>) -> Self {
        let (signer, recipient) = (identity("910077473"), identity("910076787"));
        let sealing = Sealing {
            sender: "0192:910077473",
            receiver: "0192:910076787",
            signer: &signer,
            recipient: recipient.certificate(),
            key_transport: KeyTransport::Pkcs1v15,
            now: NOW.parse().unwrap(),
        };
        Self {
            bytes: make(&sealing),
            keys: vec![recipient],
        }
    }

    pub(crate) fn container(&self) -> Vec<u8> {
        open(&self.bytes, &self.keys).unwrap().asice
    }

    /// Where IV and ciphertext are, and nothing else.
    pub(crate) fn encrypted(&self) -> Range<usize> {
        // AES-256-CBC, as the object identifier that comes before the IV.
        let oid = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
        let at = self
            .bytes
            .windows(oid.len())
            .position(|w| w == oid)
            .unwrap();
        let start = at + oid.len() + 2;
        // Behind the IV the element of the text, in one piece or in the first of many;
        // behind that, in a stream, the ends of what is open.
        let end = match self.bytes.ends_with(&[0; 10]) {
            true => self.bytes.len() - 10,
            false => self.bytes.len(),
        };
        assert!(end > start + 2000);
        start..end
    }
}

/// Of a container.
pub(crate) fn judged(container: &[u8]) -> Outcome {
    let read = match asice::read(container) {
        Ok(read) => read,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let root = std::fs::read_to_string(vectors("keys/root.pem")).unwrap();
    let trust = Trust::from_pem(&root).unwrap();
    let rules = Rules {
        trust: Some(&trust),
        senders: &["910077473"],
        ..Rules::none(NOW.parse().unwrap())
    };
    let verdict = judge(&read.signature, &rules);
    if verdict.refusal.is_some() {
        return Outcome::Refused(verdict.to_string());
    }
    let mut seen: Vec<String> = read
        .files
        .iter()
        .map(|f| format!("{} {} {:02x?}", f.name, f.mime, f.sha256))
        .collect();
    let signature = &read.signature;
    seen.extend(signature.signers.iter().map(|by| by.certificate.serial()));
    let times = signature.signers.iter().filter_map(|by| by.signed_at);
    seen.extend(times.map(|at| at.to_string()));
    Outcome::Good(seen)
}

/// Of a package, changed.
pub(crate) fn outcome(package: &Package, bytes: &[u8]) -> Outcome {
    match open(bytes, &package.keys) {
        Ok(opened) => judged(&opened.asice),
        Err(error) => Outcome::Refused(error.to_string()),
    }
}

fn identity(name: &str) -> Identity {
    let store = std::fs::read(vectors(&format!("keys/{name}.p12"))).unwrap();
    Identity::from_pkcs12(&store, "changeit").unwrap()
}

fn vectors(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../conformance/vectors")
        .join(path)
}
