//! The runtime API over HTTP: send, receive, settle, as Azure documents it.

mod answer;
mod handlers;
mod headers;
mod intake;
mod metrics;
mod run;
mod tap;
mod told;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get};
use tokio::sync::mpsc;

pub(crate) use answer::Refusal;
pub(crate) use headers::look;
pub(crate) use run::serve;

use crate::Error;
use crate::amqp::Upgraded;
use crate::azure::Imposed;
use crate::engine::Engine;
use crate::sas::Guard;

/// What a request is answered from.
pub(crate) struct Front {
    pub(crate) engine: Engine,
    pub(crate) guard: Guard,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    /// How long a request for a message waits when it does not say.
    pub(crate) wait: Duration,
    /// Where WebSockets go.
    pub(crate) upgraded: mpsc::Sender<Upgraded>,
    /// What of Azure is imposed.
    pub(crate) imposed: Option<Arc<Imposed>>,
}

impl Front {
    /// Count an operation, where they are counted.
    fn charge(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let imposed = self.imposed.as_ref();
        imposed.map_or(Ok(()), |imposed| imposed.charge(now))
    }

    /// The largest body, where a queue takes so much.
    fn largest(&self, queue: usize) -> usize {
        let imposed = self.imposed.as_ref();
        imposed.map_or(queue, |all| all.azure.usual_bytes_max().min(queue))
    }

    /// An id for a message that has none: it fits into a path (servicebus §3.1).
    fn id(&self) -> String {
        self.random.uuid().simple().to_string()
    }
}

/// The routes. A queue's name may hold slashes, so all of them go through one.
pub(crate) fn router(front: Front) -> Router {
    Router::new()
        .route("/health", get(metrics::health))
        .route("/metrics", get(metrics::metrics))
        .route("/$servicebus/websocket", get(upgrade::upgrade))
        .route("/$servicebus/websocket/", get(upgrade::upgrade))
        .route("/{*path}", any(handlers::dispatch))
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::new(front))
}
