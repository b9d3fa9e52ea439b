//! The pages, the feeds, and the same in JSON.

mod api;
mod basket;
mod frame;
mod guard;
mod order;
mod pages;
mod search;
mod test;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use ::pages::{asset, page};

use crate::{Error, Portal};
use frame::Frame;

/// Bytes that a form may have.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The portal's routes.
pub fn router(portal: Arc<Portal>) -> Router {
    let pages = Router::new()
        .route("/", get(search::start))
        .route("/sok.rss", get(search::rss))
        .route("/sok.json", get(search::json_feed))
        .route("/dokument", get(pages::by_iri))
        .route("/dokument/{id}", get(pages::document))
        .route("/sak/{id}", get(pages::case))
        .route("/moete/{id}", get(pages::meeting))
        .route("/kalender", get(pages::calendar))
        .route("/virksomheter", get(pages::bodies))
        .route("/virksomhet/{orgnr}", get(pages::body))
        .route("/kurv", get(order::basket))
        .route("/kurv/legg", post(order::add))
        .route("/kurv/fjern", post(order::remove))
        .route("/kurv/toem", post(order::clear))
        .route("/bestill", post(order::order))
        .route("/bestilling/{id}", get(order::status))
        .route(
            "/bestilling/{id}/bekreft/{secret}",
            get(order::confirm).post(order::confirmed),
        )
        .route("/api/sok", get(api::search))
        .route("/api/bestilling", post(api::order))
        .route("/api/bestilling/{id}", get(api::follow))
        .route("/stil.css", get(style))
        .route("/merke.svg", get(mark))
        .route("/robots.txt", get(robots))
        .route("/health", get(api::health));
    let pages = match portal.settings.test {
        true => pages.merge(test::router()),
        false => pages,
    };
    pages
        .fallback(missing)
        .layer(from_fn_with_state(Arc::clone(&portal), guard::guard))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(portal)
}

#[derive(Template)]
#[template(path = "melding.html")]
struct Message<'a> {
    f: &'a Frame,
    title: &'a str,
    words: &'a str,
}

/// A page with something to say and nothing else.
fn message(f: &Frame, status: StatusCode, title: &str, words: &str) -> Response {
    (status, page(&Message { f, title, words })).into_response()
}

fn not_found(f: &Frame) -> Response {
    let (title, words) = (f.w.not_found, f.w.not_found_lead);
    message(f, StatusCode::NOT_FOUND, title, words)
}

fn failed(f: &Frame, error: &Error) -> Response {
    tracing::error!(%error, "a page failed");
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    message(f, status, f.w.wrong_title, f.w.wrong_ours)
}

async fn missing(f: Frame) -> Response {
    not_found(&f)
}

async fn style() -> Response {
    asset("text/css; charset=utf-8", ::pages::STYLE)
}

async fn mark() -> Response {
    asset("image/svg+xml", ::pages::MARK)
}

/// Names in journals are for people, not for search engines (offentlegforskrifta § 6).
async fn robots() -> Response {
    asset("text/plain; charset=utf-8", "User-agent: *\nDisallow: /\n")
}
