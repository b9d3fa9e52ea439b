//! What every page needs to know of who asks.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use pages::Place;

use super::Desk;
use super::login::User;
use crate::words::{Words, words};

/// The frame of a page.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) w: &'static Words,
    pub(crate) place: Place,
    /// Who has logged in.
    pub(crate) user: Option<User>,
}

impl FromRequestParts<Arc<Desk>> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &Arc<Desk>,
    ) -> Result<Self, Infallible> {
        // What was handed in is shown at the address of the form.
        let path = parts.uri.path();
        let back = match path.strip_prefix("/skjema/") {
            Some(rest) => format!("/skjema/{}", rest.split('/').next().unwrap_or(rest)),
            None => "/".to_owned(),
        };
        let place = Place::of(parts, &back);
        Ok(Self {
            w: words(place.language),
            user: parts.extensions.get::<User>().cloned(),
            place,
        })
    }
}

impl Frame {
    /// The name of who has logged in.
    pub(crate) fn who(&self) -> &str {
        self.user.as_ref().map_or("", |user| user.name.as_str())
    }

    pub(crate) fn writes(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.writes)
    }

    pub(crate) fn approves(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.approves)
    }
}

/// A frame is a place with a user.
impl Deref for Frame {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}
