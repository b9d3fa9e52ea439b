//! What every page needs to know of who asks: language, basket, address.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use super::basket::Basket;
use crate::Portal;
use crate::words::{Language, Words, fill, label};

/// The name of the cookie with the language.
pub(super) const LANGUAGE: &str = "spraak";

/// The frame of a page.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) w: &'static Words,
    pub(crate) language: Language,
    pub(crate) basket: Basket,
    /// Whether there is a test console.
    pub(crate) test: bool,
    path: String,
    /// Names and values, without the language.
    query: Vec<(String, String)>,
}

impl FromRequestParts<Arc<Portal>> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        portal: &Arc<Portal>,
    ) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(query).into_owned().collect();
        let language = language(&query, &parts.headers);
        let query = query.into_iter().filter(|(name, _)| name != "lang");
        Ok(Self {
            w: language.words(),
            language,
            basket: Basket::of(&parts.headers),
            test: portal.settings.test,
            // A form that was handed in has no page to come back to.
            path: match parts.method {
                Method::POST => "/kurv".to_owned(),
                _ => parts.uri.path().to_owned(),
            },
            query: query.collect(),
        })
    }
}

/// > language by cookie, `?lang=`, Accept-Language: what is asked for now goes first
fn language(query: &[(String, String)], headers: &HeaderMap) -> Language {
    let asked = query.iter().rev().find(|(name, _)| name == "lang");
    let asked = asked.and_then(|(_, code)| Language::of(code));
    let kept = || Language::of(&cookie(headers, LANGUAGE)?);
    let accepted = || {
        let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Some(Language::accepted(header))
    };
    asked.or_else(kept).or_else(accepted).unwrap_or_default()
}

/// The value of a cookie.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter();
    let mut pairs = all.filter_map(|line| line.to_str().ok()).flat_map(|line| {
        let pairs = line
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        pairs.collect::<Vec<_>>()
    });
    let found = pairs.find(|(known, _)| *known == name);
    found.map(|(_, value)| value.to_owned())
}

impl Frame {
    pub(crate) fn lang(&self) -> &'static str {
        self.language.code()
    }

    /// Code, name and address of this page in each language.
    pub(crate) fn languages(&self) -> Vec<(&'static str, &'static str, String)> {
        let one = |language: Language| {
            let address = self.with(&[("lang", language.code())]);
            (language.code(), language.name(), address)
        };
        Language::ALL.into_iter().map(one).collect()
    }

    /// This page with other parameters; an empty one is taken away.
    pub(crate) fn with(&self, others: &[(&str, &str)]) -> String {
        let kept = self
            .query
            .iter()
            .filter(|(name, _)| others.iter().all(|(other, _)| other != name));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
        let all = kept.chain(others.iter().copied());
        let all = all.filter(|(_, value)| !value.is_empty());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(all);
        match query.finish() {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// This page.
    pub(crate) fn here(&self) -> String {
        self.with(&[])
    }

    /// This search in another form: `rss` or `json`.
    pub(crate) fn feed(&self, ending: &str) -> String {
        let page = self.with(&[("side", "")]);
        let query = page.split_once('?').map(|(_, query)| query);
        match query {
            Some(query) => format!("/sok.{ending}?{query}"),
            None => format!("/sok.{ending}"),
        }
    }

    /// Whether a link of the menu leads to where we are.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.path == path || (path != "/" && self.path.starts_with(path))
    }

    pub(crate) fn date(&self, iso: &str) -> String {
        self.language.date(iso)
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates give references"
    )]
    pub(crate) fn moment(&self, at: &i64) -> String {
        self.language.moment(*at)
    }

    pub(crate) fn code(&self, code: &str) -> String {
        label(self.language, code)
    }

    /// A text with `{n}` filled.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    pub(crate) fn n(&self, text: &str, n: impl std::fmt::Display) -> String {
        fill(text, &[("n", &n.to_string())])
    }

    /// A text with `{n}` and another place filled.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    pub(crate) fn two(
        &self,
        text: &str,
        n: impl std::fmt::Display,
        other: &str,
        value: impl std::fmt::Display,
    ) -> String {
        fill(text, &[("n", &n.to_string()), (other, &value.to_string())])
    }
}
