//! Ask a register, verify what it says, and remember it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambient::Clock;
use dokumentpakke::Certificate;
use jiff::SignedDuration;
use reqwest::{Client, Response, StatusCode, header};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde_json::Value;
use url::Url;

use crate::jws::{self, Verifier};
use crate::memory::{Memory, State, locked};
use crate::record::{ServiceRecord, answer, certificate};
use crate::token::{Grant, Tokens};
use crate::{Error, record};

/// How long an answer is good without asking again (the Java access point: 5 minutes).
const FRESH_TIME: SignedDuration = SignedDuration::from_mins(5);
/// The same of the message service's key (wire-format §5.5).
const KEY_FRESH_TIME: SignedDuration = SignedDuration::from_hours(24);
/// As the Java access point.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// How large an answer may be.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What gives leave to ask for DPE (wire-format §6). It is asked for by itself, so that
/// nothing else that is missing at Maskinporten stands in its way.
const SCOPE: &str = "eformidling:dpe";

/// Where the register is and how its answers are to be taken.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base address.
    pub base: Url,
    /// By which keys answers are signed (JWS). Unsigned is for closed networks and tests.
    pub verifier: Option<Verifier>,
    /// How leave to ask is had; the register must need none otherwise.
    pub grant: Option<Grant>,
    /// Organisations whose certificate may be given as another's.
    pub suppliers: Vec<String>,
}

impl Settings {
    /// A register whose answers are taken unsigned, and that anybody may ask.
    pub fn open(base: Url) -> Self {
        Self {
            base,
            verifier: None,
            grant: None,
            suppliers: Vec::new(),
        }
    }
}

/// A register that is asked.
pub struct Registry {
    client: Client,
    base: String,
    clock: Clock,
    verifier: Option<Verifier>,
    tokens: Option<Tokens>,
    suppliers: Vec<String>,
    state: Mutex<State>,
    records: Memory<Arc<Vec<ServiceRecord>>>,
    certificates: Memory<Certificate>,
    keys: Memory<SecretString>,
}

impl Registry {
    /// A register at this address. Says loudly when its answers are taken unsigned.
    pub fn new(settings: &Settings, clock: Clock) -> Result<Self, Error> {
        if settings.verifier.is_none() {
            tracing::warn!("the address register's answers are taken UNSIGNED");
        }
        let client = outbound::client_within(&settings.base, ANSWER_TIME_MAX);
        let client = client.map_err(|e| Error::Settings(e.to_string()))?;
        let grant = settings.grant.clone();
        let tokens = grant.map(|grant| Tokens::new(grant, clock.clone()));
        Ok(Self {
            client,
            base: settings.base.as_str().trim_end_matches('/').to_owned(),
            clock,
            verifier: settings.verifier.clone(),
            tokens: tokens.transpose()?,
            suppliers: settings.suppliers.clone(),
            state: Mutex::default(),
            records: Memory::new(FRESH_TIME),
            certificates: Memory::new(FRESH_TIME),
            keys: Memory::new(KEY_FRESH_TIME),
        })
    }

    /// How it has answered of late.
    pub fn state(&self) -> State {
        locked(&self.state).clone()
    }

    /// The receiver's records for a process. The conversation is told to the register
    /// for its own log; answers are remembered without it.
    pub async fn lookup(
        &self,
        receiver: &str,
        process: &str,
        conversation: Option<&str>,
    ) -> Result<Arc<Vec<ServiceRecord>>, Error> {
        self.records(receiver, Some(process), conversation).await
    }

    /// All the receiver's records.
    pub async fn all(&self, receiver: &str) -> Result<Arc<Vec<ServiceRecord>>, Error> {
        self.records(receiver, None, None).await
    }

    /// The organisation's certificate as the register gives it to others.
    pub async fn certificate_of(&self, orgnr: &str) -> Result<Certificate, Error> {
        let path = format!("/virksert/{orgnr}");
        let ask = async {
            let found = certificate(&self.ask(&path).await?)?;
            let got = found.orgnr().unwrap_or(orgnr);
            if !record::same(got, orgnr) && !self.suppliers.iter().any(|s| s == got) {
                return Err(record::swapped(orgnr, got));
            }
            Ok(found)
        };
        self.certificates
            .answer(&self.clock, &self.state, &path, ask)
            .await
    }

