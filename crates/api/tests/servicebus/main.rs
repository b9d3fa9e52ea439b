//! What the message service is asked, held against what the Java access point asked it in
//! the recorded transcripts: every message that it sent is sent by us, to the same queue,
//! with the same envelope and the same files, and fetched and settled in the same way.
//!
//! What differs on purpose is in docs/quirks.md, "On the message service".

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod bus;
mod letter;
#[path = "../world/mod.rs"]
mod world;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;

use ambient::Clock;
use axum::http::Method;
use bus::{Asked, Bus};
use letter::{Keys, Letter};
use serde_json::Value;
use transport::Transport;
use transport::servicebus::{Rest, Settings};
use world::World;

const POLICY: &str = "MoveDPE-pilotPolicy";

/// Rest/05, step 22: a file without a name, which is refused here at once. So neither it
/// nor the status about it comes.
const REFUSED: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_message_is_sent_as_it_was_recorded() {
    let bus = Bus::start().await;
    let address = bus.address.clone();
    let world = World::over(move |own| road(&address, own)).await;
    let (keys, mut compared) = (Keys::read(), 0);
    for file in recorded_files() {
        bus.forget();
        let recorded = recorded(&file);
        let transcript = format!("{}.jsonl", file.trim_end_matches("-bus.jsonl"));
        replay(&world, &transcript).await;
        let sent = recorded.iter().filter(|asked| is_send(asked)).count();
        let refused = if file.starts_with("05") { REFUSED } else { 0 };
        let enough = |asked: &[Asked]| {
            let settled = asked.iter().filter(|a| a.method == Method::DELETE).count();
            asked.iter().filter(|a| is_send(a)).count() >= sent - refused
                && settled >= count(&recorded, "DELETE").saturating_sub(refused)
        };
        let asked = bus.until(enough).await;
        let (theirs, ours) = (letters(&recorded, &keys), letters(&asked, &keys));
        compared += compare(&file, theirs, ours, refused);
        requests_have_the_recorded_form(&recorded, &asked);
    }
    world.stop().await;
    bus.stop().await;
    assert_eq!(compared, 39, "not every recorded message was compared");
}

// > REST cannot: dead-letter by the client (servicebus §1.1)
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_put_aside_there_is_kept_for_the_operator() {
    let bus = Bus::start().await;
    let address = bus.address.clone();
    let world = World::over(move |own| road(&address, own)).await;
    let body = r#"{"sbd": "ikke en sbd"}"#;
    let queue = format!("{}nextbestqueue910076787innsyn/messages", bus.address);
    let sent = reqwest::Client::new().post(queue).body(body).send().await;
    assert_eq!(sent.unwrap().status(), 201);
    // Off the queue only once it is kept.
    bus.until(|asked| count(asked, "DELETE") == 1).await;
    let list = format!("{}/manage/quarantine", world.body);
    let page: Value = reqwest::get(&list).await.unwrap().json().await.unwrap();
    assert_eq!(page["totalElements"], 1, "{page}");
    let kept = &page["content"][0];
    assert_eq!(kept["reason"], "UnreadableMessage");
    let words = kept["description"].as_str().unwrap();
    assert!(words.starts_with("Unknown BusinessMessageType"), "{words}");
    let one = format!("{list}/{}", kept["id"]);
    let found: Value = reqwest::get(&one).await.unwrap().json().await.unwrap();
    let content = found["content"].as_str().unwrap();
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, content);
    assert_eq!(bytes.unwrap(), body.as_bytes());
    for status in [200, 404] {
        let removed = reqwest::Client::new().delete(&one).send().await;
        assert_eq!(removed.unwrap().status(), status);
    }
    assert_eq!(reqwest::get(&one).await.unwrap().status(), 404);
    world.stop().await;
    bus.stop().await;
}

