//! The SOAP door, and an archive that is called: down, unwilling, slow to say yes.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod world;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{Credentials, Door, Scopes};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use bestedu::soap::{self, Call, PutMessage};
use bestedu::{AppReceipt, Outcome, Payload};
use flow::bestedu::{Archive, Bestedu, Login};
use flow::{Limits, Webhooks};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use world::World;

/// The portal of the recordings.
const EINNSYN: &str = "910077473";
const SAMPLE: &str = include_str!("../../bestedu/tests/samples/websak.xml");
const TIME_MAX: Duration = Duration::from_secs(60);

fn speaking(archive: Option<Archive>) -> Bestedu {
    Bestedu {
        einnsyn: EINNSYN.parse().unwrap(),
        ok_on_empty: false,
        archive,
    }
}

async fn world(limits: Limits, archive: Option<String>) -> World {
    let bestedu = || {
        let archive = archive.as_ref().map(|url| {
            let login = Login {
                domain: Some("FJORDVIK".into()),
                user: "sendebud".into(),
                password: "hemmelig".to_owned().into(),
            };
            Archive::new(url.parse().unwrap(), Some(login), None, false).unwrap()
        });
        Some(speaking(archive))
    };
    World::speaking(Door::new, Webhooks::default(), limits, bestedu).await
}

/// The sample, to this world's eInnsyn, under an id.
fn call(id: &str) -> String {
    SAMPLE
        .replace("5a0e5c0e-6c0e-4f43-9d6b-0c1f5c9b7b03", id)
        .replace("310000027", EINNSYN)
        .replace("310000019", "")
}

fn posted(world: &World, body: impl Into<reqwest::Body>) -> RequestBuilder {
    Client::new()
        .post(format!("{}/noarkExchange", world.body))
        .header("content-type", "text/xml; charset=utf-8")
        .body(body)
}

