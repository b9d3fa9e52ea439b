//! The guard at the door: who is it, and does it come too often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use password::hash;
use tokio::sync::Semaphore;

use crate::credentials::{Credentials, Kind};

/// How long a password that was right is right without asking argon2 again.
const REMEMBER_TIME: Duration = Duration::from_secs(5 * 60);
/// Passwords remembered at the most.
const REMEMBERED_MAX: usize = 1024;
/// Passwords that argon2 looks at at once: guessing costs us two processors at most.
const SLOW_MAX: usize = 2;

/// Everyone who is known, and what was found of late.
#[derive(Debug)]
pub(crate) struct Guard {
    known: Arc<[Credentials]>,
    remembered: Mutex<HashMap<Vec<u8>, (usize, Instant)>>,
    slow: Semaphore,
}

/// Who a request says that it is from.
enum Claim {
    User(Vec<u8>, Vec<u8>),
    Key(Vec<u8>),
}

impl Guard {
    pub(crate) fn new(known: Vec<Credentials>) -> Self {
        Self {
            known: known.into(),
            remembered: Mutex::default(),
            slow: Semaphore::new(SLOW_MAX),
        }
    }

    /// Whom the request is from; none when it does not say, or not truly.
    pub(crate) async fn recognise(&self, headers: &HeaderMap) -> Option<&Credentials> {
        match claim(headers)? {
            Claim::Key(key) => self.known.iter().filter(|c| c.kind == Kind::Key).fold(
                None,
                |found, c| if c.secret.is(&key) { Some(c) } else { found },
            ),
            Claim::User(name, password) => self.user(&name, &password).await,
        }
    }

    async fn user(&self, name: &[u8], password: &[u8]) -> Option<&Credentials> {
        let users = || {
            self.known
                .iter()
                .enumerate()
                .filter(|(_, c)| c.kind == Kind::User)
        };
        let named = users().find(|(_, c)| c.name.as_bytes() == name);
        // A name that nobody has takes as long to refuse as a wrong password.
        let (at, candidate) = named.or_else(|| users().next())?;
        if !candidate.secret.is_slow() {
            let right = candidate.secret.is(password);
            return (right && named.is_some()).then_some(candidate);
        }
        let print = hash(&[name, b":", password].concat());
        if self.remembers(&print, at) {
            return Some(candidate);
        }
        let _permit = self.slow.acquire().await.ok()?;
        let (secret, given) = (candidate.secret.clone(), password.to_vec());
        let right = tokio::task::spawn_blocking(move || secret.is(&given)).await;
        if !right.unwrap_or(false) || named.is_none() {
            return None;
        }
        self.remember(print, at);
        Some(candidate)
    }

    fn remembers(&self, print: &[u8], at: usize) -> bool {
        let remembered = self
            .remembered
            .lock()
            .expect("nobody panics while holding it");
        remembered
            .get(print)
            .is_some_and(|(who, since)| *who == at && since.elapsed() < REMEMBER_TIME)
    }

    fn remember(&self, print: Vec<u8>, at: usize) {
        let mut remembered = self
            .remembered
            .lock()
            .expect("nobody panics while holding it");
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(print, (at, Instant::now()));
    }
}

fn claim(headers: &HeaderMap) -> Option<Claim> {
    if let Some(key) = headers.get("x-api-key") {
        return Some(Claim::Key(key.as_bytes().to_vec()));
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Claim::Key(rest.trim().as_bytes().to_vec()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut user = STANDARD.decode(rest.trim()).ok()?;
    let colon = user.iter().position(|&byte| byte == b':')?;
    let password = user.split_off(colon + 1);
    user.truncate(colon);
    Some(Claim::User(user, password))
}

/// How often and how much at once a door is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Requests a second, over a second or two; no limit when none.
    pub per_second: Option<u32>,
    /// Requests that are worked on at once; further ones wait. It keeps one
    /// organisation's callers from taking the whole process.
    pub at_once: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            per_second: None,
            at_once: 256,
        }
    }
}

/// The pace, kept.
#[derive(Debug)]
pub(crate) struct Turnstile {
    per_second: Option<f64>,
    tokens: Mutex<(f64, Instant)>,
    pub(crate) at_once: Semaphore,
}

impl Turnstile {
    pub(crate) fn new(pace: Pace) -> Self {
        let per_second = pace.per_second.map(f64::from);
        Self {
            per_second,
            tokens: Mutex::new((per_second.unwrap_or_default() * 2.0, Instant::now())),
            at_once: Semaphore::new(pace.at_once.max(1)),
        }
    }

    /// Whether one more may pass now.
    pub(crate) fn pass(&self) -> bool {
        let Some(rate) = self.per_second else {
            return true;
        };
        let mut state = self.tokens.lock().expect("nobody panics while holding it");
        let now = Instant::now();
        let gained = now.duration_since(state.1).as_secs_f64() * rate;
        *state = ((state.0 + gained).min(rate * 2.0), now);
        let enough = state.0 >= 1.0;
        if enough {
            state.0 -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scopes;

    fn with(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    // RFC 7617 §2: the example of that section.
    #[tokio::test]
    async fn the_right_words_open() {
        let known = |user, password| {
            Guard::new(vec![
                Credentials::user(user, password, Scopes::ALL).unwrap(),
            ])
        };
        let aladdin = with("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let guard = known("Aladdin", "open sesame");
        assert_eq!(guard.recognise(&aladdin).await.unwrap().name, "Aladdin");
        assert!(known("Aladdin", "open").recognise(&aladdin).await.is_none());
        assert!(
            known("Ali", "open sesame")
                .recognise(&aladdin)
                .await
                .is_none()
        );
        for wrong in ["Basic", "Basic !", "Basic QQ==", "Bearer open sesame"] {
            assert!(guard.recognise(&with(wrong)).await.is_none(), "{wrong}");
        }
        assert!(guard.recognise(&HeaderMap::new()).await.is_none());
    }

    #[tokio::test]
    async fn a_password_that_was_right_is_remembered_and_a_wrong_one_is_not() {
        let made = password::hash_password("open sesame", b"somesaltsomesalt");
        let user = Credentials::user("Aladdin", &made.unwrap(), Scopes::ALL).unwrap();
        let guard = Guard::new(vec![user]);
        for _ in 0..2 {
            let aladdin = with("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
            assert!(guard.recognise(&aladdin).await.is_some());
            let wrong = with(&format!("Basic {}", STANDARD.encode("Aladdin:open")));
            assert!(guard.recognise(&wrong).await.is_none());
        }
        assert_eq!(guard.remembered.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let pace = Pace {
            per_second: Some(10),
            ..Pace::default()
        };
        let turnstile = Turnstile::new(pace);
        let passed = (0..1000).filter(|_| turnstile.pass()).count();
        assert!((20..1000).contains(&passed), "{passed}");
    }
}
