//! Ask issuers whether a certificate was revoked, by OCSP and CRL, and remember the answers.
//!
//! Order:  a remembered answer that still holds → OCSP → CRL → unknown.
//!
//! An answer is remembered until the time that it names, a day at most. While whoever
//! should answer cannot be reached an older answer counts as long as it holds; after
//! that, and when there is none, the certificate's state is unknown, which is accepted
//! and shown unless the settings refuse it. One that did not answer is left alone for five
//! minutes, so that an outage does not hold up every package.

use std::collections::HashMap;
use std::time::Duration;

use ambient::Clock;
use dokumentpakke::Certificate;
use dokumentpakke::trust::{Crl, Revocation, ocsp};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, header};
use tokio::sync::Mutex;
use url::Url;

const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
/// Lists of large issuers have a few megabytes.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long an answer is remembered at most, and how long one without an end is.
const REMEMBER_TIME_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How long who did not answer is left alone.
const PAUSE_TIME: SignedDuration = SignedDuration::from_mins(5);
/// How many answers are remembered.
const REMEMBERED_MAX: usize = 4096;

/// Asks issuers.
pub struct Checker {
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// By issuer and serial number.
    answers: HashMap<Key, (Revocation, Timestamp)>,
    lists: HashMap<String, (Crl, Timestamp)>,
    /// Not to be asked before.
    silent: HashMap<String, Timestamp>,
}

type Key = (Vec<u8>, String);

fn key(of: &Certificate, issuer: &Certificate) -> Key {
    (issuer.subject_der().to_vec(), of.serial())
}

/// What was found out about the certificates of a path.
#[derive(Debug, Clone, Default)]
pub struct Found(HashMap<Key, Revocation>);

impl Found {
    /// Of a certificate under its issuer's.
    pub fn of(&self, of: &Certificate, issuer: &Certificate) -> Revocation {
        let found = self.0.get(&key(of, issuer));
        found.copied().unwrap_or(Revocation::Unknown)
    }

    /// As judging asks.
    pub fn ask(&self) -> impl Fn(&Certificate, &Certificate) -> Revocation + '_ {
        |of, issuer| self.of(of, issuer)
    }
}

impl Checker {
    /// One that has asked nobody yet.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            known: Mutex::default(),
        }
    }

    /// Ask about every certificate of a path but the anchor at its end. Call it with
    /// paths that lead to an authority: the addresses asked are those in certificates.
    pub async fn check(&self, path: &[Certificate]) -> Found {
        let mut found = Found::default();
        for pair in path.windows(2) {
            let status = self.status(&pair[0], &pair[1]).await;
            found.0.insert(key(&pair[0], &pair[1]), status);
        }
        found
    }

    async fn status(&self, of: &Certificate, issuer: &Certificate) -> Revocation {
        let (now, key) = (self.clock.now(), key(of, issuer));
        if let Some((status, until)) = self.known.lock().await.answers.get(&key)
            && now < *until
        {
            return *status;
        }
        let mut answer = None;
        for url in of.ocsp_urls() {
            if answer.is_none() {
                answer = self.by_ocsp(url, of, issuer, now).await;
            }
        }
        for url in of.crl_urls() {
            if answer.is_none() {
                answer = self.by_list(url, of, issuer, now).await;
            }
        }
        let Some((status, until)) = answer else {
            return Revocation::Unknown;
        };
        let mut known = self.known.lock().await;
        if known.answers.len() >= REMEMBERED_MAX {
            known.answers.retain(|_, (_, until)| now < *until);
        }
        if known.answers.len() < REMEMBERED_MAX {
            let until = until.min(now + REMEMBER_TIME_MAX);
            known.answers.insert(key, (status, until));
        }
        status
    }

    async fn by_ocsp(
        &self,
        url: &str,
        of: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Option<(Revocation, Timestamp)> {
        let question = ocsp::request(of, issuer);
        let bytes = self.fetch(url, Some(question), now).await?;
        match ocsp::read(&bytes, of, issuer, now) {
            Ok(answer) => Some((answer.status, answer.until)),
            Err(error) => {
                tracing::warn!(url, %error, "an OCSP answer is not believed");
                None
            }
        }
    }

    async fn by_list(
        &self,
        url: &str,
        of: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Option<(Revocation, Timestamp)> {
        let remembered = self.known.lock().await.lists.get(url).cloned();
        let (list, until) = match remembered {
            Some((list, until)) if now < until => (list, until),
            older => match self.list(url, issuer, now).await {
                Some(new) => new,
                // It holds until the next was due, which `status` looks at.
                None => older?,
            },
        };
        match list.status(of, issuer, now) {
            Revocation::Unknown => None,
            status => Some((status, until.max(now + PAUSE_TIME))),
        }
    }

    async fn list(
        &self,
        url: &str,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Option<(Crl, Timestamp)> {
        let bytes = self.fetch(url, None, now).await?;
        let list = match Crl::parse(&bytes) {
            Ok(list) if list.is_by(issuer) => list,
            Ok(_) => {
                tracing::warn!(url, "a list of revoked certificates is another's");
                return None;
            }
            Err(error) => {
                tracing::warn!(url, %error, "a list of revoked certificates is not read");
                return None;
            }
        };
        let latest = now + REMEMBER_TIME_MAX;
        let until = list.next_update().map_or(latest, |next| next.min(latest));
        let mut known = self.known.lock().await;
        known.lists.insert(url.to_owned(), (list.clone(), until));
        Some((list, until))
    }

    async fn fetch(
        &self,
        url: &str,
        question: Option<Vec<u8>>,
        now: Timestamp,
    ) -> Option<Vec<u8>> {
        let silent = self.known.lock().await.silent.get(url).copied();
        if silent.is_some_and(|until| now < until) {
            return None;
        }
        match fetch(url, question).await {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                tracing::warn!(url, error, "nothing can be asked about revocation");
                let mut known = self.known.lock().await;
                known.silent.retain(|_, until| now < *until);
                known.silent.insert(url.to_owned(), now + PAUSE_TIME);
                None
            }
        }
    }
}

async fn fetch(url: &str, question: Option<Vec<u8>>) -> Result<Vec<u8>, String> {
    let url: Url = url.parse().map_err(|_| "no address".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("an address that is not asked".into());
    }
    let client = client(&url)?;
    let request = match question {
        Some(question) => client
            .post(url)
            .header(header::CONTENT_TYPE, ocsp::REQUEST_MIME)
            .body(question),
        None => client.get(url),
    };
    let words = |e: reqwest::Error| e.without_url().to_string();
    let reply = request.send().await.map_err(words)?;
    let mut reply = reply.error_for_status().map_err(words)?;
    let mut all = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(words)? {
        if all.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err("an answer that is too large".into());
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

fn client(url: &Url) -> Result<Client, String> {
    outbound::client_within(url, ANSWER_TIME_MAX).map_err(|e| e.to_string())
}
