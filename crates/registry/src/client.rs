//! Ask a register, verify what it says, and remember it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
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
use crate::question::{Answer, Question};
use crate::record::{ServiceRecord, answer, certificate};
use crate::signers::Signers;
use crate::token::{Grant, Tokens};
use crate::{Error, record};

/// How long an answer is good without asking again (the Java access point: 5 minutes).
const FRESH_TIME: SignedDuration = SignedDuration::from_mins(5);
/// The same of the message service's key (wire-format §5.5).
const KEY_FRESH_TIME: SignedDuration = SignedDuration::from_hours(24);
/// As the Java access point.
pub(crate) const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
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
    /// Where those keys are published, if they are not given: whoever answers there is
    /// believed.
    pub keys_at: Option<Url>,
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
            keys_at: None,
            grant: None,
            suppliers: Vec::new(),
        }
    }
}

/// Keeps an answer where it is found after a restart, in place of the one to the same
/// question; none when the answer is not good any more. It may be secret.
pub type Keeper = Box<
    dyn Fn(
            String,
            Option<Zeroizing<Vec<u8>>>,
        ) -> Pin<Box<dyn Future<Output = ()> + Send>>
        + Send
        + Sync,
>;

/// A register that is asked.
pub struct Registry {
    client: Client,
    base: String,
    clock: Clock,
    signers: Signers,
    tokens: Option<Tokens>,
    suppliers: Vec<String>,
    state: Mutex<State>,
    records: Memory<Arc<Vec<ServiceRecord>>>,
    certificates: Memory<Certificate>,
    keys: Memory<SecretString>,
    keeper: OnceLock<Keeper>,
}

impl Registry {
    /// A register at this address. Says loudly when its answers are taken unsigned.
    pub fn new(settings: &Settings, clock: Clock) -> Result<Self, Error> {
        let client = outbound::client_within(&settings.base, ANSWER_TIME_MAX);
        let client = client.map_err(|e| Error::Settings(e.to_string()))?;
        let grant = settings.grant.clone();
        let tokens = grant.map(|grant| Tokens::new(grant, clock.clone()));
        Ok(Self {
            client,
            base: settings.base.as_str().trim_end_matches('/').to_owned(),
            clock,
            signers: Signers::of(settings)?,
            tokens: tokens.transpose()?,
            suppliers: settings.suppliers.clone(),
            state: Mutex::default(),
            records: Memory::new(FRESH_TIME),
            certificates: Memory::new(FRESH_TIME),
            keys: Memory::new(KEY_FRESH_TIME),
            keeper: OnceLock::new(),
        })
    }

    /// Take in what was kept before a restart, and have a keeper for what is said from now
    /// on. What was kept is believed if it would be today: it is of this register, and
    /// signed by the pinned key, or one published, when it came. Answers how much was.
    pub fn remember(
        &self,
        kept: impl IntoIterator<Item = (String, Zeroizing<Vec<u8>>)>,
        keeper: Keeper,
    ) -> usize {
        // The keys before what they signed.
        let (keys, kept): (Vec<_>, Vec<_>) = kept
            .into_iter()
            .partition(|(question, bytes)| self.signers.recall(question, bytes));
        drop(keys);
        let taken = kept.into_iter().filter(|(question, bytes)| {
            let path = question.strip_prefix(&self.base);
            let (question, answer) = (path.and_then(Question::of), Answer::read(bytes));
            let recalled = question.zip(answer).map(|(q, a)| self.recall(q, &a));
            recalled.is_some_and(|recalled| recalled.is_ok())
        });
        let count = taken.count();
        drop(self.keeper.set(keeper));
        count
    }

    fn recall(&self, question: Question, answer: &Answer) -> Result<(), Error> {
        let text = self.signers.believed(answer)?;
        match &question {
            Question::Records { receiver, process } => {
                let records = records_in(&text, receiver, process.as_deref())?;
                self.records.recall(question, records, answer.at);
            }
            Question::Certificate(orgnr) => {
                let certificate = self.certificate_in(&text, orgnr)?;
                self.certificates.recall(question, certificate, answer.at);
            }
            Question::Key => self.keys.recall(question, key_in(&text)?, answer.at),
        }
        let mut state = locked(&self.state);
        state.answered = state.answered.max(Some(answer.at));
        Ok(())
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
        let question = Question::Certificate(orgnr.into());
        let ask = self.learn(&question, "", |text| self.certificate_in(text, orgnr));
        self.certificates
            .answer(&self.clock, &self.state, &question, ask)
            .await
    }

    fn certificate_in(&self, text: &str, orgnr: &str) -> Result<Certificate, Error> {
        let found = certificate(text)?;
        let got = found.orgnr().unwrap_or(orgnr);
        if !record::same(got, orgnr) && !self.suppliers.iter().any(|s| s == got) {
            return Err(record::swapped(orgnr, got));
        }
        Ok(found)
    }

