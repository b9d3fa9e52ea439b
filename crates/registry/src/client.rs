//! Ask a register, and remember what it said.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambient::Clock;
use dokumentpakke::Certificate;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use url::Url;

use crate::Error;
use crate::record::{ServiceRecord, answer, certificate};

/// How long an answer is good without asking again (the Java access point: 5 minutes).
const FRESH_TIME: SignedDuration = SignedDuration::from_mins(5);
/// As the Java access point.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// Where the register is and how its answers are to be taken.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base address.
    pub base: Url,
    /// Whether answers are signed (JWS). Unsigned is for closed networks and tests.
    pub signed: bool,
}

/// A register that is asked.
pub struct Registry {
    client: Client,
    base: String,
    clock: Clock,
    records: Memory<Arc<Vec<ServiceRecord>>>,
    certificates: Memory<Certificate>,
}

type Memory<T> = Mutex<HashMap<String, (T, Timestamp)>>;

impl Registry {
    /// A register at this address. Says loudly when its answers are taken unsigned.
    pub fn new(settings: &Settings, clock: Clock) -> Result<Self, Error> {
        if settings.signed {
            return Err(Error::Settings(
                "signed answers cannot be verified yet; set signed = false, on closed \
                 networks only"
                    .into(),
            ));
        }
        tracing::warn!("the address register's answers are taken UNSIGNED");
        let client = outbound::client_within(&settings.base, ANSWER_TIME_MAX);
        let client = client.map_err(|e| Error::Settings(e.to_string()))?;
        Ok(Self {
            client,
            base: settings.base.as_str().trim_end_matches('/').to_owned(),
            clock,
            records: Memory::default(),
            certificates: Memory::default(),
        })
    }

    /// The receiver's records for a process. The conversation is told to the register
    /// for its own log; answers are remembered without it.
    pub async fn lookup(
        &self,
        receiver: &str,
        process: &str,
        conversation: Option<&str>,
    ) -> Result<Arc<Vec<ServiceRecord>>, Error> {
        let path = format!("/identifier/{receiver}/process/{process}");
        self.records(&path, conversation).await
    }

    /// All the receiver's records.
    pub async fn all(&self, receiver: &str) -> Result<Arc<Vec<ServiceRecord>>, Error> {
        self.records(&format!("/identifier/{receiver}"), None).await
    }

    /// The organisation's certificate as the register gives it to others.
    pub async fn certificate_of(&self, orgnr: &str) -> Result<Certificate, Error> {
        let path = format!("/virksert/{orgnr}");
        let ask = async { certificate(&self.ask(&path).await?) };
        remembered(&self.certificates, &self.clock, &path, ask).await
    }

    /// The register's whole answer about a receiver, for those who pass it on.
    pub async fn raw(&self, receiver: &str) -> Result<Value, Error> {
        let text = self.ask(&format!("/identifier/{receiver}")).await?;
        serde_json::from_str(&text).map_err(|e| answer(&e))
    }

    async fn records(
        &self,
        path: &str,
        conversation: Option<&str>,
    ) -> Result<Arc<Vec<ServiceRecord>>, Error> {
        let ask = async {
            let query = conversation.map(|id| format!("?conversationId={id}"));
            let text = self
                .ask(&format!("{path}{}", query.unwrap_or_default()))
                .await?;
            let mut body: Value =
                serde_json::from_str(&text).map_err(|e| answer(&e))?;
            let records = body.get_mut("serviceRecords").map(Value::take);
            let Some(Value::Array(records)) = records else {
                return Err(Error::Answer("serviceRecords is missing".into()));
            };
            let read = records.into_iter().map(ServiceRecord::read);
            Ok(Arc::new(read.collect::<Result<Vec<_>, _>>()?))
        };
        remembered(&self.records, &self.clock, path, ask).await
    }

    async fn ask(&self, path: &str) -> Result<String, Error> {
        let unreachable = |e: reqwest::Error| {
            let e = e.without_url();
            let cause = std::error::Error::source(&e).map(ToString::to_string);
            Error::Unreachable(cause.unwrap_or_else(|| e.to_string()))
        };
        let request = self.client.get(format!("{}{path}", self.base));
        let reply = request.send().await.map_err(unreachable)?;
        let status = reply.status();
        let jose = reply.headers().get("content-type").is_some_and(|v| {
            v.to_str().is_ok_and(|v| v.starts_with("application/jose"))
        });
        let text = reply.text().await.map_err(unreachable)?;
        if !status.is_success() {
            return Err(refusal(status, &text));
        }
        if jose {
            return Err(Error::Answer(
                "it is signed, but signed = false is set".into(),
            ));
        }
        Ok(text)
    }
}

/// A fresh answer from memory, else a new one, else the old one while the register is
/// down. What the register denies is not remembered and is not hidden by memory.
async fn remembered<T: Clone>(
    memory: &Memory<T>,
    clock: &Clock,
    path: &str,
    ask: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let known = memory
        .lock()
        .expect("nobody panics while holding it")
        .get(path)
        .cloned();
    let now = clock.now();
    match &known {
        Some((value, at)) if now.duration_since(*at) < FRESH_TIME => {
            return Ok(value.clone());
        }
        _ => {}
    }
    match (ask.await, known) {
        (Ok(value), _) => {
            let mut memory = memory.lock().expect("nobody panics while holding it");
            memory.insert(path.to_owned(), (value.clone(), now));
            Ok(value)
        }
        (Err(error), Some((value, _))) if error.fault().is_passing() => {
            tracing::warn!(%error, "an older answer of the address register is used");
            Ok(value)
        }
        (Err(error), _) => Err(error),
    }
}

fn refusal(status: StatusCode, text: &str) -> Error {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (code, description) = (word("error_code"), word("error_description"));
    if status == StatusCode::NOT_FOUND {
        return Error::NotFound { code, description };
    }
    Error::Refused {
        status: status.as_u16(),
        description,
    }
}
