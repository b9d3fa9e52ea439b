//! Deliveries of kinds that nobody recorded: those that reference-observed §1.1 and §1.3
//! name, and others that a peer, or what stands between, may come to make.

use std::collections::BTreeMap;

use ambient::Random;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use dokumentpakke::{Certificate, KeyTransport};
use serde_json::{Value, json};

use crate::handed::{cell, dead, lay, stand_in_the_document, take};
use crate::world::{World, vectors};

/// What the Java access point did with it, as far as anybody has looked.
const WHOLE: &str = "whole";
const STUCK: &str = "stuck";
const NOT_RUN: &str = "not run";

const EPOST: &str = "innsyn@lillevik.example";

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_nobody_recorded_end_where_the_table_says() {
    let world = World::start().await;
    let (package, sum) = package();
    let all: Vec<Variant> = variants(&package).collect();
    lay(&world, all.iter().map(|v| (v.id(), v.body.clone()))).await;
    let (dead, mut rows) = (dead(&world), Vec::new());
    for variant in &all {
        let id = variant.id();
        let here = match dead.get(&id) {
            Some(words) => format!("dead-lettered: {words}"),
            None => {
                let seen = take(&world, &id).await;
                let told = seen.words(&id, variant.sealed.then_some(sum.as_str()));
                let shown = &seen.shown.unwrap_or_default()["innsynskrav"];
                if !shown.is_null() {
                    assert_eq!(shown["epost"], variant.epost, "{}", variant.name);
                }
                told
            }
        };
        let (name, java) = (variant.name, variant.java);
        rows.push(format!("| {name} | {java} | {} |", cell(&here)));
    }
    world.stop().await;
    stand_in_the_document(&rows);
}

/// A delivery; by its place in the list it has its id.
struct Variant {
    number: usize,
    name: &'static str,
    java: &'static str,
    body: Bytes,
    /// Whether a package goes along.
    sealed: bool,
    /// What must be shown of it.
    epost: String,
}

impl Variant {
    fn id(&self) -> String {
        id(self.number)
    }
}

fn id(number: usize) -> String {
    format!("5a0e5c0e-0000-4000-9000-{number:012}")
}

fn variants(package: &str) -> impl Iterator<Item = Variant> + use<> {
    let package = package.to_owned();
    let made = |(number, (name, java, change)): (usize, (_, _, Change))| {
        let mut letter = letter(&id(number), &package);
        let body = change(&mut letter);
        Variant {
            number,
            name,
            java,
            sealed: letter["asic"].is_string(),
            epost: letter["epost"].as_str().unwrap_or(EPOST).to_owned(),
            body: body
                .unwrap_or_else(|| letter.to_string().into_bytes())
                .into(),
        }
    };
    let all: Vec<Variant> = TABLE.iter().copied().enumerate().map(made).collect();
    all.into_iter()
}

/// Changes a letter; or answers the bytes that go in its place.
type Change = fn(&mut Value) -> Option<Vec<u8>>;

fn header(letter: &mut Value) -> &mut Value {
    &mut letter["sbd"]["standardBusinessDocumentHeader"]
}

fn scope(letter: &mut Value) -> &mut Value {
    &mut header(letter)["businessScope"]["scope"][0]
}

/// Another business message in the place of the innsynskrav.
fn about(letter: &mut Value, kind: &str, standard: &str, message: Value) {
    let what = &mut header(letter)["documentIdentification"];
    what["type"] = kind.into();
    what["standard"] = format!("{standard}::{kind}").into();
    let members = letter["sbd"].as_object_mut().unwrap();
    members.remove("innsynskrav");
    members.insert(kind.to_owned(), message);
}

