//! A broker in this process, for as long as a test holds it.

use std::path::Path;

use ambient::{Clock, Random};
use broker::queue::Pattern;
use broker::{Authentication, FirstUse, Listening, Policy, Right, Settings, run};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

pub(crate) const KEY: &str = "SAS_KEY_VALUE";
pub(crate) const ROOT: &str = "RootManageSharedAccessKey";
/// When it is in these tests.
pub(crate) const NOW: i64 = 1_795_521_600;

pub(crate) struct Broker {
    pub(crate) listening: Listening,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    _folder: TempDir,
    _shutdown: watch::Sender<bool>,
    _tasks: JoinSet<Result<(), broker::Error>>,
}

pub(crate) fn policy(name: &str, key: &str, rights: &[Right]) -> Policy {
    Policy {
        name: name.into(),
        key: key.into(),
        secondary_key: None,
        rights: rights.to_vec(),
    }
}

/// As most tests want it: who connects need not show anything, and a queue whose name
/// begins with q is made when it is used.
pub(crate) fn settings(folder: &Path) -> Settings {
    Settings {
        authentication: Authentication::None,
        message_bytes_max: 100_000,
        segment_bytes: 1 << 20,
        first_use: FirstUse {
            names: vec![Pattern::from("q*".to_owned())],
            ..FirstUse::default()
        },
        ..Settings::new(folder)
    }
}

pub(crate) async fn broker() -> Broker {
    with(|_| {}).await
}

/// The same with other settings. The clock is set by hand.
pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Broker {
    // In memory where that can be: other tests say what happens on a disk.
    let folder = TempDir::new_in("/dev/shm")
        .or_else(|_| TempDir::new())
        .unwrap();
    let mut settings = settings(folder.path());
    change(&mut settings);
    let clock = Clock::manual(jiff::Timestamp::from_second(NOW).unwrap());
    let (ready, listening) = oneshot::channel();
    let (shutdown, told) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let random = Random::system();
    tasks.spawn(run(settings, clock.clone(), random, ready, told));
    let Ok(listening) = listening.await else {
        panic!("{:?}", tasks.join_next().await)
    };
    Broker {
        listening,
        client: Client::new(),
        clock,
        _folder: folder,
        _shutdown: shutdown,
        _tasks: tasks,
    }
}

impl Broker {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let http = self.listening.http;
        self.client.request(method, format!("http://{http}/{path}"))
    }

    pub(crate) async fn send(&self, body: &'static str) -> Response {
        let request = self.request(Method::POST, "Q1/messages");
        let request = request.header("BrokerProperties", "{}").body(body);
        request.send().await.unwrap()
    }

    pub(crate) async fn head(&self, method: Method, queue: &str) -> Response {
        let path = format!("{queue}/messages/head?timeout=0");
        self.request(method, &path).send().await.unwrap()
    }
}

pub(crate) fn properties(answer: &Response) -> Value {
    let properties = answer.headers()["BrokerProperties"].to_str().unwrap();
    serde_json::from_str(properties).unwrap()
}

/// A token as a client makes it (servicebus §1.2).
pub(crate) fn token(resource: &str, name: &str, key: &str, expiry: i64) -> String {
    use aws_lc_rs::hmac;
    use base64::Engine;
    let escape = |text: &str| {
        let bytes = text.bytes().map(|byte| match byte {
            b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        });
        bytes.collect::<String>()
    };
    let resource = escape(resource);
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let tag = hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes());
    let sig = escape(&base64::engine::general_purpose::STANDARD.encode(tag));
    format!("SharedAccessSignature sr={resource}&sig={sig}&se={expiry}&skn={name}")
}
