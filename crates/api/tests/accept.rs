//! Deliveries as other programs make them, whole and broken, put on a body's queue: what
//! the recorded access point took is taken, what is whole pops byte for byte, and what
//! is neither blocks nothing and is not lost.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::Value;
use transport::{Parcel, Transport};
use world::World;

const QUEUE: &str = "nextbestqueue910076787innsyn";

/// Not taken by the recorded one, taken here: nothing in them is in doubt.
const TAKEN_HERE: &[&str] = &[
    "payload outer base64 url-safe, no padding",
    "payload with UTF-8 BOM",
];

/// Answered by the recorded one with less than was sent, whole here.
const WHOLE_HERE: &[&str] = &[
    "cms AuthEnvelopedData oaep sha256 aes-256-gcm",
    "cms AuthEnvelopedData pkcs1v15 aes-128-gcm",
    "cms AuthEnvelopedData pkcs1v15 aes-256-gcm",
    "cms two recipients, own second",
];

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_every_kind_end_where_they_should() {
    let world = World::start().await;
    let cases: Vec<Value> = serde_json::from_str(&text("expected.json")).unwrap();
    let end = world.hub.end("the test");
    for case in &cases {
        let name = case["payload"].as_str().unwrap();
        let parcel = Parcel {
            queue: QUEUE.into(),
            message_id: case["case"].as_str().unwrap().into(),
            body: Bytes::from(bytes(name)),
            time_to_live: None,
        };
        end.send(parcel).await.unwrap();
    }
    settled(&world).await;
    let dead: BTreeMap<String, String> = world
        .hub
        .dead()
        .into_iter()
        .map(|(parcel, _, description)| (parcel.message_id, description))
        .collect();
    let (mut taken_here, mut whole_here) = (BTreeSet::new(), BTreeSet::new());
    for case in &cases {
        let (name, seen) = (case["case"].as_str().unwrap(), &case["observed"]);
        if let Some(description) = dead.get(name) {
            assert_eq!(seen["taken"], false, "{name}: {description}");
            assert!(!description.is_empty(), "{name}");
            continue;
        }
        if seen["taken"] == false {
            taken_here.insert(name);
        }
        if handed_over(&world, case).await && seen["popBytesEqual"] == false {
            whole_here.insert(name);
        }
    }
    world.stop().await;
    assert_eq!(taken_here, TAKEN_HERE.iter().copied().collect());
    assert_eq!(whole_here, WHOLE_HERE.iter().copied().collect());
}

/// Until the access point has given every lock back for good.
async fn settled(world: &World) {
    while !world.hub.is_empty(QUEUE) {
        tokio::task::yield_now().await;
    }
}

/// Peek, pop, delete and read the log, as a case system does. True when a package came
/// whole.
async fn handed_over(world: &World, case: &Value) -> bool {
    let (name, seen) = (case["case"].as_str().unwrap(), &case["observed"]);
    let id = case["messageId"].as_str().unwrap();
    let peek = get(world, &format!("/api/messages/in/peek?messageId={id}")).await;
    if seen["listed"] == false && seen["taken"] == true {
        assert_eq!(peek.status(), StatusCode::NO_CONTENT, "{name}");
        assert_eq!(log(world, id).await, words(&seen["statuses"]), "{name}");
        return false;
    }
    assert_eq!(peek.status(), StatusCode::OK, "{name}");
    let shown: Value = peek.json().await.unwrap();
    if let Some(expected) = seen.get("businessMessageShown") {
        let epost = expected["innsynskrav"]["epost"].as_str().unwrap();
        assert_eq!(shown["innsynskrav"]["epost"], unmangled(epost), "{name}");
    }
    let pop = get(world, &format!("/api/messages/in/pop/{id}")).await;
    let (status, body) = (pop.status(), pop.bytes().await.unwrap());
    let whole = status == StatusCode::OK;
    if whole {
        assert_eq!(sha256(&body), case["asiceSha256"], "{name}");
    } else if name.contains("kvittering") {
        assert_eq!((status, body.len()), (StatusCode::NO_CONTENT, 0), "{name}");
    } else {
        let error: Value = serde_json::from_slice(&body).unwrap();
        assert!(status.is_server_error(), "{name}: {error}");
        let told = error["message"].as_str().unwrap();
        assert!(
            told.contains(id) && told.len() > id.len() + 20,
            "{name}: {told}"
        );
    }
    if seen["popBytesEqual"] == true {
        assert!(whole, "{name}: {status}");
    }
    assert!(delete(world, id).await.is_success(), "{name}");
    let expected = ["OPPRETTET", "INNKOMMENDE_MOTTATT", last(name, status)];
    assert_eq!(log(world, id).await, expected, "{name}");
    whole
}

/// A package that nobody could open was delivered to nobody.
fn last(name: &str, popped: StatusCode) -> &'static str {
    let none = ["payload asic null", "payload asic absent"].contains(&name);
    if none || popped.is_success() {
        "INNKOMMENDE_LEVERT"
    } else {
        "FEIL"
    }
}

/// The recorded access point read UTF-8 as ISO-8859-1 where the content type allowed it.
fn unmangled(text: &str) -> String {
    let latin: Option<Vec<u8>> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    latin
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| text.to_owned())
}

async fn log(world: &World, id: &str) -> Vec<String> {
    let answer = get(world, &format!("/api/statuses/{id}?size=50")).await;
    let page: Value = answer.json().await.unwrap();
    let lines = page["content"].as_array().cloned().unwrap_or_default();
    lines
        .iter()
        .map(|l| l["status"].as_str().unwrap().to_owned())
        .collect()
}

fn words(list: &Value) -> Vec<String> {
    serde_json::from_value(list.clone()).unwrap()
}

async fn get(world: &World, path: &str) -> reqwest::Response {
    reqwest::get(format!("{}{path}", world.body)).await.unwrap()
}

async fn delete(world: &World, id: &str) -> StatusCode {
    let url = format!("{}/api/messages/in/{id}", world.body);
    let client = reqwest::Client::new();
    client.delete(url).send().await.unwrap().status()
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn bytes(name: &str) -> Vec<u8> {
    let path = world::vectors().join("accept").join(name);
    std::fs::read(&path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()))
}

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}
