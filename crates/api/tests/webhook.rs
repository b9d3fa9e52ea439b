//! Webhooks: what subscribers are told, held against what the Java access point told
//! them, and what it did not do: try again, sign, keep to a list, remember.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod world;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::Door;
use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use flow::Webhooks;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::watch;
use world::World;

/// What an endpoint was sent.
#[derive(Debug, Clone)]
struct Told {
    path: String,
    headers: HeaderMap,
    body: String,
}

/// An endpoint that remembers. `/status/500` answers so; `/once/…` fails at first.
struct Sink {
    address: String,
    told: Arc<Mutex<Vec<Told>>>,
    news: watch::Receiver<usize>,
    task: tokio::task::JoinSet<()>,
}

impl Sink {
    async fn start() -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let (tell, news) = watch::channel(0);
        let kept = Arc::clone(&told);
        let hear = async move |uri: Uri, headers: HeaderMap, body: String| {
            let path = uri.path().to_owned();
            let mut told = kept.lock().unwrap();
            let before = told.iter().filter(|t: &&Told| t.path == path).count();
            let answer = match path.as_str() {
                "/status/500" => StatusCode::INTERNAL_SERVER_ERROR,
                _ if path.starts_with("/moved") => StatusCode::FOUND,
                _ if path.starts_with("/second") && before == 1 => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                _ => StatusCode::OK,
            };
            told.push(Told {
                path,
                headers,
                body,
            });
            // Who waits looks at the list while it holds the channel.
            let count = told.len();
            drop(told);
            tell.send_replace(count);
            (answer, [("location", "/elsewhere")])
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut task = tokio::task::JoinSet::new();
        let router = Router::new().fallback(hear);
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            told,
            news,
            task,
        }
    }

    /// Until what was told satisfies.
    async fn until(&mut self, enough: impl Fn(&[Told]) -> bool) -> Vec<Told> {
        let told = Arc::clone(&self.told);
        let wait = self.news.wait_for(|_| enough(&told.lock().unwrap()));
        let patience = Duration::from_secs(60);
        let came = tokio::time::timeout(patience, wait).await;
        let told = self.told.lock().unwrap().clone();
        assert!(came.is_ok(), "not told in time: {told:?}");
        told
    }
}

