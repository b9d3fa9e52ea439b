//! Lists: what waits, what has not left, what is known of messages; a hundred at a time.

use reqwest::Method;
use sbd::{Envelope, MessageId, WireTime};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{Error, Fagsystem, StatusLine, WAITING_MAX, json, unreachable};

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Whether no page follows.
    pub last: bool,
}

/// What an access point knows of one message.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §6.2")]
pub struct Conversation {
    pub message_id: String,
    pub conversation_id: String,
    pub direction: String,
    pub sender: String,
    pub sender_identifier: String,
    pub receiver: String,
    pub receiver_identifier: String,
    pub process_identifier: String,
    pub document_identifier: String,
    #[serde(default)]
    pub expiry: Option<WireTime>,
    pub last_update: WireTime,
    /// In the order in which they were recorded.
    #[serde(default, deserialize_with = "in_order")]
    pub message_statuses: Vec<StatusLine>,
}

/// Someone who is told of statuses.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §7.1")]
pub struct Subscription {
    pub name: String,
    pub push_endpoint: String,
    pub resource: String,
    pub event: String,
    #[serde(default)]
    pub filter: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    content: Vec<T>,
    #[serde(default)]
    total_elements: u64,
    last: bool,
}

/// > `messageStatuses[]`: set – order not guaranteed; sort by id (rest-api §6.2)
fn in_order<'de, D: serde::Deserializer<'de>>(
    input: D,
) -> Result<Vec<StatusLine>, D::Error> {
    #[derive(Deserialize)]
    struct Numbered {
        #[serde(default)]
        id: i64,
        #[serde(flatten)]
        line: StatusLine,
    }
    let mut all = Vec::<Numbered>::deserialize(input)?;
    all.sort_by_key(|numbered| numbered.id);
    Ok(all.into_iter().map(|numbered| numbered.line).collect())
}

impl Fagsystem {
    /// What waits for the case system, locked or not.
    pub async fn incoming(
        &self,
        filter: &[(&str, &str)],
        page: u64,
    ) -> Result<Listed<Envelope>, Error> {
        self.envelopes("/api/messages/in", filter, page).await
    }

    /// What was created and has not left.
    pub async fn unsent(
        &self,
        filter: &[(&str, &str)],
        page: u64,
    ) -> Result<Listed<Envelope>, Error> {
        self.envelopes("/api/messages/out", filter, page).await
    }

    /// What is known of messages, the oldest first.
    pub async fn conversations(
        &self,
        filter: &[(&str, &str)],
        page: u64,
    ) -> Result<Listed<Conversation>, Error> {
        self.page("/api/conversations?sort=id,asc", filter, page)
            .await
    }

    /// Who is told of statuses.
    pub async fn subscriptions(
        &self,
        page: u64,
    ) -> Result<Listed<Subscription>, Error> {
        self.page("/api/subscriptions?sort=id,asc", &[], page).await
    }

    /// Whether a message was created and has not left.
    pub async fn is_unsent(&self, id: &MessageId) -> Result<bool, Error> {
        let request = self.request(Method::GET, &format!("/api/messages/out/{id}"));
        match self.send(request).await {
            Ok(_) => Ok(true),
            Err(Error::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn envelopes(
        &self,
        path: &str,
        filter: &[(&str, &str)],
        page: u64,
    ) -> Result<Listed<Envelope>, Error> {
        let request = self.request(Method::GET, path).query(filter);
        let request = request.query(&[("size", WAITING_MAX as u64), ("page", page)]);
        let body = self.send(request).await?.bytes().await;
        let body = body.map_err(unreachable)?;
        let wrong = |e: &dyn std::fmt::Display| Error::Answer(e.to_string());
        let page: Page<&RawValue> =
            serde_json::from_slice(&body).map_err(|e| wrong(&e))?;
        let read = |raw: &&RawValue| {
            Envelope::parse(raw.get().as_bytes()).map_err(|e| wrong(&e))
        };
        Ok(Listed {
            items: page.content.iter().map(read).collect::<Result<_, _>>()?,
            total: page.total_elements,
            last: page.last,
        })
    }

    async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, &str)],
        page: u64,
    ) -> Result<Listed<T>, Error> {
        let request = self.request(Method::GET, path).query(filter);
        let request = request.query(&[("size", WAITING_MAX as u64), ("page", page)]);
        let page: Page<T> = json(self.send(request).await?).await?;
        Ok(Listed {
            items: page.content,
            total: page.total_elements,
            last: page.last,
        })
    }
}
