//! A case system: what the tests of this folder say over HTTP.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::world::World;

pub(crate) const PORTAL: &str = "910077473";
pub(crate) const BODY: &str = "910076787";
pub(crate) const QUEUE: &str = "nextbestqueue910076787innsyn";
pub(crate) const PORTAL_QUEUE: &str = "nextbestqueue910077473data";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks: without it the looking keeps the cores from what it waits for.
const BETWEEN: Duration = Duration::from_millis(20);

/// Someone who asks one access point.
pub(crate) struct Caller {
    base: String,
    client: Client,
}

/// A status and a body, read as JSON where it is.
pub(crate) type Answer = (StatusCode, Value);

impl Caller {
    pub(crate) fn portal(world: &World) -> Self {
        Self::at(&world.portal)
    }

    pub(crate) fn body(world: &World) -> Self {
        Self::at(&world.body)
    }

    fn at(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            client: Client::new(),
        }
    }

    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
    ) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(crate) async fn ask(&self, method: Method, path: &str) -> Answer {
        answer(self.request(method, path)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).await
    }

    pub(crate) async fn create(&self, sbd: &Value) -> Answer {
        answer(self.request(Method::POST, "/api/messages/out").json(sbd)).await
    }

    pub(crate) async fn put(
        &self,
        id: &str,
        name: &str,
        bytes: &'static [u8],
    ) -> Answer {
        let path = format!("/api/messages/out/{id}");
        let disposition = format!("attachment; filename=\"{name}\"");
        let request = self.request(Method::PUT, &path);
        let request = request
            .header("content-type", "application/octet-stream")
            .header("content-disposition", disposition);
        answer(request.body(bytes)).await
    }

    pub(crate) async fn send(&self, id: &str) -> Answer {
        self.ask(Method::POST, &format!("/api/messages/out/{id}"))
            .await
    }

    /// Create, attach one file and send; answers the message's id.
    pub(crate) async fn deliver(&self) -> String {
        let (status, made) = self.create(&innsynskrav()).await;
        assert_eq!(status, 200, "{made}");
        let id = id_of(&made);
        let (status, told) = self.put(&id, "order.xml", b"<a/>").await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(self.send(&id).await.0, 200);
        id
    }

    pub(crate) async fn peek(&self, id: &str) -> Answer {
        self.get(&format!("/api/messages/in/peek?messageId={id}"))
            .await
    }

    /// Peek until the message is there.
    pub(crate) async fn await_peek(&self, id: &str) -> Value {
        let path = format!("/api/messages/in/peek?messageId={id}");
        self.until(&path, |(status, _)| *status == 200).await
    }

    pub(crate) async fn pop(&self, id: &str) -> (StatusCode, Bytes) {
        let path = format!("/api/messages/in/pop/{id}");
        let got = self.request(Method::GET, &path).send().await.unwrap();
        (got.status(), got.bytes().await.unwrap())
    }

    pub(crate) async fn delete(&self, id: &str) -> Answer {
        self.ask(Method::DELETE, &format!("/api/messages/in/{id}"))
            .await
    }

    /// The statuses of a message, in order.
    pub(crate) async fn log(&self, id: &str) -> Vec<Value> {
        let (_, page) = self.get(&format!("/api/statuses/{id}?size=50")).await;
        page["content"].as_array().cloned().unwrap_or_default()
    }

    /// Wait until the log of a message ends so.
    pub(crate) async fn await_status(&self, id: &str, last: &str) -> Vec<String> {
        let path = format!("/api/statuses/{id}?size=50");
        let page = self.until(&path, |(_, page)| {
            let lines = page["content"].as_array();
            lines
                .and_then(|l| l.last())
                .is_some_and(|l| l["status"] == last)
        });
        let page = page.await;
        let lines = page["content"].as_array().unwrap();
        lines
            .iter()
            .map(|l| l["status"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn until(&self, path: &str, enough: impl Fn(&Answer) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let got = self.get(path).await;
            if enough(&got) {
                return got.1;
            }
            assert!(Instant::now() < end, "it does not come: {path}: {}", got.1);
            tokio::time::sleep(BETWEEN).await;
        }
    }
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let got = request.send().await.unwrap();
    let status = got.status();
    let text = got.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The message's id in an SBD.
pub(crate) fn id_of(sbd: &Value) -> String {
    let what = &sbd["standardBusinessDocumentHeader"]["documentIdentification"];
    what["instanceIdentifier"].as_str().unwrap().to_owned()
}

/// An innsynskrav from the portal to the body, without an id.
pub(crate) fn innsynskrav() -> Value {
    let party = |orgnr: &str| {
        let authority = "iso6523-actorid-upis";
        json!([{"identifier": {"value": format!("0192:{orgnr}"), "authority": authority}}])
    };
    json!({
        "standardBusinessDocumentHeader": {
            "headerVersion": "1.0",
            "sender": party(PORTAL),
            "receiver": party(BODY),
            "documentIdentification": {
                "standard": "urn:no:difi:einnsyn:xsd::innsynskrav",
                "typeVersion": "1.0",
                "type": "innsynskrav",
            },
            "businessScope": {"scope": [{"type": "ConversationId",
                "identifier": "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0"}]},
        },
        "innsynskrav": {"orgnr": BODY, "epost": "innsyn@lillevik.example"},
    })
}

/// The names in the central directory of a ZIP.
pub(crate) fn names(zip: &[u8]) -> Vec<String> {
    let starts = zip
        .windows(4)
        .enumerate()
        .filter(|(_, w)| *w == b"PK\x01\x02");
    let name = |(at, _): (usize, &[u8])| {
        let length = usize::from(u16::from_le_bytes([zip[at + 28], zip[at + 29]]));
        String::from_utf8(zip[at + 46..at + 46 + length].to_vec()).unwrap()
    };
    starts.map(name).collect()
}
