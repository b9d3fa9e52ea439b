//! The runtime API over HTTP: send, peek-lock, complete, unlock.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use ambient::Clock;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::settings::Settings;
use super::token::{encode, sign};
use crate::{DeadLettered, Error, Lock, Parcel, Pending, Received, Transport};

/// How long a token is good for, and how long before its end it is replaced.
const TOKEN_TIME: SignedDuration = SignedDuration::from_mins(20);
const TOKEN_RENEW: SignedDuration = SignedDuration::from_mins(5);
/// An answer that takes longer than this, beyond the wait that we asked for, is lost.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// Requests for further messages that are under way at once.
const FETCHES_AT_ONCE: usize = 8;
/// Azure waits no longer than this for a message to come.
const WAIT_TIME_MAX: Duration = Duration::from_secs(55);

/// A message service over REST, and our queue on it.
pub struct Rest {
    client: Client,
    settings: Settings,
    own: String,
    clock: Clock,
    tokens: Mutex<HashMap<String, (SecretString, Timestamp)>>,
}

impl Rest {
    /// The end of the access point that reads this queue.
    pub fn new(settings: Settings, own: String, clock: Clock) -> Result<Self, Error> {
        let client = match &settings.authorities {
            None => outbound::client(&settings.base),
            Some(pem) => outbound::client_believing(&settings.base, pem),
        };
        let client = client.map_err(|e| Error::Settings(e.to_string()))?;
        Ok(Self {
            client,
            settings,
            own,
            clock,
            tokens: Mutex::default(),
        })
    }

    fn request(&self, method: Method, queue: &str, rest: &str) -> RequestBuilder {
        let base = self.settings.base.as_str().trim_end_matches('/');
        let mut request = self
            .client
            .request(method, format!("{base}/{queue}/messages{rest}"))
            .timeout(ANSWER_TIME_MAX);
        if let Some(token) = self.token(&format!("{base}/{queue}")) {
            request = request.header(AUTHORIZATION, token.expose_secret());
        }
        request
    }

    /// A token for the queue, made anew when its end is near.
    fn token(&self, address: &str) -> Option<SecretString> {
        let (policy, key) = self.settings.policy.as_ref()?;
        let now = self.clock.now();
        let mut tokens = self.tokens.lock().expect("nobody panics while holding it");
        let fresh = |(_, end): &&(SecretString, Timestamp)| {
            end.duration_since(now) > TOKEN_RENEW
        };
        if let Some((token, _)) = tokens.get(address).filter(fresh) {
            return Some(token.clone());
        }
        let end = now.checked_add(TOKEN_TIME).unwrap_or(Timestamp::MAX);
        let token: SecretString =
            sign(address, policy, key.expose_secret(), end).into();
        tokens.insert(address.to_owned(), (token.clone(), end));
        Some(token)
    }

    /// One message, or none when the wait is over.
    async fn head(&self, wait: Duration) -> Result<Option<Received>, Error> {
        let wait = wait.min(WAIT_TIME_MAX);
        let rest = format!("/head?timeout={}", wait.as_secs());
        let request = self.request(Method::POST, &self.own, &rest);
        let answer = request.timeout(ANSWER_TIME_MAX + wait).send().await;
        let answer = checked(answer.map_err(unreachable)?).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let properties = properties(answer.headers())?;
        let body = answer.bytes().await.map_err(unreachable)?;
        Ok(Some(Received {
            body,
            lock: Lock {
                message: properties.message_id,
                token: properties.lock_token,
            },
            delivery_count: properties.delivery_count,
        }))
    }

    async fn fetch(&self, max: usize, wait: Duration) -> Result<Vec<Received>, Error> {
        let Some(first) = self.head(wait).await? else {
            return Ok(Vec::new());
        };
        let mut all = vec![first];
        while all.len() < max {
            let more = (max - all.len()).min(FETCHES_AT_ONCE);
            let heads = (0..more).map(|_| self.head(Duration::ZERO));
            let before = all.len();
            // What was fetched is kept whatever became of the others.
            all.extend(join_all(heads).await.into_iter().flatten().flatten());
            if all.len() < before + more {
                break;
            }
        }
        Ok(all)
    }

    async fn settle(&self, method: Method, lock: &Lock) -> Result<(), Error> {
        let rest = format!("/{}/{}", encode(&lock.message), lock.token);
        let answer = self.request(method, &self.own, &rest).send().await;
        match checked(answer.map_err(unreachable)?).await {
            Err(Error::Refused {
                status: 404 | 410, ..
            }) => Err(Error::LockLost),
            settled => settled.map(drop),
        }
    }
}

impl Transport for Rest {
    fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
        Box::pin(async move {
            let mut properties = Map::new();
            properties.insert("MessageId".into(), parcel.message_id.into());
            if let Some(time) = parcel.time_to_live {
                properties.insert("TimeToLive".into(), time.as_secs_f64().into());
            }
            let bytes = parcel.body.len();
            let answer = self
                .request(Method::POST, &parcel.queue, "")
                // Java peers read any other type as ISO-8859-1 (wire-format §2.4).
                .header(CONTENT_TYPE, "application/json")
                .header("BrokerProperties", Value::Object(properties).to_string())
                .body(parcel.body)
                .send()
                .await;
            match checked(answer.map_err(unreachable)?).await {
                Err(Error::Refused { status: 413, .. }) => {
                    Err(Error::TooLarge { bytes })
                }
                sent => sent.map(drop),
            }
        })
    }

    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
        Box::pin(self.fetch(max, wait))
    }

    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(self.settle(Method::DELETE, lock))
    }

    fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(self.settle(Method::PUT, lock))
    }

    fn dead_letter<'a>(
        &'a self,
        _: &'a Lock,
        _: &'a str,
        _: &'a str,
    ) -> Pending<'a, DeadLettered> {
        // > REST cannot: dead-letter by the client (servicebus §1.1)
        Box::pin(async { Ok(DeadLettered::Unsupported) })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    message_id: String,
    lock_token: String,
    #[serde(default)]
    delivery_count: u32,
}

fn properties(headers: &HeaderMap) -> Result<Properties, Error> {
    let text = headers
        .get("BrokerProperties")
        .and_then(|v| v.to_str().ok());
    let read = serde_json::from_str(text.unwrap_or_default());
    read.map_err(|e| Error::Refused {
        status: 502,
        detail: format!("its BrokerProperties cannot be read: {e}"),
    })
}

async fn checked(answer: Response) -> Result<Response, Error> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = answer.text().await.unwrap_or_default();
    Err(Error::Refused {
        status: status.as_u16(),
        detail: detail(&text),
    })
}

/// The words inside `<Detail>`, or the beginning of whatever was said.
fn detail(text: &str) -> String {
    let inside = text
        .split_once("<Detail>")
        .and_then(|(_, t)| t.split_once("</Detail>"));
    inside
        .map_or(text, |(words, _)| words)
        .chars()
        .take(300)
        .collect()
}

/// Say what failed without the address, which names a queue.
fn unreachable(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    Error::Unreachable(cause.unwrap_or_else(|| error.to_string()))
}