/// Letters by their kind and content; each of theirs is one of ours. Answers how many.
fn compare(
    file: &str,
    theirs: Vec<Letter>,
    ours: Vec<Letter>,
    refused: usize,
) -> usize {
    let (total, mut left) = (theirs.len(), ours);
    let mut missing = Vec::new();
    for letter in theirs {
        match left.iter().position(|other| *other == letter) {
            Some(at) => drop(left.swap_remove(at)),
            None => missing.push(letter),
        }
    }
    assert!(
        left.is_empty() && missing.len() == refused,
        "{file}: of theirs {missing:#?}\nof ours {left:#?}"
    );
    total
}

fn letters(asked: &[Asked], keys: &Keys) -> Vec<Letter> {
    let sent = asked.iter().filter(|asked| is_send(asked));
    sent.map(|asked| Letter::read(&asked.path, &asked.body, keys))
        .collect()
}

fn is_send(asked: &Asked) -> bool {
    asked.method == Method::POST && asked.path.ends_with("/messages")
}

fn count(asked: &[Asked], method: &str) -> usize {
    asked.iter().filter(|a| a.method == method).count()
}

/// Method, shape of the path, and the parts of the token: what the service looks at.
fn requests_have_the_recorded_form(recorded: &[Asked], ours: &[Asked]) {
    let forms = |all: &[Asked]| -> BTreeMap<(String, String), Vec<String>> {
        all.iter().map(|one| (form(one), token(one))).collect()
    };
    let (theirs, ours) = (forms(recorded), forms(ours));
    for (form, parts) in &theirs {
        let Some(same) = ours.get(form) else {
            panic!("nothing like {form:?} among {:?}", ours.keys());
        };
        assert_eq!(same, parts, "{form:?}");
    }
    assert_eq!(theirs.len(), ours.len(), "{:?}", ours.keys());
}

/// The method, and the path with a name in place of each id.
fn form(asked: &Asked) -> (String, String) {
    let mut parts: Vec<&str> = asked.path.split('/').collect();
    for part in parts.iter_mut().skip(3).filter(|part| **part != "head") {
        *part = "…";
    }
    (asked.method.to_string(), parts.join("/"))
}

/// The names of the parts of a token, in order, and the policy.
fn token(asked: &Asked) -> Vec<String> {
    let token = asked.headers["authorization"].to_str().unwrap();
    let parts = token.strip_prefix("SharedAccessSignature ").unwrap();
    let named = parts.split('&').map(|part| match part.split_once('=') {
        Some(("skn", policy)) => format!("skn={policy}"),
        Some((name, _)) => name.to_owned(),
        None => panic!("{part}"),
    });
    named.collect()
}

fn road(address: &str, own: String) -> Arc<dyn Transport> {
    let settings = Settings {
        base: address.parse().unwrap(),
        policy: Some((POLICY.to_owned(), "hemmelig".to_owned().into())),
        authorities: None,
        websocket: None,
        broker: None,
    };
    Arc::new(Rest::new(settings, own, Clock::system()).unwrap())
}

async fn replay(world: &World, transcript: &str) {
    let vectors = world::vectors();
    let run = tokio::process::Command::new("python3")
        .arg(vectors.join("replay.py"))
        .args(["--body", &world.body, "--portal", &world.portal])
        .arg(vectors.join("rest").join(transcript))
        .stdin(Stdio::null())
        .output()
        .await
        .expect("python3 is needed to replay the transcripts");
    let code = run.status.code();
    assert!(code.is_some_and(|code| code < 2), "{transcript}: {run:?}");
}

fn recorded_files() -> Vec<String> {
    let folder = std::fs::read_dir(world::vectors().join("servicebus")).unwrap();
    let mut names: Vec<String> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn recorded(file: &str) -> Vec<Asked> {
    let path = world::vectors().join("servicebus").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let asked = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let request = &line["request"];
        let headers = request["headers"].as_object().unwrap().iter();
        Asked {
            method: request["method"].as_str().unwrap().parse().unwrap(),
            path: request["path"].as_str().unwrap().to_owned(),
            headers: headers
                .map(|(name, value)| {
                    let value = value.as_str().unwrap().parse().unwrap();
                    (name.parse().unwrap(), value)
                })
                .collect(),
            body: request["body"].as_str().unwrap().to_owned().into(),
        }
    };
    text.lines().map(asked).collect()
}