    /// The message service's key, for those who have leave to use that.
    pub async fn sas_key(&self) -> Result<SecretString, Error> {
        let question = Question::Key;
        let ask = self.learn(&question, "", key_in);
        self.keys
            .answer(&self.clock, &self.state, &question, ask)
            .await
    }

    /// The same, asked for anew: the one from before was refused.
    pub async fn sas_key_anew(&self) -> Result<SecretString, Error> {
        self.keys.doubt();
        self.sas_key().await
    }

    /// What the register says of an organisation itself.
    pub async fn info(&self, orgnr: &str) -> Result<Value, Error> {
        let answer = self.ask(&format!("/info/{orgnr}")).await?;
        let text = self.heard(&answer).await?;
        let body: Value = serde_json::from_str(&text).map_err(|e| self::answer(&e))?;
        record::about(&body, orgnr)?;
        Ok(body)
    }

    /// The register's whole answer about a receiver, for those who pass it on.
    pub async fn raw(&self, receiver: &str) -> Result<Value, Error> {
        let answer = self.ask(&format!("/identifier/{receiver}")).await?;
        let text = self.heard(&answer).await?;
        serde_json::from_str(&text).map_err(|e| self::answer(&e))
    }

    async fn records(
        &self,
        receiver: &str,
        process: Option<&str>,
        conversation: Option<&str>,
    ) -> Result<Arc<Vec<ServiceRecord>>, Error> {
        let question = Question::Records {
            receiver: receiver.into(),
            process: process.map(str::to_owned),
        };
        let query = conversation.map(|id| format!("?conversationId={id}"));
        let query = query.unwrap_or_default();
        let read = |text: &str| records_in(text, receiver, process);
        let ask = self.learn(&question, &query, read);
        self.records
            .answer(&self.clock, &self.state, &question, ask)
            .await
    }

    /// Ask, read the answer, and have it kept if it can be read; what the register denies
    /// is not kept any longer.
    async fn learn<T>(
        &self,
        question: &Question,
        query: &str,
        read: impl Fn(&str) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let path = question.path();
        let asked = self.ask(&format!("{path}{query}")).await;
        let learned = match asked {
            Ok(answer) => match self.heard(&answer).await {
                Ok(text) => read(&text).map(|read| (read, answer.bytes())),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        let kept = match &learned {
            Ok((_, bytes)) => Some(Some(bytes.clone())),
            Err(Error::NotFound { .. }) => Some(None),
            Err(_) => None,
        };
        if let (Some(kept), Some(keeper)) = (kept, self.keeper.get()) {
            keeper(format!("{}{path}", self.base), kept).await;
        }
        learned.map(|(read, _)| read)
    }

    /// What an answer says, if it is signed as it must be; keys that it is signed by are
    /// asked for where they are published, if they are not known.
    async fn heard(&self, answer: &Answer) -> Result<Zeroizing<String>, Error> {
        if let Some((at, keys)) = self.signers.inquire(answer).await?
            && let Some(keeper) = self.keeper.get()
        {
            keeper(at, Some(keys)).await;
        }
        self.signers.believed(answer)
    }

    async fn ask(&self, path: &str) -> Result<Answer, Error> {
        let mut reply = self.request(path).await?;
        if let (StatusCode::UNAUTHORIZED, Some(tokens)) = (reply.status(), &self.tokens)
        {
            // It may have been withdrawn before its time.
            tokens.forget(SCOPE).await;
            reply = self.request(path).await?;
        }
        let status = reply.status();
        let signed = reply
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|v| v.to_str().is_ok_and(|v| v.starts_with(jws::MIME)));
        let text = Zeroizing::new(text(reply).await?);
        let at = self.clock.now();
        match status.is_success() {
            true => Ok(Answer { at, signed, text }),
            false => Err(refusal(status, &text)),
        }
    }

    async fn request(&self, path: &str) -> Result<Response, Error> {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if self.signers.any() {
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

fn records_in(
    text: &str,
    receiver: &str,
    process: Option<&str>,
) -> Result<Arc<Vec<ServiceRecord>>, Error> {
    let mut body: Value = serde_json::from_str(text).map_err(|e| answer(&e))?;
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
}

fn key_in(text: &str) -> Result<SecretString, Error> {
    match text.trim() {
        "" => Err(Error::Answer("the key is empty".into())),
        key => Ok(SecretString::from(key)),
    }
}

pub(crate) fn unreachable(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    Error::Unreachable(cause.unwrap_or_else(|| error.to_string()))
}

pub(crate) async fn text(mut reply: Response) -> Result<String, Error> {
    let mut all = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(unreachable)? {
        if all.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Error::Answer("it is larger than 4 MB".into()));
        }
        all.extend_from_slice(&chunk);
    }
    String::from_utf8(all).map_err(|e| answer(&e))
}

pub(crate) fn refusal(status: StatusCode, text: &str) -> Error {
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
