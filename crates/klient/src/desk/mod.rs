//! The pages on which people fill in what is to be published, have it let go by another,
//! and follow what becomes of it.
//!
//! Every button hands in a form and every answer leads to a page that is read from the
//! ledger, so nothing depends on a script. The one script there is asks for the checks
//! while somebody types.

mod act;
mod content;
mod edit;
mod frame;
mod guard;
mod list;
mod login;
mod shown;
mod view;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use pages::{asset, page};

use crate::form::Owner;
use crate::settings::Form;
use crate::{Error, Klient};
use frame::Frame;
use login::Users;

/// Bytes that a form may have.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The pages and what they lean on.
pub(crate) struct Desk {
    klient: Arc<Klient>,
    users: Users,
    owner: Owner,
    /// How browsers know it.
    address: String,
}

/// The routes of the pages.
///
/// Fails when the settings name nobody, or a user in a way that cannot be used.
pub fn router(klient: Arc<Klient>, form: &Form) -> Result<Router, Error> {
    let base = form.base.as_str();
    let end = if base.ends_with(['/', '#']) { "" } else { "/" };
    let desk = Arc::new(Desk {
        users: Users::new(form)?,
        owner: Owner {
            orgnr: klient.settings.orgnr.to_string(),
            base: format!("{base}{end}"),
            zone: klient.calendar.zone(),
        },
        address: form.address(),
        klient,
    });
    let router = Router::new()
        .route("/", get(list::list))
        .route("/logg-inn", get(login::page).post(login::enter))
        .route("/logg-ut", post(login::leave))
        .route("/ny/{kind}", get(edit::new))
        .route("/skjema/{id}", get(edit::open).post(edit::hand_in))
        .route("/skjema/{id}/kontroll", post(edit::check))
        .route("/skjema/{id}/{act}", post(act::act))
        .route("/stil.css", get(style))
        .route("/skjema.css", get(own_style))
        .route("/merke.svg", get(mark))
        .route("/skjema.js", get(script))
        .fallback(missing)
        .layer(from_fn_with_state(Arc::clone(&desk), guard::guard))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(desk);
    Ok(router)
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
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

fn forbidden(f: &Frame) -> Response {
    let status = StatusCode::FORBIDDEN;
    message(f, status, f.w.wrong_title, f.w.wrong_role)
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
    asset("text/css; charset=utf-8", pages::STYLE)
}

async fn own_style() -> Response {
    asset(
        "text/css; charset=utf-8",
        include_str!("../../templates/skjema.css"),
    )
}

async fn mark() -> Response {
    asset("image/svg+xml", pages::MARK)
}

async fn script() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("../../templates/skjema.js"),
    )
}
