//! Log in and out.
//!
//! A visit is a random number in a cookie; the ledger has its digest. Who is named in the
//! settings no longer, or may do other things now, is that from the next page on.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pages::cookie;
use password::Secret;
use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::frame::Frame;
use super::{Desk, failed, to};
use crate::Error;
use crate::ledger::visit;
use crate::settings::{self, FormRole, secret};

/// The cookie of a visit.
const COOKIE: &str = "besoek";
/// How long a visit lasts: a working day.
const VISIT_TIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Passwords that argon2 looks at at once: guessing costs one processor at most.
const SLOW_MAX: usize = 1;
/// What the names of kept fields begin with.
const KEPT: &str = "beholdt:";

/// Somebody who has logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) writes: bool,
    pub(crate) approves: bool,
}

/// Everybody who may.
pub(crate) struct Users {
    known: Vec<(User, Secret)>,
    slow: Semaphore,
}

impl Users {
    /// Fails when nobody is named, or somebody twice, without a password, or with one
    /// that cannot be used.
    pub(crate) fn new(form: &settings::Form) -> Result<Self, Error> {
        let mut known: Vec<(User, Secret)> = Vec::new();
        for user in &form.users {
            let wrong = |what: &str| {
                Error::Settings(format!("form.users, {:?}: {what}", user.name))
            };
            if user.name.trim().is_empty() {
                return Err(wrong("a user needs a name"));
            }
            if known.iter().any(|(other, _)| other.name == user.name) {
                return Err(wrong("the name is there twice"));
            }
            let text = match (&user.password, &user.password_file) {
                (Some(text), None) => text.clone(),
                (None, Some(file)) => secret(file)?,
                _ => return Err(wrong("give `password` or `password_file`")),
            };
            let parsed = text.expose_secret().parse();
            let secret = parsed.map_err(|()| {
                wrong("the password is empty, or a hash that is not well formed")
            })?;
            let may = |role| user.roles.contains(&role);
            let user = User {
                name: user.name.clone(),
                writes: may(FormRole::Write),
                approves: may(FormRole::Approve),
            };
            known.push((user, secret));
        }
        if known.is_empty() {
            let words = "form.users: nobody may use the page; name somebody";
            return Err(Error::Settings(words.into()));
        }
        let slow = Semaphore::new(SLOW_MAX);
        Ok(Self { known, slow })
    }

    fn named(&self, name: &str) -> Option<&User> {
        let found = self.known.iter().find(|(user, _)| user.name == name);
        found.map(|(user, _)| user)
    }

    /// Who it is. A name that nobody has takes as long as a wrong password.
    async fn recognise(&self, name: &str, given: &str) -> Option<&User> {
        let named = self.known.iter().find(|(user, _)| user.name == name);
        let (user, secret) = named.or_else(|| self.known.first())?;
        let right = if secret.is_slow() {
            let _permit = self.slow.acquire().await.ok()?;
            let (secret, given) = (secret.clone(), given.as_bytes().to_vec());
            let asked = tokio::task::spawn_blocking(move || secret.is(&given)).await;
            asked.unwrap_or(false)
        } else {
            secret.is(given.as_bytes())
        };
        (right && named.is_some()).then_some(user)
    }
}

impl Desk {
    /// Who it is that asks.
    pub(super) async fn visitor(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<User>, Error> {
        let Some(token) = cookie(headers, COOKIE) else {
            return Ok(None);
        };
        let digest = password::hash(token.as_bytes());
        let klient = &self.klient;
        let who = visit::who(&klient.db, digest, klient.clock.now()).await?;
        Ok(who.and_then(|name| self.users.named(&name).cloned()))
    }

    async fn begin(&self, user: &User) -> Result<String, Error> {
        let mut bytes = [0; 32];
        self.klient.random.fill(&mut bytes);
        let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = password::hash(token.as_bytes());
        let now = self.klient.clock.now();
        let until = now + VISIT_TIME;
        visit::begin(&self.klient.db, digest, &user.name, now, until).await?;
        Ok(self.set_cookie(&token, VISIT_TIME.as_secs()))
    }

    fn set_cookie(&self, token: &str, seconds: u64) -> String {
        let secure = match self.address.starts_with("https://") {
            true => "; Secure",
            false => "",
        };
        format!(
            "{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        )
    }
}

/// Where to log in, to come back to a page.
pub(super) fn address(path: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("til", path);
    format!("/logg-inn?{}", query.finish())
}

/// A page of ours, and nothing else.
fn ours(path: &str) -> &str {
    let plain = path.starts_with('/') && !path.starts_with("//");
    let plain = plain && !path.contains(['\\', '\r', '\n']);
    if plain { path } else { "/" }
}

#[derive(Template)]
#[template(path = "logg-inn.html")]
struct Login<'a> {
    f: &'a Frame,
    name: &'a str,
    to: &'a str,
    refused: bool,
    /// What was typed into another form before.
    kept: &'a [(String, String)],
}

#[derive(Template)]
#[template(path = "fortsett.html")]
struct Continue<'a> {
    f: &'a Frame,
    to: &'a str,
    kept: &'a [(String, String)],
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    til: String,
}

pub(super) async fn page(f: Frame, Query(asked): Query<Asked>) -> Response {
    super::page(&Login {
        f: &f,
        name: "",
        to: ours(&asked.til),
        refused: false,
        kept: &[],
    })
}

/// The same, with what was handed in by somebody whose time was out.
pub(super) fn again(f: &Frame, path: &str, body: &[u8]) -> Response {
    let kept: Vec<(String, String)> =
        url::form_urlencoded::parse(body).into_owned().collect();
    let login = Login {
        f,
        name: "",
        to: ours(path),
        refused: false,
        kept: &kept,
    };
    (StatusCode::UNAUTHORIZED, super::page(&login)).into_response()
}

pub(super) async fn enter(
    State(desk): State<Arc<Desk>>,
    mut f: Frame,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let text = |name: &str| {
        let found = pairs.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let kept = pairs.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix(KEPT)?;
        Some((name.to_owned(), value.clone()))
    });
    let kept: Vec<(String, String)> = kept.collect();
    let (name, wanted) = (text("navn").trim(), ours(text("til")));
    let Some(user) = desk.users.recognise(name, text("passord")).await else {
        tracing::warn!("somebody could not log in on the page");
        let login = Login {
            f: &f,
            name,
            to: wanted,
            refused: true,
            kept: &kept,
        };
        return (StatusCode::UNAUTHORIZED, super::page(&login)).into_response();
    };
    let cookie = match desk.begin(user).await {
        Ok(cookie) => cookie,
        Err(error) => return failed(&f, &error),
    };
    f.user = Some(user.clone());
    let answer = match kept.is_empty() {
        true => to(wanted),
        false => super::page(&Continue {
            f: &f,
            to: wanted,
            kept: &kept,
        }),
    };
    ([(header::SET_COOKIE, cookie)], answer).into_response()
}

pub(super) async fn leave(
    State(desk): State<Arc<Desk>>,
    f: Frame,
    headers: HeaderMap,
) -> Response {
    let token = cookie(&headers, COOKIE).unwrap_or_default();
    let digest = password::hash(token.as_bytes());
    if let Err(error) = visit::end(&desk.klient.db, digest).await {
        return failed(&f, &error);
    }
    let cookie = desk.set_cookie("", 0);
    ([(header::SET_COOKIE, cookie)], to("/logg-inn")).into_response()
}