    /// The message service's key, for those who have leave to use that.
    pub async fn sas_key(&self) -> Result<SecretString, Error> {
        let path = "/sastoken";
        let ask = async {
            let text = Zeroizing::new(self.ask(path).await?);
            match text.trim() {
                "" => Err(Error::Answer("the key is empty".into())),
                key => Ok(SecretString::from(key)),
            }
        };
        self.keys.answer(&self.clock, &self.state, path, ask).await
    }

    /// The same, asked for anew: the one from before was refused.
    pub async fn sas_key_anew(&self) -> Result<SecretString, Error> {
        self.keys.doubt();
        self.sas_key().await
    }

    /// What the register says of an organisation itself.
    pub async fn info(&self, orgnr: &str) -> Result<Value, Error> {
        let text = self.ask(&format!("/info/{orgnr}")).await?;
        let body: Value = serde_json::from_str(&text).map_err(|e| answer(&e))?;
        record::about(&body, orgnr)?;
        Ok(body)
    }

    /// The register's whole answer about a receiver, for those who pass it on.
    pub async fn raw(&self, receiver: &str) -> Result<Value, Error> {
        let text = self.ask(&format!("/identifier/{receiver}")).await?;
        serde_json::from_str(&text).map_err(|e| answer(&e))
    }

    async fn records(
        &self,
        receiver: &str,
        process: Option<&str>,
        conversation: Option<&str>,
    ) -> Result<Arc<Vec<ServiceRecord>>, Error> {
        let process_path = process.map(|process| format!("/process/{process}"));
        let process_path = process_path.unwrap_or_default();
        let path = format!("/identifier/{receiver}{process_path}");
        let ask = async {
            let query = conversation.map(|id| format!("?conversationId={id}"));
            let text = self
                .ask(&format!("{path}{}", query.unwrap_or_default()))
                .await?;
            let mut body: Value =
                serde_json::from_str(&text).map_err(|e| answer(&e))?;
            record::about(&body, receiver)?;
            let records = body.get_mut("serviceRecords").map(Value::take);
            let Some(Value::Array(records)) = records else {
                return Err(Error::Answer("serviceRecords is missing".into()));
            };
            let read = records.into_iter().map(ServiceRecord::read);
            let read = read.collect::<Result<Vec<_>, _>>()?;
            for one in &read {
                one.is_of(receiver, process)?;
            }
            Ok(Arc::new(read))
        };
        self.records
            .answer(&self.clock, &self.state, &path, ask)
            .await
    }

    async fn ask(&self, path: &str) -> Result<String, Error> {
        let mut reply = self.request(path).await?;
        if let (StatusCode::UNAUTHORIZED, Some(tokens)) = (reply.status(), &self.tokens)
        {
            // It may have been withdrawn before its time.
            tokens.forget(SCOPE).await;
            reply = self.request(path).await?;
        }
        let status = reply.status();
        let jose = reply
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|v| v.to_str().is_ok_and(|v| v.starts_with(jws::MIME)));
        let text = text(reply).await?;
        if !status.is_success() {
            return Err(refusal(status, &text));
        }
        match (&self.verifier, jose) {
            (Some(verifier), true) => {
                let body = verifier.verify(&text, self.clock.now())?;
                String::from_utf8(body).map_err(|e| answer(&e))
            }
            (Some(_), false) => Err(Error::Signature("it is not signed".into())),
            (None, false) => Ok(text),
            (None, true) => Err(Error::Answer(
                "it is signed, but signed = false is set".into(),
            )),
        }
    }

    async fn request(&self, path: &str) -> Result<Response, Error> {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if self.verifier.is_some() {
            request = request
                .header(header::ACCEPT, "application/jose, application/json;q=0.5");
        }
        if let Some(tokens) = &self.tokens {
            let token = tokens.of(SCOPE).await?;
            request = request.header(header::AUTHORIZATION, Tokens::bearer(&token));
        }
        request.send().await.map_err(unreachable)
    }
}

fn unreachable(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    Error::Unreachable(cause.unwrap_or_else(|| error.to_string()))
}

async fn text(mut reply: Response) -> Result<String, Error> {
    let mut all = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(unreachable)? {
        if all.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Error::Answer("it is larger than 4 MB".into()));
        }
        all.extend_from_slice(&chunk);
    }
    String::from_utf8(all).map_err(|e| answer(&e))
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
