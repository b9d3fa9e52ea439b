//! The caller's side of the eFormidling 2 API: what a case system does with its access
//! point.
//!
//! The portal and the klient are built on this, and so are the tests and the command
//! line: nobody has another door than the one that every case system has.

mod error;
mod list;
mod new;

use std::time::Duration;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use sbd::{Envelope, MessageId, Status};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

pub use error::Error;
pub use list::{Conversation, Listed, Subscription};
pub use new::{Correspondence, innsynskrav, kvittering, publisering};

/// How long an answer may take. Creating a message asks the address register, which has
/// 30 s of its own.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);

/// An access point as its caller sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fagsystem {
    client: Client,
    base: String,
    user: Option<(String, SecretString)>,
}

/// A file to be sent.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// A line of a message's log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusLine {
    /// What became of it.
    pub status: Status,
    /// When, as on the wire.
    pub last_update: String,
    /// Words, where there are any.
    #[serde(default)]
    pub description: Option<String>,
}

/// What a receiver takes under one process.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Capability {
    /// The process.
    pub process: String,
}

/// Messages on a page of those that wait.
pub const WAITING_MAX: usize = 100;

impl Fagsystem {
    /// The access point at this address, with Basic credentials if it asks for them.
    pub fn new(
        base: &Url,
        user: Option<(String, SecretString)>,
    ) -> Result<Self, Error> {
        Self::believing(base, user, None)
    }

    /// The same, with a certificate that these authorities (PEM) vouch for, where any
    /// are given.
    pub fn believing(
        base: &Url,
        user: Option<(String, SecretString)>,
        authorities: Option<&[u8]>,
    ) -> Result<Self, Error> {
        let client =
            outbound::client_within_believing(base, ANSWER_TIME_MAX, authorities);
        let client = client.map_err(|e| Error::Unreachable(e.to_string()))?;
        let base = base.as_str().trim_end_matches('/').to_owned();
        Ok(Self { client, base, user })
    }

    /// Create a message; answers it with what the access point filled in.
    pub async fn create(&self, envelope: &Envelope) -> Result<Envelope, Error> {
        let request = self.request(Method::POST, "/api/messages/out");
        let request = request.header("Content-Type", "application/json");
        read(self.send(request.body(envelope.to_json())).await?).await
    }

    /// Attach a file to a message that was created.
    pub async fn attach(&self, id: &MessageId, file: Upload) -> Result<(), Error> {
        let name = percent(&file.name);
        let disposition =
            format!("attachment; name*=UTF-8''{name}; filename*=UTF-8''{name}");
        let request = self
            .request(Method::PUT, &format!("/api/messages/out/{id}"))
            .header("Content-Type", file.mime)
            .header("Content-Disposition", disposition)
            .body(file.bytes);
        self.send(request).await.map(drop)
    }

    /// Have a message sent.
    pub async fn submit(&self, id: &MessageId) -> Result<(), Error> {
        let request = self.request(Method::POST, &format!("/api/messages/out/{id}"));
        self.send(request).await.map(drop)
    }

    /// Create, attach and send at once.
    pub async fn multipart(
        &self,
        envelope: &Envelope,
        files: Vec<Upload>,
    ) -> Result<Envelope, Error> {
        let mut form = Form::new().text("sbd", envelope.to_json());
        for file in files {
            let length = file.bytes.len() as u64;
            let part = Part::stream_with_length(file.bytes, length)
                .file_name(file.name.clone())
                .mime_str(&file.mime)
                .map_err(|e| Error::Unreachable(e.to_string()))?;
            form = form.part(file.name, part);
        }
        let request = self.request(Method::POST, "/api/messages/out/multipart");
        read(self.send(request.multipart(form)).await?).await
    }

    /// Lock the next message that the filter lets through, if there is one.
    pub async fn peek(
        &self,
        filter: &[(&str, &str)],
    ) -> Result<Option<Envelope>, Error> {
        let request = self
            .request(Method::GET, "/api/messages/in/peek")
            .query(filter);
        let answer = self.send(request).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        read(answer).await.map(Some)
    }

    /// What waits, locked or not: the first hundred.
    pub async fn inbox(&self) -> Result<Vec<Envelope>, Error> {
        self.waiting(&[], 0).await
    }

    /// What waits, locked or not, of what the filter lets through: a page of
    /// [`WAITING_MAX`], counted from 0.
    pub async fn waiting(
        &self,
        filter: &[(&str, &str)],
        page: u64,
    ) -> Result<Vec<Envelope>, Error> {
        Ok(self.incoming(filter, page).await?.items)
    }

    /// The container of a message that a peek locked; none for a message without files.
    pub async fn pop(&self, id: &MessageId) -> Result<Option<Bytes>, Error> {
        let request = self.request(Method::GET, &format!("/api/messages/in/pop/{id}"));
        let answer = self.send(request).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        answer.bytes().await.map(Some).map_err(unreachable)
    }

    /// The message is in safe hands: let the access point forget it.
    pub async fn delete(&self, id: &MessageId) -> Result<(), Error> {
        let request = self.request(Method::DELETE, &format!("/api/messages/in/{id}"));
        self.send(request).await.map(drop)
    }

    /// What became of a message, in order.
    pub async fn statuses(&self, id: &MessageId) -> Result<Vec<StatusLine>, Error> {
        #[derive(Deserialize)]
        struct Page {
            content: Vec<StatusLine>,
        }
        let request =
            self.request(Method::GET, &format!("/api/statuses/{id}?size=100"));
        let page: Page = json(self.send(request).await?).await?;
        Ok(page.content)
    }

    /// What a receiver takes.
    pub async fn capabilities(&self, receiver: &str) -> Result<Vec<Capability>, Error> {
        #[derive(Deserialize)]
        struct All {
            capabilities: Vec<Capability>,
        }
        let path = format!("/api/capabilities/{receiver}");
        let all: All = json(self.send(self.request(Method::GET, &path)).await?).await?;
        Ok(all.capabilities)
    }

    /// Whether it answers that it is well.
    pub async fn health(&self) -> Result<(), Error> {
        self.send(self.request(Method::GET, "/manage/health"))
            .await
            .map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.user {
            Some((name, password)) => {
                request.basic_auth(name, Some(password.expose_secret()))
            }
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let text = answer.text().await.unwrap_or_default();
        Err(Error::refused(status.as_u16(), &text))
    }
}

async fn read(answer: Response) -> Result<Envelope, Error> {
    let body = answer.bytes().await.map_err(unreachable)?;
    Envelope::parse(&body).map_err(|e| Error::Answer(e.to_string()))
}

async fn json<T: for<'de> Deserialize<'de>>(answer: Response) -> Result<T, Error> {
    let body = answer.bytes().await.map_err(unreachable)?;
    serde_json::from_slice(&body).map_err(|e| Error::Answer(e.to_string()))
}

fn unreachable(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    Error::Unreachable(cause.unwrap_or_else(|| error.to_string()))
}

/// Percent-encoding for the starred parameters of RFC 8187.
fn percent(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let one = |b: u8| match plain(b) {
        true => char::from(b).to_string(),
        false => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}
