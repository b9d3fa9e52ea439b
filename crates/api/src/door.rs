//! What every handler is given: the access point behind this door, and who may enter.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use flow::Point;
use jiff::Timestamp;
use sbd::MessageId;
use tokio::sync::Notify;

use crate::credentials::Credentials;
use crate::guard::{Guard, Pace, Turnstile};
use crate::label;
use crate::metrics::Metrics;
use crate::query::percent_decode;
use crate::refusal::{Refusal, text};

/// Sets what the process's log says; words where it cannot be set so.
pub type SetLevel = fn(&str) -> Result<(), String>;

/// One organisation's door.
#[derive(Debug)]
pub struct Door {
    pub(crate) point: Arc<Point>,
    pub(crate) guard: Option<Guard>,
    pub(crate) turnstile: Turnstile,
    pub(crate) metrics: Metrics,
    pub(crate) end: Option<Arc<Notify>>,
    pub(crate) set_level: Option<SetLevel>,
    /// Whether callers come by TLS.
    pub(crate) secure: bool,
}

/// The door, in a handler.
pub(crate) type Here = State<Arc<Door>>;

impl Door {
    /// A door that is open to whoever reaches it. For loopback and closed networks.
    pub fn new(point: Arc<Point>) -> Self {
        Self {
            point,
            guard: None,
            turnstile: Turnstile::new(Pace::default()),
            metrics: Metrics::default(),
            end: None,
            set_level: None,
            secure: false,
        }
    }

    /// The door with a lock on it, that opens to these.
    pub fn locked(self, known: Vec<Credentials>) -> Self {
        Self {
            guard: Some(Guard::new(known)),
            ..self
        }
    }

    /// The door with a pace.
    pub fn paced(self, pace: Pace) -> Self {
        Self {
            turnstile: Turnstile::new(pace),
            ..self
        }
    }

    /// The door with `POST /manage/shutdown`, which notifies.
    pub fn ending(self, end: Arc<Notify>) -> Self {
        Self {
            end: Some(end),
            ..self
        }
    }

    /// The door with `POST /manage/loggers/ROOT`, which says what is logged from then on.
    pub fn logging(self, set_level: SetLevel) -> Self {
        Self {
            set_level: Some(set_level),
            ..self
        }
    }

    /// The door behind TLS.
    pub fn secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.point.clock().now()
    }
}

/// The last segment of the path: an id of some kind.
pub(crate) struct Id(String);

impl<S: Sync> FromRequestParts<S> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let path = parts.uri.path().trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        let decoded =
            percent_decode(last).and_then(|bytes| String::from_utf8(bytes).ok());
        decoded
            .map(Self)
            .ok_or_else(|| Refusal::new(&label::BAD_PATH))
    }
}

impl Id {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As a message's id. What cannot be one is the id of no message.
    pub(crate) fn message(&self) -> Result<MessageId, Refusal> {
        let unknown = |_| Refusal::with(&label::MESSAGE_NOT_FOUND, [text(&self.0)]);
        self.0.parse().map_err(unknown)
    }

    /// As a number.
    pub(crate) fn number(&self) -> Result<i64, Refusal> {
        self.0
            .parse()
            .map_err(|_| mismatch("id", "java.lang.Long", &self.0))
    }
}

/// A parameter that is no number.
pub(crate) fn mismatch(name: &str, java_type: &str, given: &str) -> Refusal {
    let note = crate::query::no_number(given);
    Refusal::with(&label::MISMATCH, [text(name), text(java_type), text(note)])
}
