//! The runtime API as Azure documents it, row by row (servicebus §1.1).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use ambient::{Clock, Random};
use broker::queue::Pattern;
use broker::{Authentication, FirstUse, Listening, Policy, Settings, run};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

struct Broker {
    listening: Listening,
    client: Client,
    _folder: TempDir,
    _shutdown: watch::Sender<bool>,
    _tasks: JoinSet<Result<(), broker::Error>>,
}

async fn broker(authentication: Authentication, policies: Vec<Policy>) -> Broker {
    let folder = TempDir::new().unwrap();
    let settings = Settings {
        authentication,
        policies,
        message_bytes_max: 100_000,
        segment_bytes: 1 << 20,
        first_use: FirstUse {
            names: vec![Pattern::from("q*".to_owned())],
            ..FirstUse::default()
        },
        ..Settings::new(folder.path())
    };
    let (ready, listening) = oneshot::channel();
    let (shutdown, told) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(run(
        settings,
        Clock::system(),
        Random::system(),
        ready,
        told,
    ));
    let listening = listening.await.unwrap();
    let client = Client::new();
    Broker {
        listening,
        client,
        _folder: folder,
        _shutdown: shutdown,
        _tasks: tasks,
    }
}

impl Broker {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("http://{}/{path}", self.listening.http))
    }

    async fn send(&self, body: &'static str) -> Response {
        let request = self.request(Method::POST, "Q1/messages");
        request
            .header("BrokerProperties", "{}")
            .body(body)
            .send()
            .await
            .unwrap()
    }

    async fn head(&self, method: Method, queue: &str) -> Response {
        let path = format!("{queue}/messages/head?timeout=0");
        self.request(method, &path).send().await.unwrap()
    }
}

fn properties(answer: &Response) -> Value {
    serde_json::from_str(answer.headers()["BrokerProperties"].to_str().unwrap())
        .unwrap()
}

#[tokio::test]
async fn send_peek_lock_and_complete() {
    let broker = broker(Authentication::None, vec![]).await;
    assert_eq!(broker.head(Method::POST, "q1").await.status(), 204);
    assert_eq!(broker.send("hei").await.status(), 201);
    let got = broker.head(Method::POST, "q1").await;
    assert_eq!(got.status(), 201);
    let known = properties(&got);
    // > the broker must assign a MessageId when the sender gave none: 32 hex
    assert_eq!(known["MessageId"].as_str().unwrap().len(), 32);
    assert_eq!(known["DeliveryCount"], 1);
    assert_eq!(known["State"], "Active");
    let lock = got.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(got.text().await.unwrap(), "hei");
    assert_eq!(
        broker.head(Method::POST, "q1").await.status(),
        204,
        "it is locked"
    );
    let renewed = broker.client.post(&lock).send().await.unwrap();
    assert_eq!(renewed.status(), 200);
    assert_eq!(
        broker.client.delete(&lock).send().await.unwrap().status(),
        200
    );
    let twice = broker.client.delete(&lock).send().await.unwrap();
    assert_eq!(twice.status(), 404);
    assert!(
        twice
            .text()
            .await
            .unwrap()
            .starts_with("<Error><Code>404</Code><Detail>")
    );
}

#[tokio::test]
async fn unlock_counts_and_receive_and_delete_takes() {
    let broker = broker(Authentication::None, vec![]).await;
    broker.send("x").await;
    let got = broker.head(Method::POST, "q1").await;
    let lock = got.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(broker.client.put(&lock).send().await.unwrap().status(), 200);
    let taken = broker.head(Method::DELETE, "q1").await;
    assert_eq!(taken.status(), 200);
    assert!(!taken.headers().contains_key("location"));
    let known = properties(&taken);
    assert_eq!(known["DeliveryCount"], 2);
    assert!(known.get("LockToken").is_none());
    assert_eq!(broker.head(Method::DELETE, "q1").await.status(), 204);
}

