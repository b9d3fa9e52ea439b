//! The runtime API over HTTP: send, receive, settle, as Azure documents it.

mod answer;
mod handlers;
mod head;

use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get};

pub(crate) use head::Head;

use crate::engine::Engine;
use crate::sas::Guard;

/// What a request is answered from.
pub(crate) struct Front {
    pub(crate) engine: Engine,
    pub(crate) guard: Guard,
    pub(crate) clock: Clock,
    /// How long a request for a message waits when it does not say.
    pub(crate) wait: Duration,
}

/// The routes. A queue's name may hold slashes, so all of them go through one.
pub(crate) fn router(front: Front) -> Router {
    let limit = front.engine.message_bytes_max() + 64 * 1024;
    Router::new()
        .route("/health", get(handlers::health))
        .route("/metrics", get(handlers::metrics))
        .route("/{*path}", any(handlers::dispatch))
        .layer(DefaultBodyLimit::max(limit))
        .with_state(Arc::new(front))
}
