//! Administration over HTTP, as far as an operator's list needs it (servicebus §1.3).

use std::time::Duration;

use ambient::Clock;
use jiff::SignedDuration;
use reqwest::{Certificate, Client, StatusCode};
use roxmltree::{Document, Node};
use secrecy::ExposeSecret;
use url::Url;

use super::Place;
use crate::Error;
use crate::servicebus::token::sign;

const VERSION: &str = "2021-05";
const PAGE: usize = 100;
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
const TOKEN_TIME: SignedDuration = SignedDuration::from_mins(20);

/// A queue, as administration describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Messages that wait.
    pub active: u64,
    /// Messages that were put aside.
    pub dead_letters: u64,
    /// Messages that wait for their time.
    pub scheduled: u64,
    /// Bytes of them all.
    pub bytes: u64,
    /// Whether a message whose id it has seen is dropped.
    pub detects_duplicates: bool,
    /// What may be done with it.
    pub status: String,
}

pub(super) async fn queues(place: &Place, clock: &Clock) -> Result<Vec<Listed>, Error> {
    let client = client(place)?;
    let mut all = Vec::new();
    loop {
        let query = format!("$skip={}&$top={PAGE}&", all.len());
        let page = fetch(&client, place, clock, "$Resources/queues", &query).await?;
        let before = all.len();
        all.extend(read(&page)?);
        if all.len() < before + PAGE {
            return Ok(all);
        }
    }
}

pub(super) async fn queue(
    place: &Place,
    clock: &Clock,
    name: &str,
) -> Result<Listed, Error> {
    let client = client(place)?;
    let page = fetch(&client, place, clock, name, "").await?;
    let missing = || Error::Refused {
        status: 404,
        detail: format!("there is no queue {name}"),
    };
    read(&page)?.pop().ok_or_else(missing)
}

fn client(place: &Place) -> Result<Client, Error> {
    let wrong = |e: reqwest::Error| Error::Settings(format!("certificates: {e}"));
    let mut builder = Client::builder().timeout(ANSWER_TIME_MAX);
    if let Some(pem) = &place.authorities {
        let authorities = Certificate::from_pem_bundle(pem).map_err(wrong)?;
        builder = builder.tls_certs_merge(authorities);
    }
    builder.build().map_err(wrong)
}

async fn fetch(
    client: &Client,
    place: &Place,
    clock: &Clock,
    path: &str,
    query: &str,
) -> Result<String, Error> {
    let mut url = place.admin.clone();
    url.set_path(path);
    url.set_query(Some(&format!("{query}api-version={VERSION}")));
    let mut request = client.get(url.clone());
    if let Some((policy, key)) = &place.policy {
        let end = clock.now() + TOKEN_TIME;
        let token = sign(url.as_str(), policy, key.expose_secret(), end);
        request = request.header(reqwest::header::AUTHORIZATION, token);
    }
    let answer = request.send().await.map_err(|e| unreachable(&url, &e))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| unreachable(&url, &e))?;
    if status == StatusCode::OK {
        return Ok(text);
    }
    Err(Error::Refused {
        status: status.as_u16(),
        detail: detail(&text).unwrap_or_else(|| "administration refuses".into()),
    })
}

fn unreachable(url: &Url, error: &reqwest::Error) -> Error {
    // The last of its causes is what people can mend.
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let place = url.origin().ascii_serialization();
    Error::Unreachable(format!(
        "administration at {place}: {cause} (give its address with --admin)"
    ))
}

/// The words of an error, which Azure wraps in XML.
fn detail(text: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let detail = document
        .descendants()
        .find(|node| node.has_tag_name("Detail"));
    let words = detail?.text()?;
    Some(words.chars().take(300).collect())
}

fn read(page: &str) -> Result<Vec<Listed>, Error> {
    let strange = |e| Error::Unreachable(format!("administration is no ATOM: {e}"));
    let document = Document::parse(page).map_err(strange)?;
    let entries = document.descendants().filter(|node| is(*node, "entry"));
    Ok(entries.filter_map(entry).collect())
}

fn entry(entry: Node<'_, '_>) -> Option<Listed> {
    let text = |name: &str| {
        let field = entry.descendants().find(|node| is(*node, name));
        field.and_then(|node| node.text()).unwrap_or_default()
    };
    entry
        .descendants()
        .find(|node| is(*node, "QueueDescription"))?;
    let number = |name: &str| text(name).parse().unwrap_or(0);
    Some(Listed {
        name: text("title").to_owned(),
        active: number("ActiveMessageCount"),
        dead_letters: number("DeadLetterMessageCount"),
        scheduled: number("ScheduledMessageCount"),
        bytes: number("SizeInBytes"),
        detects_duplicates: text("RequiresDuplicateDetection") == "true",
        status: text("Status").to_owned(),
    })
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}
