//! Tokens of Maskinporten: a JWT grant (RFC 7523) signed with the enterprise certificate,
//! or with a key that is known there by its id.

use std::collections::HashMap;
use std::time::Duration;

use ambient::{Clock, Random};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dokumentpakke::Identity;
use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use crate::{Error, jws};

/// > iat / exp: now / now + 120 s (wire-format §6)
const GRANT_TIME: SignedDuration = SignedDuration::from_secs(120);
/// How long before its end a token is not used any more.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);

/// Where tokens are had, and by whom.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The token endpoint.
    pub endpoint: Url,
    /// `aud` of the grant.
    pub audience: String,
    /// `iss`: the client's id.
    pub client: String,
    /// Signs the grant.
    pub key: Identity,
    /// The id of the key, where it was registered by itself; the certificate goes along
    /// when there is none.
    pub key_id: Option<String>,
    /// Chance, for the ids of grants.
    pub random: Random,
}

/// One token for each scope, each kept until shortly before its end.
pub(crate) struct Tokens {
    grant: Grant,
    client: Client,
    clock: Clock,
    known: Mutex<HashMap<String, (SecretString, Timestamp)>>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    #[serde(default)]
    expires_in: i64,
}

impl Tokens {
    pub(crate) fn new(grant: Grant, clock: Clock) -> Result<Self, Error> {
        let client = outbound::client_within(&grant.endpoint, ANSWER_TIME_MAX);
        Ok(Self {
            client: client.map_err(|e| Error::Settings(e.to_string()))?,
            grant,
            clock,
            known: Mutex::default(),
        })
    }

    /// A token for one scope. One scope that is refused says nothing of another.
    pub(crate) async fn of(&self, scope: &str) -> Result<SecretString, Error> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some((token, until)) = known.get(scope)
            && now < *until
        {
            return Ok(token.clone());
        }
        let answer = self.ask(scope, now).await?;
        let life = SignedDuration::from_secs(answer.expires_in.clamp(0, 3600));
        let token = answer.access_token;
        known.insert(scope.to_owned(), (token.clone(), now + life - MARGIN));
        Ok(token)
    }

    /// Forget a token that was not taken.
    pub(crate) async fn forget(&self, scope: &str) {
        self.known.lock().await.remove(scope);
    }

    async fn ask(&self, scope: &str, now: Timestamp) -> Result<Answer, Error> {
        let wrong = |words: String| Error::Token {
            scope: scope.to_owned(),
            words,
        };
        let down =
            |e: reqwest::Error| Error::TokenUnreachable(e.without_url().to_string());
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &self.assertion(scope, now)?),
        ];
        let request = self.client.post(self.grant.endpoint.clone()).form(&form);
        let reply = request.send().await.map_err(down)?;
        let status = reply.status();
        let text = reply.text().await.map(Zeroizing::new).map_err(down)?;
        if status.is_server_error() {
            return Err(Error::TokenUnreachable(format!("it answers {status}")));
        }
        if !status.is_success() {
            let body: serde_json::Value =
                serde_json::from_str(&text).unwrap_or_default();
            let said = body["error_description"]
                .as_str()
                .or(body["error"].as_str());
            return Err(wrong(said.unwrap_or(status.as_str()).to_owned()));
        }
        let answer: Result<Answer, _> = serde_json::from_str(&text);
        // What came instead is not quoted: it may be half a token.
        answer.map_err(|_| wrong("its answer cannot be read".into()))
    }

    fn assertion(&self, scope: &str, now: Timestamp) -> Result<String, Error> {
        let header = match &self.grant.key_id {
            Some(id) => json!({"alg": "RS256", "kid": id}),
            None => {
                let leaf = STANDARD.encode(self.grant.key.certificate().der());
                json!({"alg": "RS256", "x5c": [leaf]})
            }
        };
        let claims = json!({
            "aud": self.grant.audience,
            "iss": self.grant.client,
            "scope": scope,
            "jti": self.grant.random.uuid().to_string(),
            "iat": now.as_second(),
            "exp": (now + GRANT_TIME).as_second(),
        });
        jws::compact(&header, claims.to_string().as_bytes(), &self.grant.key)
    }

    /// The token as a header has it.
    pub(crate) fn bearer(token: &SecretString) -> String {
        format!("Bearer {}", token.expose_secret())
    }
}
