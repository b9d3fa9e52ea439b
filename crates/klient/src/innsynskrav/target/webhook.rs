//! An address that takes JSON. Any 2xx is a yes.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::hmac;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::Error;
use crate::settings::secret;

const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// Name of the header with the HMAC-SHA-256 of the body, in hexadecimal.
const SIGNATURE: &str = "X-Sendebud-Signature";

/// An address, and the key that requests are signed with.
pub(crate) struct Webhook {
    client: Client,
    url: Url,
    key: Option<SecretString>,
    token: Option<SecretString>,
}

impl Webhook {
    pub(crate) fn new(url: &Url, secret_file: Option<&Path>) -> Result<Self, Error> {
        let client = outbound::client_within(url, ANSWER_TIME_MAX);
        Ok(Self {
            client: client.map_err(|e| Error::Settings(e.to_string()))?,
            url: url.clone(),
            key: secret_file.map(secret).transpose()?,
            token: None,
        })
    }

    /// The same for an address that lets only those in who have a token.
    pub(crate) fn with_token(mut self, file: Option<&Path>) -> Result<Self, Error> {
        self.token = file.map(secret).transpose()?;
        Ok(self)
    }

    /// Post it; answers when it has been taken.
    pub(crate) async fn post(&self, body: &Value) -> Result<(), Error> {
        let body = body.to_string();
        let mut request = self.client.post(self.url.clone());
        request = request.header("Content-Type", "application/json");
        if let Some(key) = &self.key {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
            let tag = hmac::sign(&key, body.as_bytes());
            let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
            request = request.header(SIGNATURE, format!("sha256={hex}"));
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        let answer = request.body(body).send().await;
        let answer = answer
            .map_err(|e| Error::Target(format!("webhook: {}", e.without_url())))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(Error::Target(format!("webhook answered {status}"))),
        }
    }
}
