//! The search, as a page and as feeds.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use super::frame::Frame;
use super::{failed, page};
use crate::archive::{self, Found, Hit, PAGE_HITS, PAGES_MAX, Search};
use crate::{Enhet, Portal};
use pages::fill;

/// The search as a form sends it; a field may be empty.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Form {
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    virksomhet: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    fra: String,
    #[serde(default)]
    til: String,
    #[serde(default)]
    side: String,
}

impl Form {
    /// What to look for; or the date that cannot be read.
    pub(super) fn read(&self) -> Result<Search, String> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        let date = |text: &str| match given(text) {
            Some(text) => read_date(&text).map(Some).ok_or(text),
            None => Ok(None),
        };
        Ok(Search {
            words: self.q.chars().take(200).collect(),
            owner: given(&self.virksomhet),
            kind: given(&self.r#type),
            from: date(&self.fra)?,
            to: date(&self.til)?,
            page: self.side.parse().unwrap_or(1).clamp(1, PAGES_MAX),
        })
    }

    fn is_body(&self, enhet: &Enhet) -> bool {
        self.virksomhet == enhet.orgnr.as_str()
    }

    fn is_kind(&self, kind: &str) -> bool {
        self.r#type == kind
    }

    fn is_plain(&self) -> bool {
        [
            &self.q,
            &self.virksomhet,
            &self.r#type,
            &self.fra,
            &self.til,
        ]
        .iter()
        .all(|text| text.trim().is_empty())
    }
}

/// `2026-03-05`, and as people write it: `5.3.2026`.
fn read_date(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse() {
        return Some(date);
    }
    let mut parts = text.split('.').map(str::trim);
    let (day, month) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let year = parts.next()?.parse().ok()?;
    Date::new(year, month, day).ok()
}

#[derive(Template)]
#[template(path = "sok.html")]
struct Start<'a> {
    f: &'a Frame,
    form: &'a Form,
    enheter: &'a [Enhet],
    kinds: [&'static str; 3],
    found: Found,
    bad_date: Option<String>,
    page: i64,
    pages: i64,
    portal: &'a Portal,
}

impl Start<'_> {
    fn navn<'s>(&'s self, hit: &'s Hit) -> &'s str {
        self.portal.settings.navn(&hit.owner)
    }

    fn bad(&self, date: &str) -> String {
        fill(self.f.w.filter_bad_date, &[("dato", date)])
    }

    fn page_link(&self, page: i64) -> String {
        self.f.with(&[("side", &page.to_string())])
    }
}

pub(super) async fn start(
    State(portal): State<Arc<Portal>>,
    f: Frame,
    Query(form): Query<Form>,
) -> Response {
    let (search, bad_date) = match form.read() {
        Ok(search) => (search, None),
        Err(date) => (Search::default(), Some(date)),
    };
    let found = match &bad_date {
        None => archive::search(&portal.db, &search, portal.named_after()).await,
        Some(_) => Ok(Found {
            hits: Vec::new(),
            count: 0,
            more: false,
        }),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return failed(&f, &error),
    };
    let bad = bad_date.is_some();
    let shown = page(&Start {
        f: &f,
        form: &form,
        enheter: &portal.settings.enheter,
        kinds: ["journalpost", "moetesak", "moetedokument"],
        page: search.page.max(1),
        pages: (found.count + PAGE_HITS - 1) / PAGE_HITS,
        found,
        bad_date,
        portal: &portal,
    });
    match bad {
        true => (StatusCode::BAD_REQUEST, shown).into_response(),
        false => shown,
    }
}

#[derive(Template)]
#[template(path = "sok.xml")]
struct Rss<'a> {
    f: &'a Frame,
    address: String,
    items: Vec<Item<'a>>,
}

struct Item<'a> {
    hit: &'a Hit,
    navn: &'a str,
    /// As RFC 2822 has it.
    date: String,
}

pub(super) async fn rss(
    State(portal): State<Arc<Portal>>,
    f: Frame,
    Query(form): Query<Form>,
) -> Response {
    let found = match feed(&portal, &form).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let items = found.hits.iter().map(|hit| {
        let at = jiff::Timestamp::from_microsecond(hit.published).unwrap_or_default();
        Item {
            hit,
            navn: portal.settings.navn(&hit.owner),
            date: jiff::fmt::rfc2822::DateTimePrinter::new()
                .timestamp_to_string(&at)
                .unwrap_or_default(),
        }
    });
    let rss = Rss {
        f: &f,
        address: portal.settings.address(),
        items: items.collect(),
    };
    let kind = [(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")];
    match rss.render() {
        Ok(text) => (kind, text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// JSON Feed 1.1 (jsonfeed.org).
pub(super) async fn json_feed(
    State(portal): State<Arc<Portal>>,
    f: Frame,
    Query(form): Query<Form>,
) -> Response {
    let found = match feed(&portal, &form).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let address = portal.settings.address();
    let item = |hit: &Hit| {
        let at = jiff::Timestamp::from_microsecond(hit.published).unwrap_or_default();
        json!({
            "id": hit.iri,
            "url": format!("{address}/dokument/{}", hit.id),
            "title": hit.tittel,
            "content_text": hit.mappe_tittel,
            "date_published": at.to_string(),
            "authors": [{"name": portal.settings.navn(&hit.owner)}],
            "tags": [hit.kind],
        })
    };
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": f.w.site,
        "language": f.lang(),
        "home_page_url": address,
        "feed_url": format!("{address}{}", f.here()),
        "items": found.hits.iter().map(item).collect::<Vec<_>>(),
    });
    let kind = [(header::CONTENT_TYPE, "application/feed+json")];
    (kind, Json(feed).into_response().into_body()).into_response()
}

async fn feed(portal: &Portal, form: &Form) -> Result<Found, Response> {
    let search = form.read();
    let search = search.map_err(|_| StatusCode::BAD_REQUEST.into_response())?;
    let found = archive::search(&portal.db, &search, portal.named_after()).await;
    found.map_err(|error| {
        tracing::error!(%error, "a feed failed");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        let day = Date::constant(2026, 3, 5);
        for text in ["2026-03-05", "5.3.2026", "05. 03. 2026"] {
            assert_eq!(read_date(text), Some(day), "{text}");
        }
        assert_eq!(read_date("31.2.2026"), None);
        let form = Form {
            fra: "i går".into(),
            ..Form::default()
        };
        assert_eq!(form.read(), Err("i går".into()));
    }
}
