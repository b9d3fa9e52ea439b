//! Where a visitor is, and in which language: what every page knows of who asks.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use crate::{Language, fill, label};

/// The name of the cookie with the language.
pub const LANGUAGE_COOKIE: &str = "spraak";

/// An address and a language.
#[derive(Debug, Clone)]
pub struct Place {
    /// The language that is asked for.
    pub language: Language,
    /// The path; for a form that was handed in, the page to come back to.
    path: String,
    /// Names and values, without the language.
    query: Vec<(String, String)>,
    /// Whether the language was chosen just now, and is to be remembered.
    pub chosen: bool,
}

impl Place {
    /// Where a request is. A form that was handed in has no page of its own: `back` is
    /// where to come back to.
    pub fn of(parts: &Parts, back: &str) -> Self {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(query).into_owned().collect();
        let language = language(&query, &parts.headers);
        let chosen = query.iter().any(|(name, _)| name == "lang");
        let query = query.into_iter().filter(|(name, _)| name != "lang");
        Self {
            language,
            path: match parts.method {
                Method::POST => back.to_owned(),
                _ => parts.uri.path().to_owned(),
            },
            query: query.collect(),
            chosen,
        }
    }

    /// The code of the language.
    pub fn lang(&self) -> &'static str {
        self.language.code()
    }

    /// Code, name and address of this page in each language.
    pub fn languages(&self) -> Vec<(&'static str, &'static str, String)> {
        let one = |language: Language| {
            let address = self.with(&[("lang", language.code())]);
            (language.code(), language.name(), address)
        };
        Language::ALL.into_iter().map(one).collect()
    }

    /// This page with other parameters; an empty one is taken away.
    pub fn with(&self, others: &[(&str, &str)]) -> String {
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
    pub fn here(&self) -> String {
        self.with(&[])
    }

    /// Whether a link of the menu leads to where we are.
    pub fn is_at(&self, path: &str) -> bool {
        self.path == path || (path != "/" && self.path.starts_with(path))
    }

    /// A day, written out.
    pub fn date(&self, iso: &str) -> String {
        self.language.date(iso)
    }

    /// A moment in microseconds, written out.
    pub fn moment(&self, at: &i64) -> String {
        self.language.moment(*at)
    }

    /// A code in words.
    pub fn code(&self, code: &str) -> String {
        label(self.language, code)
    }

    /// A text with `{n}` filled.
    pub fn n(&self, text: &str, n: impl std::fmt::Display) -> String {
        fill(text, &[("n", &n.to_string())])
    }
}

/// > language by cookie, `?lang=`, Accept-Language: what is asked for now goes first
fn language(query: &[(String, String)], headers: &HeaderMap) -> Language {
    let asked = query.iter().rev().find(|(name, _)| name == "lang");
    let asked = asked.and_then(|(_, code)| Language::of(code));
    let kept = || Language::of(&cookie(headers, LANGUAGE_COOKIE)?);
    let accepted = || {
        let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Some(Language::accepted(header))
    };
    asked.or_else(kept).or_else(accepted).unwrap_or_default()
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
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