async fn subscribe(world: &World, name: &str, endpoint: &str) -> Value {
    let body = json!({"name": name, "pushEndpoint": endpoint, "resource": "messages",
        "event": "status", "filter": "status=OPPRETTET"});
    let request = Client::new().post(format!("{}/api/subscriptions", world.portal));
    let answer = request.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// A message from the portal, created and no more.
async fn create(world: &World) {
    let party = |orgnr: &str| {
        let authority = "iso6523-actorid-upis";
        json!([{"identifier": {"value": format!("0192:{orgnr}"), "authority": authority}}])
    };
    let sbd = json!({
        "standardBusinessDocumentHeader": {
            "headerVersion": "1.0",
            "receiver": party("910076787"),
            "documentIdentification": {
                "standard": "urn:no:difi:einnsyn:xsd::innsynskrav",
                "typeVersion": "1.0", "type": "innsynskrav",
            },
            "businessScope": {"scope": [{"type": "ConversationId",
                "identifier": "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0"}]},
        },
        "innsynskrav": {"orgnr": "910076787", "epost": "innsyn@lillevik.example"},
    });
    let request = Client::new().post(format!("{}/api/messages/out", world.portal));
    assert_eq!(request.json(&sbd).send().await.unwrap().status(), 200);
}

/// The log of one subscription, when nothing in it waits any more.
async fn settled(world: &World, id: &Value) -> Vec<Value> {
    let url = format!("{}/api/subscriptions/{id}/deliveries", world.portal);
    let settled = async {
        loop {
            let page: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
            let items = page["content"].as_array().unwrap().clone();
            if !items.is_empty() && items.iter().all(|i| i["state"] != "waiting") {
                return items;
            }
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, settled)
        .await
        .expect("it is settled")
}

/// Times and ids of a body made alike.
fn masked(body: &str) -> String {
    let mut text = body.to_owned();
    for name in ["createdTs", "messageId", "conversationId"] {
        let start = format!("\"{name}\" : \"");
        if let Some(at) = text.find(&start) {
            let from = at + start.len();
            let to = from + text[from..].find('"').unwrap();
            text.replace_range(from..to, "…");
        }
    }
    text
}

// vectors/webhook: bodies and type, byte for byte but for times and ids.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_is_what_the_java_one_told() {
    let path = world::vectors().join("webhook/07-subscriptions-webhook.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let recorded = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    for request in recorded.map(|line| line["request"].clone()) {
        assert_eq!(request["headers"]["Content-Type"], "application/json");
        let body = masked(request["body"].as_str().unwrap());
        let kind = if body.contains("ping") {
            "ping"
        } else {
            "status"
        };
        let known = kinds.entry(kind.to_owned()).or_insert_with(|| body.clone());
        assert_eq!(*known, body, "the recording has one form of each");
    }
    assert_eq!(kinds.len(), 2);
    let (world, mut sink) = (World::start().await, Sink::start().await);
    subscribe(&world, "a", &format!("{}/hook", sink.address)).await;
    sink.until(|told| told.len() == 1).await;
    create(&world).await;
    let told = sink.until(|told| told.len() == 2).await;
    for (told, kind) in told.iter().zip(["ping", "status"]) {
        assert_eq!(masked(&told.body), kinds[kind]);
        assert_eq!(told.headers["content-type"], "application/json");
    }
    sink.task.shutdown().await;
    world.stop().await;
}

// A subscriber that asks back before it has even answered finds what it was told of.
#[tokio::test(flavor = "multi_thread")]
async fn fault_12_what_is_told_of_can_be_asked_for_at_once() {
    let world = World::start().await;
    let (tell, mut news) = tokio::sync::mpsc::unbounded_channel();
    let portal = world.portal.clone();
    let hear = async move |body: String| {
        let event: Value = serde_json::from_str(&body).unwrap();
        if let Some(id) = event["messageId"].as_str() {
            let url = format!("{portal}/api/messages/out/{id}");
            let message = reqwest::get(url).await.unwrap().status();
            let url = format!("{portal}/api/statuses/{id}");
            let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
            tell.send((message, page["totalElements"].clone())).unwrap();
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    let mut task = tokio::task::JoinSet::new();
    let router = Router::new().fallback(hear);
    task.spawn(async move { axum::serve(listener, router).await.unwrap() });
    subscribe(&world, "tolv", &endpoint).await;
    let made = (0..32).map(|_| create(&world));
    futures_util::future::join_all(made).await;
    for _ in 0..32 {
        let seen = tokio::time::timeout(Duration::from_secs(60), news.recv()).await;
        let (message, statuses) = seen.unwrap().unwrap();
        assert_eq!((message, statuses), (StatusCode::OK, json!(1)));
    }
    task.shutdown().await;
    world.stop().await;
}

// rest-api §7.3: "No retry" is the fault; the documentation promised three.
#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_told_again_under_the_same_id() {
    let (world, mut sink) = (World::start().await, Sink::start().await);
    let made = subscribe(&world, "b", &format!("{}/second", sink.address)).await;
    sink.until(|told| told.len() == 1).await;
    create(&world).await;
    let told = sink.until(|told| told.len() == 3).await;
    assert_eq!(told[1].body, told[2].body);
    assert_eq!(told[1].headers["webhook-id"], told[2].headers["webhook-id"]);
    assert_ne!(told[0].headers["webhook-id"], told[2].headers["webhook-id"]);
    let log = settled(&world, &made["id"]).await;
    let seen: Vec<_> = log
        .iter()
        .map(|i| (i["event"].as_str().unwrap(), i["state"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("status", "delivered"), ("ping", "delivered")]);
    assert_eq!(
        (&log[0]["attempts"], &log[0]["answer"]),
        (&json!(2), &json!(200))
    );
    sink.task.shutdown().await;
    world.stop().await;
}

// rest-api §7.3: a dead endpoint can be subscribed; §12, 56: it keeps nobody waiting.
#[tokio::test(flavor = "multi_thread")]
async fn fault_56_a_broken_endpoint_keeps_no_other_waiting() {
    let (world, mut sink) = (World::start().await, Sink::start().await);
    let broken = subscribe(&world, "c", &format!("{}/status/500", sink.address)).await;
    let moved = subscribe(&world, "d", &format!("{}/moved", sink.address)).await;
    subscribe(&world, "e", &format!("{}/hook", sink.address)).await;
    for _ in 0..3 {
        create(&world).await;
    }
    let told = sink
        .until(|told| told.iter().filter(|t| t.path == "/hook").count() == 4)
        .await;
    assert!(told.iter().all(|t| t.path != "/elsewhere"));
    for (made, answer) in [(broken, 500), (moved, 302)] {
        let url = format!(
            "{}/api/subscriptions/{}/deliveries?sort=id,asc",
            world.portal, made["id"]
        );
        let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let ping = &page["content"][0];
        assert_eq!(
            (&ping["state"], &ping["answer"]),
            (&json!("given up"), &json!(answer))
        );
    }
    sink.task.shutdown().await;
    world.stop().await;
}

// Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_signed_and_carries_the_bearer() {
    let secret = b"en hemmelighet paa minst 24 tegn".to_vec();
    let hooks = Webhooks {
        secret: Some(secret.clone().into()),
        bearer: Some("adgang".to_owned().into()),
        ..Webhooks::default()
    };
    let world = World::with(Door::new, hooks).await;
    let mut sink = Sink::start().await;
    subscribe(&world, "f", &format!("{}/hook", sink.address)).await;
    let told = sink.until(|told| told.len() == 1).await.remove(0);
    let header = |name: &str| told.headers[name].to_str().unwrap();
    assert_eq!(header("authorization"), "Bearer adgang");
    let signed = format!(
        "{}.{}.{}",
        header("webhook-id"),
        header("webhook-timestamp"),
        told.body
    );
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
    let tag = header("webhook-signature").strip_prefix("v1,").unwrap();
    let tag = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, tag);
    aws_lc_rs::hmac::verify(&key, signed.as_bytes(), &tag.unwrap()).unwrap();
    sink.task.shutdown().await;
    world.stop().await;
}

// rest-api §12, 44: any scheme and host was called.
#[tokio::test(flavor = "multi_thread")]
async fn fault_44_an_endpoint_outside_the_list_is_never_called() {
    let hooks = Webhooks {
        allow: vec![
            "sak.example".parse().unwrap(),
            "10.0.0.0/8".parse().unwrap(),
        ],
        ..Webhooks::default()
    };
    let world = World::with(Door::new, hooks).await;
    let mut sink = Sink::start().await;
    let port = sink.address.rsplit(':').next().unwrap();
    let by_name = format!("http://localhost:{port}/hook");
    // A name is judged by its addresses, when it is called.
    let made = subscribe(&world, "g", &by_name).await;
    let log = settled(&world, &made["id"]).await;
    assert_eq!(log[0]["state"], "given up");
    let words = log[0]["lastError"].as_str().unwrap();
    assert!(
        words.contains("no address that webhooks may call"),
        "{words}"
    );
    // An address is judged at once.
    let body = json!({"name": "h", "pushEndpoint": format!("{}/hook", sink.address),
        "resource": "all", "event": "all"});
    let request = Client::new().post(format!("{}/api/subscriptions", world.portal));
    let refused = request.json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let error: Value = refused.json().await.unwrap();
    let violations: HashMap<String, Value> =
        serde_json::from_value(error["errors"][0].clone()).unwrap();
    assert_eq!(violations["field"], "pushEndpoint");
    assert!(sink.told.lock().unwrap().is_empty());
    sink.task.shutdown().await;
    world.stop().await;
}
