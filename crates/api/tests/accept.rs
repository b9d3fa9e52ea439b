//! Deliveries as other programs make them, whole and broken, put on a body's queue: what
//! the recorded access point took is taken, what is whole pops byte for byte, and what
//! is neither blocks nothing and is not lost.
//!
//! What becomes of each is a row of docs/quirks.md, and the test holds every row.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod world;

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::Value;
use transport::{Parcel, Transport};
use world::World;

const QUEUE: &str = "nextbestqueue910076787innsyn";

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_every_kind_end_where_the_table_says() {
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
    let mut rows = Vec::new();
    for case in &cases {
        let (name, seen) = (case["case"].as_str().unwrap(), &case["observed"]);
        let here = match dead.get(name) {
            Some(description) => {
                assert_eq!(seen["taken"], false, "{name}: {description}");
                format!("dead-lettered: {description}")
            }
            None => handed_over(&world, case).await,
        };
        rows.push(format!("| {name} | {} | {} |", recorded(seen), cell(&here)));
    }
    world.stop().await;
    let doc = std::fs::read_to_string(world::docs().join("quirks.md")).unwrap();
    let wrong: Vec<&String> = rows
        .iter()
        .filter(|row| !doc.lines().any(|line| line == **row))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} rows are not in docs/quirks.md; all of them:\n{}",
        wrong.len(),
        rows.join("\n")
    );
}

/// What the recorded access point did with it, in the table's words.
fn recorded(seen: &Value) -> String {
    if seen["taken"] == false {
        return "stuck".to_owned();
    }
    if seen["listed"] == false {
        return taken(&words(&seen["statuses"]));
    }
    if seen["popBytesEqual"] == true {
        return "whole".to_owned();
    }
    let (pop, length) = (&seen["pop"], seen["popLength"].as_u64().unwrap_or(0));
    match length {
        0 => format!("pop answers {pop} and nothing, then LEVERT"),
        _ if pop == 200 => "pop answers 200 and other bytes, then LEVERT".to_owned(),
        _ => format!("pop answers {pop}, then LEVERT"),
    }
}

/// Taken and not offered to the case system.
fn taken(statuses: &[String]) -> String {
    match statuses.last() {
        Some(last) => format!("taken: {last}"),
        None => "taken: it tells of a message that we do not know".to_owned(),
    }
}

/// A text as a cell of a table; the ids in it differ from run to run.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Until the access point has given every lock back for good.
async fn settled(world: &World) {
    while !world.hub.is_empty(QUEUE) {
        tokio::task::yield_now().await;
    }
}

/// Peek, pop, delete and read the log, as a case system does; answers what became of
/// it in the table's words.
async fn handed_over(world: &World, case: &Value) -> String {
    let (name, seen) = (case["case"].as_str().unwrap(), &case["observed"]);
    let id = case["messageId"].as_str().unwrap();
    let peek = get(world, &format!("/api/messages/in/peek?messageId={id}")).await;
    if peek.status() == StatusCode::NO_CONTENT {
        assert_eq!(seen["listed"], false, "{name}");
        let statuses = log(world, id).await;
        assert_eq!(statuses, words(&seen["statuses"]), "{name}");
        return taken(&statuses);
    }
    assert_eq!(peek.status(), StatusCode::OK, "{name}");
    let shown: Value = peek.json().await.unwrap();
    if let Some(expected) = seen.get("businessMessageShown") {
        let epost = expected["innsynskrav"]["epost"].as_str().unwrap();
        assert_eq!(shown["innsynskrav"]["epost"], unmangled(epost), "{name}");
    }
    let pop = get(world, &format!("/api/messages/in/pop/{id}")).await;
    let (status, body) = (pop.status(), pop.bytes().await.unwrap());
    let told = match status {
        StatusCode::OK => {
            assert_eq!(sha256(&body), case["asiceSha256"], "{name}");
            "whole".to_owned()
        }
        StatusCode::NO_CONTENT => {
            // Nothing but a kvittering comes without a package.
            assert!(name.contains("kvittering") && body.is_empty(), "{name}");
            "pop answers 204: a kvittering carries no files; LEVERT".to_owned()
        }
        _ => {
            assert!(status.is_server_error(), "{name}: {status}");
            format!("kept: {}", reason(&body, id))
        }
    };
    assert!(delete(world, id).await.is_success(), "{name}");
    let statuses = log(world, id).await;
    assert_eq!(
        statuses[..2],
        ["OPPRETTET", "INNKOMMENDE_MOTTATT"],
        "{name}"
    );
    let last = statuses.last().unwrap();
    assert_eq!(
        last == "FEIL",
        told.starts_with("kept") && has_package(case),
        "{name}"
    );
    told
}

/// Whether the sender sent one; a message without a package is delivered as it is.
fn has_package(case: &Value) -> bool {
    let name = case["case"].as_str().unwrap();
    !["payload asic null", "payload asic absent"].contains(&name)
}

/// Why a package cannot be opened, in the answer's own words.
fn reason(body: &[u8], id: &str) -> String {
    let error: Value = serde_json::from_slice(body).unwrap();
    let told = error["message"].as_str().unwrap();
    let prefix = format!("The package of message {id} cannot be opened: ");
    let words = told.strip_prefix(&prefix);
    let words = words.and_then(|words| words.strip_suffix(". The message is kept"));
    words.unwrap_or_else(|| panic!("{told}")).to_owned()
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
