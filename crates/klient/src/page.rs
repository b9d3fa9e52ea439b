//! Health and metrics.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::files::Folder;
use crate::ledger::{order, watch};
use crate::{Error, Klient};

/// Where health and metrics are answered.
pub fn router(klient: Arc<Klient>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(klient)
}

/// Well while nothing stands still; what does is named.
async fn health(State(klient): State<Arc<Klient>>) -> Response {
    let standing = match watch::standing(&klient.db).await {
        Ok(standing) => standing,
        Err(error) => return failed(&error),
    };
    let (status, word) = match standing.is_empty() {
        true => (StatusCode::OK, "UP"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "DOWN"),
    };
    let alerts = standing.iter();
    let alerts = alerts.map(|(name, words)| json!({"navn": name, "tekst": words}));
    let alerts: Vec<_> = alerts.collect();
    (status, Json(json!({"status": word, "varsler": alerts}))).into_response()
}

async fn metrics(State(klient): State<Arc<Klient>>) -> Response {
    match klient.metrics().await {
        Ok(text) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Response {
    tracing::error!(%error, "a page could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

impl Klient {
    async fn metrics(&self) -> Result<String, Error> {
        let mut text = String::from(
            "# HELP sendebud_klient_files Files that lie in a folder.\n\
             # TYPE sendebud_klient_files gauge\n",
        );
        for folder in Folder::ALL {
            let count = self.folders.names(folder)?.len();
            let name = folder.as_str();
            let _ =
                writeln!(text, "sendebud_klient_files{{folder=\"{name}\"}} {count}");
        }
        let gauges = [
            (
                "sendebud_klient_orders_undelivered",
                "Orders that not every target has.",
                order::unfinished(&self.db, self.clock.now()).await?,
            ),
            (
                "sendebud_klient_orders_untaken",
                "Orders that lie in a folder and have not been taken.",
                count(order::untaken(&self.db).await?.len()),
            ),
            (
                "sendebud_klient_orders_unanswerable",
                "Orders whose citizen's address cannot be read.",
                order::unanswerable(&self.db).await?,
            ),
            (
                "sendebud_klient_alerts",
                "What stands still.",
                count(watch::standing(&self.db).await?.len()),
            ),
        ];
        for (name, help, value) in gauges {
            let _ = writeln!(
                text,
                "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}"
            );
        }
        Ok(text)
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
