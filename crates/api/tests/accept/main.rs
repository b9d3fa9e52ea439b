//! Deliveries as other programs make them, whole and broken, put on a body's queue: what
//! the recorded access point took is taken, what is whole pops byte for byte, and what
//! is neither blocks nothing and is not lost.
//!
//! What becomes of each is a row of docs/quirks.md, and the test holds every row.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod handed;
mod variants;
#[path = "../world/mod.rs"]
mod world;

use bytes::Bytes;
use handed::{Seen, cell, dead, lay, stand_in_the_document, take, taken};
use serde_json::Value;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_every_kind_end_where_the_table_says() {
    let world = World::start().await;
    let cases: Vec<Value> = serde_json::from_str(&text("expected.json")).unwrap();
    lay(&world, bodies(&cases)).await;
    let (dead, mut rows) = (dead(&world), Vec::new());
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
    stand_in_the_document(&rows);
}

// Settings that say nothing of it hand over nothing whose signature does not hold.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_as_it_should_be_is_kept_where_that_is_not_set_aside() {
    let world = World::judging().await;
    let cases: Vec<Value> = serde_json::from_str(&text("expected.json")).unwrap();
    let whole = cases
        .iter()
        .filter(|c| c["observed"]["popBytesEqual"] == true);
    let whole: Vec<Value> = whole.cloned().collect();
    lay(&world, bodies(&whole)).await;
    let mut rows = Vec::new();
    for case in &whole {
        let seen = take(&world, case["messageId"].as_str().unwrap()).await;
        let told = seen.words(case["messageId"].as_str().unwrap(), sent(case));
        if told != "whole" {
            rows.push(format!(
                "| {} | {} |",
                case["case"].as_str().unwrap(),
                cell(&told)
            ));
        }
    }
    world.stop().await;
    assert!(!rows.is_empty());
    stand_in_the_document(&rows);
}

/// Each case's name, and what is laid on the queue.
fn bodies(cases: &[Value]) -> impl Iterator<Item = (String, Bytes)> {
    cases.iter().map(|case| {
        let file = case["payload"].as_str().unwrap();
        let name = case["case"].as_str().unwrap().to_owned();
        (name, Bytes::from(bytes_of(file)))
    })
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

/// What became of it here, in the table's words; it is offered and shown as it was by the
/// recorded access point.
async fn handed_over(world: &World, case: &Value) -> String {
    let (name, observed) = (case["case"].as_str().unwrap(), &case["observed"]);
    let id = case["messageId"].as_str().unwrap();
    let seen = take(world, id).await;
    if seen.shown.is_none() {
        assert_eq!(observed["listed"], false, "{name}");
        assert_eq!(seen.log, words(&observed["statuses"]), "{name}");
    }
    shown_as_recorded(&seen, observed, name);
    let told = seen.words(id, sent(case));
    // Nothing but a kvittering comes without a package.
    assert!(
        !told.contains("204") || name.contains("kvittering"),
        "{name}"
    );
    told
}

fn shown_as_recorded(seen: &Seen, observed: &Value, name: &str) {
    let expected = observed["businessMessageShown"].as_object();
    for (member, expected) in expected.into_iter().flatten() {
        let shown = &seen.shown.as_ref().unwrap()[member];
        let expected = expected.as_object().unwrap().iter();
        let expected: Value = expected
            .map(|(name, value)| (name.clone(), unmangled(value)))
            .collect();
        assert_eq!(*shown, expected, "{name}");
    }
}

/// The sum of the container that was sent; a message without one is delivered as it is.
fn sent(case: &Value) -> Option<&str> {
    let name = case["case"].as_str().unwrap();
    let none = ["payload asic null", "payload asic absent"].contains(&name);
    (!none).then(|| case["asiceSha256"].as_str().unwrap_or_default())
}

/// The recorded access point read UTF-8 as ISO-8859-1 where the content type allowed it.
fn unmangled(value: &Value) -> Value {
    let text = value.as_str().unwrap();
    let latin = text.chars().map(|c| u8::try_from(u32::from(c)).ok());
    let latin: Option<Vec<u8>> = latin.collect();
    let plain = latin.and_then(|bytes| String::from_utf8(bytes).ok());
    plain.unwrap_or_else(|| text.to_owned()).into()
}

fn words(list: &Value) -> Vec<String> {
    serde_json::from_value(list.clone()).unwrap()
}

fn bytes_of(name: &str) -> Vec<u8> {
    let path = world::vectors().join("accept").join(name);
    std::fs::read(&path)
        .unwrap_or_else(|e| panic!("the vector {} is missing: {e}", path.display()))
}

fn text(name: &str) -> String {
    String::from_utf8(bytes_of(name)).unwrap()
}
