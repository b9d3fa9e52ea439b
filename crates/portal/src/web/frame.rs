//! What every page needs to know of who asks: language, basket, address.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pages::{Place, fill};

use super::basket::Basket;
use crate::Portal;
use crate::words::{Words, words};

/// The frame of a page.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) w: &'static Words,
    pub(crate) place: Place,
    pub(crate) basket: Basket,
    /// Whether there is a test console.
    pub(crate) test: bool,
}

impl FromRequestParts<Arc<Portal>> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        portal: &Arc<Portal>,
    ) -> Result<Self, Infallible> {
        let place = Place::of(parts, "/kurv");
        Ok(Self {
            w: words(place.language),
            basket: Basket::of(&parts.headers),
            test: portal.settings.test,
            place,
        })
    }
}

/// A frame is a place with a basket.
impl Deref for Frame {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Frame {
    /// This search in another form: `rss` or `json`.
    pub(crate) fn feed(&self, ending: &str) -> String {
        let page = self.with(&[("side", "")]);
        let query = page.split_once('?').map(|(_, query)| query);
        match query {
            Some(query) => format!("/sok.{ending}?{query}"),
            None => format!("/sok.{ending}"),
        }
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
