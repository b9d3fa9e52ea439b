//! §12.1: what loses, doubles or mangles messages.

use std::time::Duration;

use api::Door;
use bytes::Bytes;
use flow::{Limits, Webhooks};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use transport::{Parcel, Transport};

use crate::caller::{Caller, PORTAL_QUEUE, QUEUE, id_of, innsynskrav, names};
use crate::world::{World, vectors};

/// A crafted delivery, and the id of the message in it.
fn crafted(case: &str) -> (Parcel, String) {
    let folder = vectors().join("accept");
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let case = cases.iter().find(|c| c["case"] == case).expect("a vector");
    let body = std::fs::read(folder.join(case["payload"].as_str().unwrap())).unwrap();
    let parcel = Parcel {
        queue: QUEUE.into(),
        message_id: case["case"].as_str().unwrap().into(),
        body: Bytes::from(body),
        time_to_live: None,
    };
    (
        parcel,
        case["messageId"].as_str().unwrap_or_default().to_owned(),
    )
}

async fn lay(world: &World, parcel: Parcel) {
    world.hub.end("the test").send(parcel).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_01_what_cannot_be_decrypted_is_kept_and_never_delivered() {
    let world = World::start().await;
    let (parcel, id) = crafted("cms to a renewed own certificate");
    lay(&world, parcel).await;
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    for _ in 0..2 {
        let (status, told) = body.pop(&id).await;
        assert_eq!(status, 500);
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert!(
            told["message"].as_str().unwrap().contains("serial"),
            "{told}"
        );
    }
    let log: Vec<Value> = body.log(&id).await;
    assert!(
        log.iter().all(|l| l["status"] != "INNKOMMENDE_LEVERT"),
        "{log:?}"
    );
    assert_eq!(body.delete(&id).await.0, 200);
    assert_eq!(body.await_status(&id, "FEIL").await.len(), 3);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_02_a_pop_that_fails_removes_nothing() {
    let world = World::start().await;
    let (parcel, id) = crafted("payload asic absent");
    lay(&world, parcel).await;
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    assert_eq!(body.pop(&id).await.0, 500);
    assert_eq!(body.pop(&id).await.0, 500);
    let (_, page) = body.get(&format!("/api/messages/in?messageId={id}")).await;
    assert_eq!(page["totalElements"], 1);
    assert!(body.log(&id).await.iter().all(|l| l["status"] != "FEIL"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_04_a_redelivery_after_consumption_is_recognised() {
    let world = World::start().await;
    let (parcel, id) = crafted("cms pkcs1v15 aes-256-cbc DER");
    lay(&world, parcel.clone()).await;
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    assert_eq!(body.delete(&id).await.0, 200);
    lay(&world, parcel).await;
    // What comes after it on the queue shows that it has been dealt with.
    let (next, other) = crafted("asic signed sha512");
    lay(&world, next).await;
    body.await_peek(&other).await;
    while !world.hub.is_empty(QUEUE) {
        tokio::task::yield_now().await;
    }
    assert_eq!(body.peek(&id).await.0, 204);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_05_poison_ends_no_round_and_is_put_aside_with_a_reason() {
    let world = World::start().await;
    let poison = [
        "payload unknown message type",
        "payload third sbd member",
        "sbd unknown authority",
        "status without value for an unknown message",
    ];
    for case in poison {
        lay(&world, crafted(case).0).await;
    }
    let (good, id) = crafted("asic signed sha256");
    lay(&world, good).await;
    Caller::body(&world).await_peek(&id).await;
    while !world.hub.is_empty(QUEUE) {
        tokio::task::yield_now().await;
    }
    let dead = world.hub.dead();
    assert_eq!(dead.len(), poison.len());
    assert!(
        dead.iter()
            .all(|(_, reason, words)| !reason.is_empty() && !words.is_empty())
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_07_sending_twice_sends_once() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let id = portal.deliver().await;
    assert_eq!(portal.send(&id).await.0, 200);
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    assert_eq!(body.delete(&id).await.0, 200);
    let log = portal.await_status(&id, "LEVERT").await;
    assert_eq!(log, ["OPPRETTET", "SENDT", "MOTTATT", "LEVERT"]);
    assert_eq!(portal.send(&id).await.0, 200, "and long after it has left");
    let (_, page) = body.get("/api/messages/in").await;
    assert_eq!(page["totalElements"], 0);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_09_files_attached_at_once_are_all_there() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let (_, made) = portal.create(&innsynskrav()).await;
    let id = id_of(&made);
    let wanted: Vec<String> = (0..16).map(|n| format!("fil-{n:02}.xml")).collect();
    let puts = wanted.iter().map(|name| portal.put(&id, name, b"<a/>"));
    let answers = futures_util::future::join_all(puts).await;
    assert!(
        answers.iter().all(|(status, _)| *status == 200),
        "{answers:?}"
    );
    assert_eq!(portal.send(&id).await.0, 200);
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    let (_, zip) = body.pop(&id).await;
    let mut got = names(&zip);
    got.retain(|name| name.starts_with("fil-"));
    got.sort();
    assert_eq!(got, wanted);
    world.stop().await;
}

/// Quick to give a peeked message back.
async fn quick_locks() -> World {
    let limits = Limits {
        lock_time: Duration::ZERO,
        ..Limits::default()
    };
    World::made(Door::new, Webhooks::default(), limits).await
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_13_a_lock_that_ran_out_changes_no_order() {
    let world = quick_locks().await;
    let body = Caller::body(&world);
    let mut laid = Vec::new();
    for case in ["asic signed sha256", "asic signed sha512", "asic unsigned"] {
        let (parcel, id) = crafted(case);
        lay(&world, parcel).await;
        body.await_peek(&id).await;
        laid.push(id);
    }
    for _ in 0..3 {
        let (status, sbd) = body.get("/api/messages/in/peek").await;
        assert_eq!((status.as_u16(), id_of(&sbd)), (200, laid[0].clone()));
    }
    world.stop().await;
}

// A summer date has the summer's offset, whatever the season of the request.
#[tokio::test(flavor = "multi_thread")]
async fn fault_15_a_local_time_has_the_offset_of_its_own_date() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    for (local, offset) in [
        ("2045-07-01T10:00:00", "+02:00"),
        ("2045-01-01T10:00:00", "+01:00"),
    ] {
        let mut sbd = innsynskrav();
        let scope = "/standardBusinessDocumentHeader/businessScope/scope/0";
        sbd.pointer_mut(scope).unwrap()["scopeInformation"] =
            json!([{"expectedResponseDateTime": local}]);
        let (status, made) = portal.create(&sbd).await;
        assert_eq!(status, 200, "{made}");
        let pointer = format!("{scope}/scopeInformation/0/expectedResponseDateTime");
        let told = made.pointer(&pointer).and_then(Value::as_str).unwrap();
        assert!(told.ends_with(offset), "{told}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_16_scopes_and_statuses_keep_their_order() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let types = ["SenderRef", "ConversationId", "ReceiverRef", "ParentId"];
    let mut sbd = innsynskrav();
    let scopes = "/standardBusinessDocumentHeader/businessScope/scope";
    let process = sbd
        .pointer(&format!("{scopes}/0/identifier"))
        .unwrap()
        .clone();
    *sbd.pointer_mut(scopes).unwrap() = types
        .iter()
        .map(|t| json!({"type": t, "identifier": process}))
        .collect();
    let (_, made) = portal.create(&sbd).await;
    let id = id_of(&made);
    let (_, kept) = portal.get(&format!("/api/messages/out/{id}")).await;
    for told in [&made, &kept] {
        let list = told.pointer(scopes).unwrap().as_array().unwrap();
        let got: Vec<&str> = list.iter().map(|s| s["type"].as_str().unwrap()).collect();
        assert_eq!(got, types);
    }
    world.stop().await;
}

// A status for the portal whose own levetid has passed tells of its message all the same,
// and nothing is written over it (10: a late LEVERT is recorded, in order).
#[tokio::test(flavor = "multi_thread")]
async fn fault_06_and_10_a_late_status_touches_nothing_but_its_message() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let (_, mut sbd) = portal.create(&innsynskrav()).await;
    let id = id_of(&sbd);
    let header = &mut sbd["standardBusinessDocumentHeader"];
    header["documentIdentification"]["type"] = "status".into();
    header["documentIdentification"]["standard"] =
        "urn:no:difi:eformidling:xsd::status".into();
    header["businessScope"]["scope"][0]["scopeInformation"] =
        json!([{"expectedResponseDateTime": "2020-01-01T00:00:00+01:00"}]);
    let sender = header["sender"].clone();
    header["sender"] = header["receiver"].clone();
    header["receiver"] = sender;
    let members = sbd.as_object_mut().unwrap();
    members.remove("innsynskrav");
    members.insert("status".into(), json!({"status": "LEVERT"}));
    let parcel = Parcel {
        queue: PORTAL_QUEUE.into(),
        message_id: "late".into(),
        body: Bytes::from(json!({"sbd": sbd}).to_string()),
        time_to_live: None,
    };
    lay(&world, parcel).await;
    let log = portal.await_status(&id, "LEVERT").await;
    assert!(!log.contains(&"LEVETID_UTLOPT".to_owned()), "{log:?}");
    assert_eq!(log[0], "OPPRETTET");
    world.stop().await;
}

// The sweep takes what expires first: once the second is marked, the first, which was
// dropped and would have expired before it, never will be.
#[tokio::test(flavor = "multi_thread")]
async fn fault_08_a_dropped_message_does_not_expire_later() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let mut ids = Vec::new();
    for millis in [1500, 1600] {
        let soon = ambient::Clock::system().now() + SignedDuration::from_millis(millis);
        let mut sbd = innsynskrav();
        let scope = "/standardBusinessDocumentHeader/businessScope/scope/0";
        sbd.pointer_mut(scope).unwrap()["scopeInformation"] =
            json!([{"expectedResponseDateTime": soon.to_string()}]);
        ids.push(id_of(&portal.create(&sbd).await.1));
    }
    let path = format!("/api/messages/out/{}", ids[0]);
    assert_eq!(portal.ask(Method::DELETE, &path).await.0, 200);
    portal.await_status(&ids[1], "LEVETID_UTLOPT").await;
    assert_eq!(portal.log(&ids[0]).await.len(), 1);
    // And nothing is left of the other but its log.
    assert_eq!(portal.get("/api/messages/out").await.1["totalElements"], 0);
    world.stop().await;
}
