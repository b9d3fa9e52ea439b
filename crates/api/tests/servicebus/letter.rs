//! A message as its receiver has it: where it lies, what its envelope says, and, once it
//! is opened, what is in its package. Ids and times differ from run to run and are masked.

use axum::body::Bytes;
use dokumentpakke::{Identity, asice};
use serde_json::Value;

use crate::world;

/// Who can open packages.
pub(crate) struct Keys(Vec<Identity>);

impl Keys {
    pub(crate) fn read() -> Self {
        let key = |orgnr: &str| {
            let path = world::vectors().join(format!("keys/{orgnr}.p12"));
            Identity::from_pkcs12(&std::fs::read(path).unwrap(), "changeit").unwrap()
        };
        Self(["910076787", "910077473"].map(key).into())
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Letter {
    queue: String,
    /// The members of the body, in order.
    members: Vec<String>,
    /// The envelope's members, in order, and the envelope.
    order: Vec<String>,
    sbd: Value,
    package: Option<Package>,
}

#[derive(Debug, PartialEq)]
struct Package {
    /// How the content key and the content are encrypted.
    encryption: (String, String),
    /// The entries of the container, in order.
    entries: Vec<String>,
    /// Names, types and digests of the files.
    files: Vec<(String, String, [u8; 32])>,
    /// `manifest.xml`, without white space.
    manifest: String,
    signed_by: String,
}

impl Letter {
    pub(crate) fn read(path: &str, body: &Bytes, keys: &Keys) -> Self {
        let text = std::str::from_utf8(body).unwrap();
        let body: Value = serde_json::from_str(text).unwrap();
        let parsed = sbd::payload::parse(text.as_bytes()).unwrap();
        Self {
            queue: path.to_owned(),
            members: in_order(text, &names(&body)),
            order: in_order(text, &names(&body["sbd"])),
            sbd: masked(&body["sbd"]),
            package: parsed.asic.map(|cms| Package::open(&cms, keys)),
        }
    }
}

impl Package {
    fn open(cms: &[u8], keys: &Keys) -> Self {
        let opened = dokumentpakke::open(cms, &keys.0).unwrap();
        let container = asice::read(&opened.asice).unwrap();
        let mut files = container.files;
        let manifest = files.remove(0);
        assert_eq!(manifest.name, "manifest.xml", "it is the first");
        let types: Vec<String> = files.iter().map(|file| file.mime.clone()).collect();
        let mut text = String::from_utf8(manifest.bytes).unwrap();
        for (file, given) in files.iter_mut().zip(&types) {
            let known = mime(&file.name, given);
            text = text.replacen(&format!("\"{given}\""), &format!("\"{known}\""), 1);
            file.mime = known;
        }
        let [signer] = container.signature.signers.as_slice() else {
            panic!("one signs");
        };
        Self {
            encryption: (
                opened.encryption.key.to_string(),
                opened.encryption.content.to_string(),
            ),
            entries: entries(&opened.asice),
            files: files
                .into_iter()
                .map(|file| {
                    // Rest/05, step 3: the envelope as a file, with the run's own ids.
                    let own = file.name == "sbd.json";
                    let sum = if own { [0; 32] } else { file.sha256 };
                    (file.name, file.mime, sum)
                })
                .collect(),
            manifest: text.split_whitespace().collect(),
            signed_by: signer.certificate.orgnr().unwrap().to_owned(),
        }
    }
}

/// > `application/octet-stream` + unknown extension → MIME `application/pdf` → keep
/// > octet-stream, or better table (rest-api §12, 29)
fn mime(name: &str, given: &str) -> String {
    let guessed = ["application/pdf", "application/octet-stream"].contains(&given)
        && !name.ends_with(".pdf");
    if guessed { "guessed" } else { given }.to_owned()
}

/// Names of the local entries, with the id in the signature's name masked.
fn entries(zip: &[u8]) -> Vec<String> {
    let names = zip.windows(4).enumerate();
    let starts = names.filter(|(_, bytes)| *bytes == b"PK\x01\x02");
    starts
        .map(|(at, _)| {
            let length = u16::from_le_bytes([zip[at + 28], zip[at + 29]]);
            let name = &zip[at + 46..at + 46 + usize::from(length)];
            mask(&String::from_utf8_lossy(name))
        })
        .collect()
}

fn names(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

/// The names in the order in which they stand in the text.
fn in_order(text: &str, names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort_by_key(|name| text.find(&format!("\"{name}\"")));
    names
}

fn masked(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), masked(value)))
            .collect(),
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::String(text) => mask(text).into(),
        other => other.clone(),
    }
}

/// Ids and times, wherever they stand in the text, by their shape.
fn mask(text: &str) -> String {
    const ID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const TIME: &str = "dddd-dd-ddTdd:dd:dd";
    let fits = |at: usize, shape: &str| {
        let part = text.as_bytes().get(at..at + shape.len());
        part.is_some_and(|part| {
            part.iter().zip(shape.bytes()).all(|(b, s)| match s {
                b'x' => b.is_ascii_hexdigit(),
                b'd' => b.is_ascii_digit(),
                other => *b == other,
            })
        })
    };
    if fits(0, TIME) {
        return "time".to_owned();
    }
    match text.char_indices().find(|(at, _)| fits(*at, ID)) {
        Some((at, _)) => format!("{}id{}", &text[..at], &text[at + ID.len()..]),
        None => text.to_owned(),
    }
}