async fn put(world: &World, body: String) -> AppReceipt {
    let answer = posted(world, body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    soap::answer(&answer.text().await.unwrap()).unwrap()
}

async fn conversations(world: &World) -> Vec<Value> {
    let url = format!("{}/api/conversations", world.body);
    let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    page["content"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_door_is_there_only_when_it_is_asked_for() {
    let world = World::start().await;
    let url = format!("{}/noarkExchange?wsdl", world.body);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    world.stop().await;

    let known = || vec![Credentials::user("arkiv", "hemmelig", Scopes::ALL).unwrap()];
    let world = World::speaking(
        |point| Door::new(point).locked(known()),
        Webhooks::default(),
        Limits::default(),
        || Some(speaking(None)),
    )
    .await;
    let url = format!("{}/noarkExchange?wsdl", world.body);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 401);
    let asked = Client::new()
        .get(&url)
        .basic_auth("arkiv", Some("hemmelig"));
    let asked = asked.header("host", "sak.example:9093");
    let answer = asked
        .header("x-forwarded-proto", "https")
        .send()
        .await
        .unwrap();
    let wsdl = answer.text().await.unwrap();
    let address = "https://sak.example:9093/noarkExchange";
    assert!(wsdl.contains(&format!("location=\"{address}\"")), "{wsdl}");
    assert!(
        wsdl.contains(&format!("\"{address}?xsd=exchange\"")),
        "{wsdl}"
    );
    world.stop().await;
}

/// > SOAP fault or AppReceipt ERROR that names the field; nothing half created
#[tokio::test]
async fn what_cannot_be_taken_is_told_and_leaves_nothing() {
    let world = world(Limits::default(), None).await;
    let soap_1_2 = call("a").replace(
        "http://schemas.xmlsoap.org/soap/envelope/",
        "http://www.w3.org/2003/05/soap-envelope",
    );
    let large = " ".repeat(9 << 20);
    let latin = call("a").replace("Vedtak", "Sk\u{1}").into_bytes();
    let latin: Vec<u8> = latin
        .iter()
        .map(|b| if *b == 1 { 0xf8 } else { *b })
        .collect();
    for (body, code, part) in [
        (soap_1_2.into_bytes(), "VersionMismatch", "SOAP 1.1"),
        (
            b"<?xml version='1.0'?>".to_vec(),
            "Client",
            "the end is missing",
        ),
        (b"<!DOCTYPE a><a/>".to_vec(), "Client", "DOCTYPE"),
        (b"{}".to_vec(), "Client", "line 1"),
        (latin, "Client", "not UTF-8"),
        (large.into_bytes(), "Client", "9437184 bytes"),
    ] {
        let answer = posted(&world, body).send().await.unwrap();
        assert_eq!(answer.status(), 500, "{part}");
        let error = soap::answer(&answer.text().await.unwrap()).unwrap_err();
        let words = error.to_string();
        assert!(words.contains(&format!("soap:{code}")), "{words}");
        assert!(words.contains(part), "{words}");
    }
    for (body, outcome, part) in [
        (
            call("a").replace("20261124", "igår"),
            Outcome::Error,
            "journpost/jpJdato",
        ),
        (call(""), Outcome::Error, "@conversationId"),
        (
            call("a").replace(EINNSYN, "910076787"),
            Outcome::NotSupported,
            "eInnsyn",
        ),
        (
            call("a").replace("<orgnr></orgnr>", "<orgnr>1</orgnr>"),
            Outcome::Error,
            "sender",
        ),
    ] {
        let receipt = put(&world, body).await;
        assert_eq!(receipt.outcome, outcome, "{receipt:?}");
        assert!(receipt.remarks[0].text.contains(part), "{receipt:?}");
    }
    assert_eq!(conversations(&world).await, [Value::Null; 0]);
    world.stop().await;
}

/// > SR failure: ERROR code 16 (wire-format §10.2)
#[tokio::test]
async fn a_register_that_is_away_is_told_by_its_code() {
    let mut world = world(Limits::default(), None).await;
    world.end_register().await;
    let receipt = put(&world, call("a")).await;
    assert_eq!(receipt.outcome, Outcome::Error);
    assert_eq!(receipt.remarks[0].code, "16", "{receipt:?}");
    let asked = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>\
        <GetCanReceiveMessageRequest><receiver><orgnr>910077473</orgnr></receiver>\
        </GetCanReceiveMessageRequest></e:Body></e:Envelope>";
    let answer = posted(&world, asked).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    assert!(text.contains("<result>false</result>"), "{text}");
    assert_eq!(conversations(&world).await, [Value::Null; 0]);
    world.stop().await;
}

/// What an archive was called with: the login, and the message.
type Called = (String, PutMessage);

/// An archive that answers each call with the next of these, and the last for ever.
struct Stub {
    url: String,
    called: mpsc::UnboundedReceiver<Called>,
    _served: JoinSet<()>,
}

type Answers = Arc<Mutex<Vec<(u16, String)>>>;

impl Stub {
    async fn start(answers: Vec<(u16, String)>) -> Self {
        let (tell, called) = mpsc::unbounded_channel();
        let router = Router::new().route("/arkiv", post(answer));
        let router = router.with_state((Arc::new(Mutex::new(answers)), tell));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/arkiv", listener.local_addr().unwrap());
        let served = async move { axum::serve(listener, router).await.unwrap() };
        Self {
            url,
            called,
            _served: JoinSet::from_iter([served]),
        }
    }

    async fn next(&mut self) -> Called {
        let next = tokio::time::timeout(TIME_MAX, self.called.recv());
        next.await.expect("the archive is called").unwrap()
    }
}

async fn answer(
    State((answers, tell)): State<(Answers, mpsc::UnboundedSender<Called>)>,
    headers: axum::http::HeaderMap,
    body: String,
) -> (StatusCode, String) {
    if body.is_empty() && !headers.contains_key("authorization") {
        // It is asked how it asks who calls.
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    let Call::Put(message) = soap::call(&body).unwrap() else {
        panic!("archives are told by PutMessage");
    };
    let login = headers["authorization"].to_str().unwrap().to_owned();
    let mut answers = answers.lock().unwrap();
    let (status, text) = match answers.len() {
        1 => answers[0].clone(),
        _ => answers.remove(0),
    };
    tell.send((login, *message)).unwrap();
    (StatusCode::from_u16(status).unwrap(), text)
}

fn said(message: &PutMessage) -> (Outcome, &str) {
    match &message.payload {
        Payload::AppReceipt(receipt) => (receipt.outcome, &receipt.remarks[0].code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_archive_is_told_until_it_says_ok_and_its_id_is_free_after_a_failure() {
    let no = AppReceipt::saying(Outcome::Error, "1", "ikke nå");
    let mut archive = Stub::start(vec![
        (503, "opptatt".into()),
        (500, soap::fault("Server", "basen er nede")),
        (200, soap::put(&no)),
        (200, soap::put(&AppReceipt::ok())),
    ])
    .await;
    // Nobody at the other end takes it in time.
    let limits = Limits {
        levetid: Duration::from_secs(1),
        ..Limits::default()
    };
    let world = world(limits, Some(archive.url.clone())).await;
    assert_eq!(put(&world, call("sak 1/2")).await, AppReceipt::ok());
    let first = archive.next().await;
    assert_eq!(first.1.conversation_id, "sak 1/2");
    assert_eq!(said(&first.1), (Outcome::Error, "LEVETID_UTLOPT"));
    // FJORDVIK\sendebud:hemmelig
    assert_eq!(first.0, "Basic RkpPUkRWSUtcc2VuZGVidWQ6aGVtbWVsaWc=");
    for _ in 0..3 {
        assert_eq!(archive.next().await, first, "the same again");
    }
    // It failed, so it is sent anew, as another message.
    assert_eq!(put(&world, call("sak 1/2")).await, AppReceipt::ok());
    let again = archive.next().await;
    assert_eq!(again.1.conversation_id, "sak 1/2");
    let all = conversations(&world).await;
    assert_eq!(all.len(), 2, "{all:?}");
    // Callers neither see nor touch the subscription that this goes by.
    let url = format!("{}/api/subscriptions", world.body);
    let page: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
    assert_eq!(page["totalElements"], 0);
    assert_eq!(
        Client::new().delete(&url).send().await.unwrap().status(),
        200
    );
    assert_eq!(put(&world, call("sak 3/4")).await, AppReceipt::ok());
    assert_eq!(archive.next().await.1.conversation_id, "sak 3/4");
    world.stop().await;
}

/// Look until there is something to see.
async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIME_MAX, seen)
        .await
        .expect("it comes")
}

/// A kvittering from the portal about an entry.
async fn kvittering(world: &World, iri: &str) {
    let party = serde_json::json!([{"identifier": {
        "value": "0192:910076787", "authority": "iso6523-actorid-upis"}}]);
    let status = noark::kvittering::Result {
        publisert: true,
        ..noark::kvittering::Result::default()
    };
    let sbd = serde_json::json!({
        "standardBusinessDocumentHeader": {
            "headerVersion": "1.0",
            "receiver": party,
            "documentIdentification": {
                "standard": sbd::urn::KVITTERING_DOCUMENT,
                "typeVersion": "1.0", "type": "einnsyn_kvittering",
            },
            "businessScope": {"scope": [{"type": "ConversationId",
                "identifier": sbd::urn::RESPONSE_PROCESS}]},
        },
        "einnsyn_kvittering": {"dokumentId": iri, "status": status.write(),
            "referanseType": "publisering"},
    });
    let out = format!("{}/api/messages/out", world.portal);
    let created = Client::new().post(&out).json(&sbd).send().await.unwrap();
    assert_eq!(created.status(), 200);
    let created: Value = created.json().await.unwrap();
    let id = &created["standardBusinessDocumentHeader"]["documentIdentification"];
    let id = id["instanceIdentifier"].as_str().unwrap();
    let sent = Client::new()
        .post(format!("{out}/{id}"))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200);
}

/// > Removed from the inbox only after the archive's OK; not given to others meanwhile.
#[tokio::test]
async fn what_comes_for_the_archive_is_kept_for_it() {
    let mut archive = Stub::start(vec![
        (503, "opptatt".into()),
        (200, soap::put(&AppReceipt::ok())),
    ])
    .await;
    let world = world(Limits::default(), Some(archive.url.clone())).await;
    assert_eq!(put(&world, call("sak 5/6")).await, AppReceipt::ok());
    let base = "http://data.einnsyn.no/noark4/Journalpost";
    let peek = || reqwest::get(format!("{}/api/messages/in/peek", world.body));

    // About an entry of somebody else's: the archive is not told, whoever peeks gets it.
    kvittering(&world, &format!("{base}--910076787--1--1--2026")).await;
    let theirs = until(async || {
        let peeked = peek().await.unwrap();
        match peeked.status().as_u16() {
            204 => None,
            _ => Some(peeked.json::<Value>().await.unwrap()),
        }
    })
    .await;
    assert!(theirs.to_string().contains("--1--1--2026"), "{theirs}");

    kvittering(&world, &format!("{base}--910076787--90114--4--2026")).await;
    let first = archive.next().await;
    assert_eq!(said(&first.1), (Outcome::Ok, "publisert"));
    assert_eq!(first.1.conversation_id, "sak 5/6");
    assert_eq!(peek().await.unwrap().status(), 204);
    assert_eq!(archive.next().await, first);
    let inbox = format!("{}/api/messages/in", world.body);
    let left = until(async || {
        let page = reqwest::get(&inbox).await.unwrap();
        let page: Value = page.json().await.unwrap();
        (page["totalElements"] == 1).then_some(page)
    })
    .await;
    assert!(left.to_string().contains("--1--1--2026"), "{left}");
    world.stop().await;
}