fn replaced(letter: &Value, from: &str, to: &str) -> Vec<u8> {
    let text = letter.to_string();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

/// The letter with another package in it.
fn packed(letter: &mut Value, cms: &[u8]) {
    letter["asic"] = STANDARD.encode(STANDARD.encode(cms)).into();
}

fn cms(letter: &Value) -> Vec<u8> {
    let outer = letter["asic"].as_str().unwrap();
    STANDARD.decode(STANDARD.decode(outer).unwrap()).unwrap()
}

/// Anything, encrypted to the body.
fn sealed(content: &[u8]) -> Vec<u8> {
    let pem = std::fs::read_to_string(vectors().join("keys/910076787.pem")).unwrap();
    let to = Certificate::from_pem(&pem).unwrap();
    let (transport, random) = (KeyTransport::Pkcs1v15, Random::system());
    dokumentpakke::envelop(content, &to, transport, &random).unwrap()
}

const KVITTERING: &str = "urn:no:difi:einnsyn:xsd";
const STATUS: &str = "urn:no:difi:eformidling:xsd";

#[rustfmt::skip]
const TABLE: &[(&str, &str, Change)] = &[
    ("an array", STUCK, |l| Some(format!("[{l}]").into_bytes())),
    ("an object with nothing in it", STUCK, |_| Some(b"{}".to_vec())),
    ("sbd null", STUCK, |l| { l["sbd"] = Value::Null; None }),
    ("sbd with nothing in it", STUCK, |l| { l["sbd"] = json!({}); None }),
    ("business message null", STUCK, |l| { l["sbd"]["innsynskrav"] = Value::Null; None }),
    ("asic a number", STUCK, |l| { l["asic"] = 7.into(); None }),
    ("two sbd members, the last is good", WHOLE, |l| Some(replaced(l, "{\"asic\"", "{\"sbd\":{},\"asic\""))),
    ("bytes after the object", WHOLE, |l| Some(format!("{l} , och").into_bytes())),
    ("UTF-16", STUCK, |l| Some(l.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect())),
    ("ISO-8859-1", WHOLE, |l| {
        l["epost"] = "bl\u{e5}b\u{e6}r@lillevik.example".into();
        let text = l.to_string().replacen("\"innsyn@", "\"bl\u{e5}b\u{e6}r@", 1);
        Some(text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect())
    }),
    ("a tab and a zero in a text", WHOLE, |l| { l["epost"] = "inn\tsyn\0@lillevik.example".into(); Some(replaced(l, "\"innsyn@", "\"inn\tsyn\0@")) }),
    ("a member twice", NOT_RUN, |l| Some(replaced(l, "\"headerVersion\"", "\"headerVersion\":\"0\",\"headerVersion\""))),
    ("numbers for texts", NOT_RUN, |l| { l["sbd"]["innsynskrav"]["orgnr"] = 910_076_787.into(); header(l)["headerVersion"] = json!(1.0); None }),
    ("an unknown member a thousand deep", NOT_RUN, |l| {
        let deep = format!("{{\"dypt\":{}{},\"asic\"", "[".repeat(1000), "]".repeat(1000));
        Some(replaced(l, "{\"asic\"", &deep))
    }),
    ("inner Base64 without padding", NOT_RUN, |l| {
        let mut bytes = cms(l);
        while bytes.len().is_multiple_of(3) { bytes.push(0); }
        l["asic"] = STANDARD.encode(STANDARD_NO_PAD.encode(bytes)).into();
        None
    }),
    ("messageId of 37 characters", STUCK, |l| { header(l)["documentIdentification"]["instanceIdentifier"] = "a".repeat(37).into(); None }),
    ("receiver list empty", STUCK, |l| { header(l)["receiver"] = json!([]); None }),
    ("sender absent", STUCK, |l| { header(l)["sender"] = Value::Null; None }),
    ("sender list of three", WHOLE, |l| { let one = header(l)["sender"][0].clone(); header(l)["sender"] = json!([one, one, one]); None }),
    ("receiver a bare number", NOT_RUN, |l| { header(l)["receiver"][0]["identifier"]["value"] = "910076787".into(); None }),
    ("headerVersion absent", WHOLE, |l| { header(l)["headerVersion"] = Value::Null; None }),
    ("standard absent", NOT_RUN, |l| { header(l)["documentIdentification"]["standard"] = Value::Null; None }),
    ("creation time a number", WHOLE, |l| { header(l)["documentIdentification"]["creationDateAndTime"] = 1_764_000_000.into(); None }),
    ("deadline with t and z", NOT_RUN, |l| { scope(l)["scopeInformation"] = json!([{"expectedResponseDateTime": "2040-01-01t10:00:00z"}]); None }),
    ("deadline empty", NOT_RUN, |l| { scope(l)["scopeInformation"] = json!([{"expectedResponseDateTime": ""}]); None }),
    ("deadline without offset", NOT_RUN, |l| { scope(l)["scopeInformation"] = json!([{"expectedResponseDateTime": "2040-07-01T10:00:00"}]); None }),
    ("deadline that is none", STUCK, |l| { scope(l)["scopeInformation"] = json!([{"expectedResponseDateTime": "i morgen"}]); None }),
    ("conversationId not a UUID", WHOLE, |l| { scope(l)["instanceIdentifier"] = "sak 12".into(); None }),
    ("conversationId absent", NOT_RUN, |l| { scope(l)["instanceIdentifier"] = Value::Null; None }),
    ("process absent", STUCK, |l| { scope(l)["identifier"] = Value::Null; None }),
    ("unknown scope type beside", WHOLE, |l| { let list = &mut header(l)["businessScope"]["scope"]; list.as_array_mut().unwrap().push(json!({"type": "Rart"})); None }),
    ("status FEIL for an unknown message", NOT_RUN, |l| { l["asic"] = Value::Null; about(l, "status", STATUS, json!({"status": "FEIL"})); None }),
    ("status in small letters", STUCK, |l| { l["asic"] = Value::Null; about(l, "status", STATUS, json!({"status": "levert"})); None }),
    ("einnsyn_kvittering without a package", "pop answers 204; LEVERT", |l| {
        l["asic"] = Value::Null;
        about(l, "einnsyn_kvittering", KVITTERING, json!({"dokumentId": "a", "status": "{}", "referanseType": "publisering"}));
        None
    }),
    ("einnsyn_kvittering of an unknown referanseType", STUCK, |l| { about(l, "einnsyn_kvittering", KVITTERING, json!({"referanseType": "annet"})); None }),
    ("avtalt with a package", NOT_RUN, |l| { about(l, "avtalt", "urn:no:difi:avtalt:xsd", json!({"identifier": "a"})); None }),
    ("avtalt without a package", NOT_RUN, |l| { l["asic"] = Value::Null; about(l, "avtalt", "urn:no:difi:avtalt:xsd", json!({"identifier": "a"})); None }),
    ("dialogmelding with a package", NOT_RUN, |l| { about(l, "dialogmelding", "urn:no:difi:digitalpost:json:schema", json!({})); None }),
    ("cms one byte short", "pop answers 200 and nothing, then LEVERT", |l| { let all = cms(l); packed(l, &all[..all.len() - 1]); None }),
    ("cms half of it", "pop answers 200 and nothing, then LEVERT", |l| { let all = cms(l); packed(l, &all[..all.len() / 2]); None }),
    ("cms encrypted key changed", "pop answers 204 and nothing, then LEVERT", |l| { let mut all = cms(l); all[250] ^= 1; packed(l, &all); None }),
    ("cms SignedData", "pop answers 204 and nothing, then LEVERT", |l| { packed(l, b"\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x02\x30\x00"); None }),
    ("cms with nothing in it", "pop answers 200 and nothing, then LEVERT", |l| { packed(l, &sealed(b"")); None }),
    ("cms with a text in it", "pop answers 200 and the text, then LEVERT", |l| { packed(l, &sealed(b"ikke en pakke")); None }),
];

/// An innsynskrav with a package, as a Java peer sends it.
fn letter(id: &str, package: &str) -> Value {
    let party = |orgnr: &str| {
        let authority = "iso6523-actorid-upis";
        json!([{"identifier": {"value": format!("0192:{orgnr}"), "authority": authority}}])
    };
    json!({
        "asic": package,
        "sbd": {
            "standardBusinessDocumentHeader": {
                "headerVersion": "1.0",
                "sender": party("910077473"),
                "receiver": party("910076787"),
                "documentIdentification": {
                    "standard": "urn:no:difi:einnsyn:xsd::innsynskrav",
                    "typeVersion": "1.0",
                    "instanceIdentifier": id,
                    "type": "innsynskrav",
                },
                "businessScope": {"scope": [{
                    "type": "ConversationId",
                    "instanceIdentifier": id,
                    "identifier": "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0",
                }]},
            },
            "innsynskrav": {"orgnr": "910076787", "epost": EPOST},
        },
    })
}

/// A recorded package, as it lies in a body, and the sum of the container in it.
fn package() -> (String, String) {
    let accept = vectors().join("accept");
    let read = |name: &str| std::fs::read(accept.join(name)).unwrap();
    let body: Value =
        serde_json::from_slice(&read("asic_signed_sha256.payload")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&read("expected.json")).unwrap();
    let by_name: BTreeMap<&str, &Value> = cases
        .iter()
        .map(|case| (case["case"].as_str().unwrap(), case))
        .collect();
    let sum = by_name["asic signed sha256"]["asiceSha256"].as_str();
    let package = body["asic"].as_str();
    (package.unwrap().to_owned(), sum.unwrap().to_owned())
}