#[tokio::test]
async fn properties_and_headers_come_back_as_they_went() {
    let broker = broker(Authentication::None, vec![]).await;
    let sent = broker
        .request(Method::POST, "q1/messages")
        .header("Content-Type", "application/json;charset=utf-8")
        .header(
            "BrokerProperties",
            r#"{"MessageId":"m1","Label":"L","TimeToLive":60}"#,
        )
        .header("Priority", "\"High\"")
        .header("Customer", "12345")
        .body("{\"blåbær\":1}")
        .send();
    assert_eq!(sent.await.unwrap().status(), 201);
    let got = broker.head(Method::POST, "q1").await;
    let known = properties(&got);
    assert_eq!(known["MessageId"], "m1");
    assert_eq!(known["Label"], "L");
    assert_eq!(
        got.headers()["content-type"],
        "application/json;charset=utf-8"
    );
    assert_eq!(got.headers()["priority"], "\"High\"");
    assert_eq!(got.headers()["customer"], "12345");
    assert_eq!(got.bytes().await.unwrap(), "{\"blåbær\":1}");
}

#[tokio::test]
async fn a_waiting_request_is_answered_when_a_message_comes() {
    let broker = broker(Authentication::None, vec![]).await;
    let request = broker.request(Method::POST, "q1/messages/head?timeout=60");
    let (got, sent) = tokio::join!(request.send(), broker.send("nå"));
    assert_eq!(sent.status(), 201);
    assert_eq!(got.unwrap().text().await.unwrap(), "nå");
}

#[tokio::test]
async fn whoever_hangs_up_while_waiting_takes_nothing() {
    let broker = broker(Authentication::None, vec![]).await;
    let waiting = broker
        .request(Method::POST, "q1/messages/head?timeout=60")
        .send();
    let short = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(short, waiting).await.is_err());
    broker.send("x").await;
    // Whether the broker has noticed or not: the next one in line gets it.
    let got = broker
        .request(Method::POST, "q1/messages/head?timeout=30")
        .send();
    assert_eq!(got.await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_batch_is_one_message_each() {
    let broker = broker(Authentication::None, vec![]).await;
    let batch = r#"[{"Body":"a","BrokerProperties":{"MessageId":"1"}},{"Body":"b"}]"#;
    let request = broker.request(Method::POST, "q1/messages");
    let kind = "application/vnd.microsoft.servicebus.json";
    let sent = request
        .header("Content-Type", kind)
        .body(batch)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 201);
    assert_eq!(
        broker
            .head(Method::DELETE, "q1")
            .await
            .text()
            .await
            .unwrap(),
        "a"
    );
    assert_eq!(
        broker
            .head(Method::DELETE, "q1")
            .await
            .text()
            .await
            .unwrap(),
        "b"
    );
}

#[tokio::test]
async fn mistakes_are_named() {
    let broker = broker(Authentication::None, vec![]).await;
    let status = |r: Result<Response, _>| r.unwrap().status().as_u16();
    let post = |path: &str| broker.request(Method::POST, path);
    let bad = post("q/messages")
        .header("BrokerProperties", "{")
        .send()
        .await;
    assert_eq!(status(bad), 400);
    let bad = post("q/messages").header("BrokerProperties", r#"{"TimeToLive":"x"}"#);
    assert_eq!(status(bad.send().await), 400);
    assert_eq!(status(post("q/messages/head?timeout=x").send().await), 400);
    assert_eq!(status(post("q").send().await), 404);
    let large = post("q/messages").body("x".repeat(100_001)).send().await;
    assert_eq!(status(large), 413);
    let lock = "q/messages/1/not-a-token";
    assert_eq!(
        status(broker.request(Method::DELETE, lock).send().await),
        400
    );
    let gone = "nobody/messages/1/00000000-0000-0000-0000-000000000000";
    assert_eq!(
        status(broker.request(Method::DELETE, gone).send().await),
        410
    );
}

#[tokio::test]
async fn without_a_good_token_nothing_happens() {
    let policy = Policy {
        name: "Root".into(),
        key: "k".into(),
        secondary_key: None,
        rights: vec![broker::Right::Manage],
    };
    let broker = broker(Authentication::Sas, vec![policy]).await;
    let refused = broker.send("x").await;
    assert_eq!(refused.status(), 401);
    assert!(refused.text().await.unwrap().contains("<Code>401</Code>"));
    let forged =
        "SharedAccessSignature sr=http%3a%2f%2fx&sig=AAAA&se=4000000000&skn=Root";
    let request = broker.request(Method::POST, "q1/messages/head?timeout=0");
    let refused = request
        .header("Authorization", forged)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
}
