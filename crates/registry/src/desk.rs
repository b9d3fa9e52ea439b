//! The desk of a register: change what it knows while it answers.
//!
//! `GET` and `PUT /admin/organisations` take all of it out and put all of it in; the same
//! with `/{orgnr}` for one, and `DELETE`. Whoever comes must know the desk's password, as
//! a bearer token. A change is kept before it is answered.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::Error;
use crate::server::{Directory, Organisation, Register};

/// Keeps a directory where it is found after a restart.
pub type Keep = Box<dyn Fn(&Directory) -> std::io::Result<()> + Send + Sync>;

/// Who may change a register, and where it is kept.
pub struct Desk {
    /// The register.
    pub register: Arc<Register>,
    /// The password.
    pub password: SecretString,
    /// Keeps every change.
    pub keep: Keep,
}

/// The endpoints of the desk.
pub fn routes(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/admin/organisations", get(all).put(replace))
        .route(
            "/admin/organisations/{orgnr}",
            get(one).put(put).delete(remove),
        )
        .layer(from_fn_with_state(Arc::clone(&desk), known))
        .with_state(desk)
}

async fn known(
    State(desk): State<Arc<Desk>>,
    request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(header::AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let sum = |text: &str| digest(&SHA256, text.as_bytes());
    let wanted = sum(desk.password.expose_secret());
    let fits = given.is_some_and(|given| {
        verify_slices_are_equal(sum(given).as_ref(), wanted.as_ref()).is_ok()
    });
    match fits {
        true => next.run(request).await,
        false => refuse(StatusCode::UNAUTHORIZED, "the desk's password is needed"),
    }
}

type At = State<Arc<Desk>>;

async fn all(State(desk): At) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, desk.register.read().json()).into_response()
}

async fn one(State(desk): At, Path(orgnr): Path<String>) -> Response {
    match desk.register.read().find(&orgnr) {
        Some(found) => Json(found).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "there is no such organisation"),
    }
}

async fn replace(State(desk): At, text: String) -> Response {
    desk.change(|directory| {
        *directory = Directory::from_json(&text)?;
        Ok(true)
    })
}

async fn put(
    State(desk): At,
    Path(orgnr): Path<String>,
    Json(organisation): Json<Organisation>,
) -> Response {
    desk.change(|directory| {
        if organisation.orgnr != orgnr {
            return Err(Error::Settings("the address names another".into()));
        }
        directory.put(organisation)?;
        Ok(true)
    })
}

async fn remove(State(desk): At, Path(orgnr): Path<String>) -> Response {
    desk.change(|directory| Ok(directory.remove(&orgnr)))
}

impl Desk {
    /// Change a copy, keep it, and only then answer by it.
    fn change(
        &self,
        change: impl FnOnce(&mut Directory) -> Result<bool, Error>,
    ) -> Response {
        let mut place = self
            .register
            .directory
            .write()
            .expect("nobody panics while holding it");
        let mut draft = place.clone();
        match change(&mut draft) {
            Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
            Ok(false) => {
                return refuse(StatusCode::NOT_FOUND, "there is no such organisation");
            }
            Ok(true) => {}
        }
        if let Err(error) = (self.keep)(&draft) {
            tracing::error!(%error, "the register cannot be kept");
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "it cannot be kept");
        }
        *place = draft;
        StatusCode::NO_CONTENT.into_response()
    }
}

fn refuse(status: StatusCode, words: &str) -> Response {
    let body = json!({"error_code": status.as_str(), "error_description": words});
    (status, Json(body)).into_response()
}
