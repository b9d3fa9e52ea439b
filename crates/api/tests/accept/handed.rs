//! What becomes of a delivery, found out as a case system would: peek, pop, delete and
//! read the log.

use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::Value;
use transport::{Parcel, Transport};

use crate::world::{self, World};

const QUEUE: &str = "nextbestqueue910076787innsyn";

/// Lay bodies on the body's queue, each under a name, and wait until it has settled all.
pub(crate) async fn lay(
    world: &World,
    bodies: impl IntoIterator<Item = (String, Bytes)>,
) {
    let end = world.hub.end("the test");
    for (message_id, body) in bodies {
        let parcel = Parcel {
            queue: QUEUE.into(),
            message_id,
            body,
            time_to_live: None,
        };
        end.send(parcel).await.unwrap();
    }
    while !world.hub.is_empty(QUEUE) {
        tokio::task::yield_now().await;
    }
}

/// What was dead-lettered, by name, with the reason.
pub(crate) fn dead(world: &World) -> BTreeMap<String, String> {
    let dead = world.hub.dead().into_iter();
    dead.map(|(parcel, _, words)| (parcel.message_id, words))
        .collect()
}

/// A text as a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Every row is a line of docs/quirks.md.
pub(crate) fn stand_in_the_document(rows: &[String]) {
    let doc = std::fs::read_to_string(world::docs().join("quirks.md")).unwrap();
    let there = |row: &&String| doc.lines().any(|line| line == **row);
    let wrong = rows.iter().filter(|row| !there(row)).count();
    let all = rows.join("\n");
    assert_eq!(wrong, 0, "rows that are not in docs/quirks.md; all:\n{all}");
}

/// What a case system gets to see of a message.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Nothing when it is not offered.
    pub(crate) shown: Option<Value>,
    pub(crate) pop: Option<(StatusCode, Bytes)>,
    pub(crate) log: Vec<String>,
}

/// Peek, pop, delete, and read the log.
pub(crate) async fn take(world: &World, id: &str) -> Seen {
    let peek = get(world, &format!("/api/messages/in/peek?messageId={id}")).await;
    if peek.status() == StatusCode::NO_CONTENT {
        let log = log(world, id).await;
        return Seen {
            shown: None,
            pop: None,
            log,
        };
    }
    assert_eq!(peek.status(), StatusCode::OK, "{id}");
    let shown: Value = peek.json().await.unwrap();
    let pop = get(world, &format!("/api/messages/in/pop/{id}")).await;
    let pop = (pop.status(), pop.bytes().await.unwrap());
    assert!(delete(world, id).await.is_success(), "{id}");
    Seen {
        shown: Some(shown),
        pop: Some(pop),
        log: log(world, id).await,
    }
}

impl Seen {
    /// In the words of the table, given the container that was sent, if one was.
    pub(crate) fn words(&self, id: &str, sent: Option<&str>) -> String {
        let Some((status, body)) = &self.pop else {
            return taken(&self.log);
        };
        let told = match *status {
            StatusCode::OK => {
                assert_eq!(Some(sha256(body).as_str()), sent, "{id}");
                "whole".to_owned()
            }
            StatusCode::NO_CONTENT => {
                assert!(body.is_empty(), "{id}");
                "pop answers 204: a kvittering carries no files; LEVERT".to_owned()
            }
            _ => {
                assert!(status.is_server_error(), "{id}: {status}");
                format!("kept: {}", reason(body, id))
            }
        };
        assert_eq!(self.log[..2], ["OPPRETTET", "INNKOMMENDE_MOTTATT"], "{id}");
        let failed = self.log.last().unwrap() == "FEIL";
        assert_eq!(failed, told.starts_with("kept") && sent.is_some(), "{id}");
        told
    }
}

/// Taken and not offered to the case system.
pub(crate) fn taken(statuses: &[String]) -> String {
    match statuses.last() {
        Some(last) => format!("taken: {last}"),
        None => "taken: it tells of a message that we do not know".to_owned(),
    }
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

async fn log(world: &World, id: &str) -> Vec<String> {
    let answer = get(world, &format!("/api/statuses/{id}?size=50")).await;
    let page: Value = answer.json().await.unwrap();
    let lines = page["content"].as_array().cloned().unwrap_or_default();
    lines
        .iter()
        .map(|l| l["status"].as_str().unwrap().to_owned())
        .collect()
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
