//! The basket: numbers of documents in a cookie.
//!
//! Unsigned: there is nothing in it but numbers of pages that everybody may see, and
//! each is looked up when it is used.

use axum::http::HeaderMap;
use pages::cookie;

use crate::order::DOCUMENTS_MAX;

const NAME: &str = "kurv";
const DAYS: u32 = 7;

/// What a citizen has chosen so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Basket(pub(crate) Vec<i64>);

impl Basket {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = cookie(headers, NAME).unwrap_or_default();
        let mut all = Self::default();
        for id in text.split('.').filter_map(|id| id.parse().ok()) {
            all.add(id);
        }
        all
    }

    /// Whether there was room for it.
    pub(super) fn add(&mut self, id: i64) -> bool {
        if self.has(&id) {
            return true;
        }
        let room = self.0.len() < DOCUMENTS_MAX;
        if room {
            self.0.push(id);
        }
        room
    }

    pub(super) fn remove(&mut self, id: i64) {
        self.0.retain(|known| *known != id);
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "templates give references"
    )]
    pub(crate) fn has(&self, id: &i64) -> bool {
        self.0.contains(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// As a Set-Cookie header.
    pub(super) fn cookie(&self, secure: bool) -> String {
        let ids: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        let age = if ids.is_empty() { 0 } else { DAYS * 24 * 3600 };
        let secure = if secure { "; Secure" } else { "" };
        format!(
            "{NAME}={}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}",
            ids.join(".")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basket_comes_back_as_it_was_and_takes_fifty() {
        let mut basket = Basket::default();
        for id in 1..=60 {
            assert_eq!(basket.add(id), id <= 50);
        }
        assert!(basket.add(7), "it is there already");
        let cookie = basket.cookie(true);
        assert!(cookie.len() < 4096, "browsers keep so much");
        let mut headers = HeaderMap::new();
        let pair = cookie.split(';').next().unwrap();
        headers.insert("cookie", format!("a=b; {pair}; c=d").parse().unwrap());
        assert_eq!(Basket::of(&headers), basket);
    }

    #[test]
    fn what_is_no_number_is_passed_over() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "cookie",
            "kurv=1.x.-2.1.9999999999999999999".parse().unwrap(),
        );
        assert_eq!(Basket::of(&headers).0, [1, -2]);
    }
}
