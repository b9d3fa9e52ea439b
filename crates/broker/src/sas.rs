//! Shared access signatures: who may do what with which queue.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::queue::QueueName;
use crate::settings::{Authentication, Policy, Right};

/// A token this long past its end is still taken. Not a courtesy: the Java access point
/// computes its expiry in 32-bit floats, and a third of its tokens are sent expired.
const SKEW_SECONDS: i64 = 300;

/// Checks tokens.
#[derive(Clone)]
pub struct Guard {
    authentication: Authentication,
    policies: Arc<[Policy]>,
    own: Own,
}

/// Tells the queue that a path leads to, and who may use that queue alone.
pub type Own = Arc<dyn Fn(&str) -> Option<(QueueName, Vec<Policy>)> + Send + Sync>;

/// Why a token was refused. Which of the reasons it was is told to the log, not to the
/// caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is none, or it is no SharedAccessSignature.
    #[error("the token is missing or malformed")]
    Malformed,
    /// Nobody of that name, or signed with another key.
    #[error("the token's signature or policy is invalid")]
    Signature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It is for another entity.
    #[error("the token is for another entity")]
    Scope,
    /// Its policy does not allow this.
    #[error("the policy does not allow this")]
    Right,
}

/// A token that was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The path below which it is good; empty for the whole namespace.
    pub path: String,
    /// What it allows.
    pub rights: Vec<Right>,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
}

impl Guard {
    /// A guard with these policies for everything, and each queue's own.
    pub fn new(
        authentication: Authentication,
        policies: Vec<Policy>,
        own: Own,
    ) -> Self {
        Self {
            authentication,
            policies: policies.into(),
            own,
        }
    }

    /// Whether nobody needs to prove anything.
    pub fn is_open(&self) -> bool {
        self.authentication == Authentication::None
    }

    /// Check a token for an entity and a right.
    pub fn check(
        &self,
        token: Option<&str>,
        entity: &str,
        right: Right,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if self.is_open() {
            return Ok(());
        }
        self.verify(token.ok_or(Refused::Malformed)?, Some(entity), now)?
            .allows(entity, right)
    }

    /// Verify a token, for this entity or for whatever it names. The entity's own
    /// policies come first, and are good for that queue alone.
    pub fn verify(
        &self,
        token: &str,
        entity: Option<&str>,
        now: Timestamp,
    ) -> Result<Granted, Refused> {
        let fields = Fields::read(token).ok_or(Refused::Malformed)?;
        let name = decode(fields.policy).ok_or(Refused::Malformed)?;
        let signature = decode(fields.signature).ok_or(Refused::Malformed)?;
        let signature = STANDARD.decode(signature).map_err(|_| Refused::Malformed)?;
        let resource = decode(fields.resource).ok_or(Refused::Malformed)?;
        let path = path(&resource);
        let text = format!("{}\n{}", fields.resource, fields.expiry);
        let signed = |policy: &&Policy| {
            policy.name == name
                && keys(policy).any(|key| {
                    let key = key.expose_secret().as_bytes();
                    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
                    hmac::verify(&key, text.as_bytes(), &signature).is_ok()
                })
        };
        let (queue, own) = (self.own)(entity.unwrap_or(&path)).unzip();
        let own = own.unwrap_or_default();
        let (path, policy) = match (own.iter().find(signed), queue) {
            (Some(policy), Some(queue)) => (within(&queue.key(), path), policy),
            _ => {
                let all = self.policies.iter().find(signed);
                (path, all.ok_or(Refused::Signature)?)
            }
        };
        let expires: i64 = fields.expiry.parse().map_err(|_| Refused::Malformed)?;
        if expires.saturating_add(SKEW_SECONDS) < now.as_second() {
            return Err(Refused::Expired);
        }
        // One that came late is as good as one that was late by as much.
        let late = expires <= now.as_second();
        Ok(Granted {
            path,
            rights: policy.rights.clone(),
            expires: if late {
                expires + SKEW_SECONDS
            } else {
                expires
            },
        })
    }

    /// Check a policy's name and key, as SASL PLAIN brings them.
    pub fn plain(&self, name: &str, key: &str) -> Result<Granted, Refused> {
        let policy = self.policies.iter().find(|p| p.name == name);
        let policy = policy.ok_or(Refused::Signature)?;
        let same = |own: &SecretString| {
            let own = own.expose_secret().as_bytes();
            aws_lc_rs::constant_time::verify_slices_are_equal(own, key.as_bytes())
                .is_ok()
        };
        if !keys(policy).any(same) {
            return Err(Refused::Signature);
        }
        let (path, rights) = (String::new(), policy.rights.clone());
        Ok(Granted {
            path,
            rights,
            expires: i64::MAX,
        })
    }
}

impl Granted {
    /// Whether it is good for this entity and right. The path is compared by segments,
    /// without regard to case: `q1` is good for `q1/$DeadLetterQueue`, not for `q10`.
    pub fn allows(&self, entity: &str, right: Right) -> Result<(), Refused> {
        let entity = entity.trim_matches('/').to_ascii_lowercase();
        let inside = self.path.is_empty()
            || entity == self.path
            || entity.strip_prefix(&self.path).is_some_and(|rest| rest.starts_with('/'))
            // A token may be signed for a longer address, as …/q1/messages/head.
            || self.path.strip_prefix(&entity).is_some_and(|rest| rest.starts_with('/'));
        if !inside {
            return Err(Refused::Scope);
        }
        if self.rights.contains(&right) || self.rights.contains(&Right::Manage) {
            return Ok(());
        }
        Err(Refused::Right)
    }
}

fn keys(policy: &Policy) -> impl Iterator<Item = &SecretString> {
    std::iter::once(&policy.key).chain(&policy.secondary_key)
}

/// A queue's own key is good for the queue, whatever larger place its token names.
fn within(queue: &str, path: String) -> String {
    let below = path.strip_prefix(queue);
    if below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
        return path;
    }
    let above = path.is_empty()
        || queue
            .strip_prefix(&path)
            .is_some_and(|rest| rest.starts_with('/'));
    if above { queue.to_owned() } else { path }
}

struct Fields<'a> {
    resource: &'a str,
    signature: &'a str,
    expiry: &'a str,
    policy: &'a str,
}

impl<'a> Fields<'a> {
    /// Fields in any order; unknown ones are passed over.
    fn read(token: &'a str) -> Option<Self> {
        const SCHEME: &str = "SharedAccessSignature ";
        let start = token.get(..SCHEME.len())?;
        if !start.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        let field = |name: &str| {
            let mut all = token[SCHEME.len()..].split('&');
            all.find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
        };
        Some(Self {
            resource: field("sr")?,
            signature: field("sig")?,
            expiry: field("se")?,
            policy: field("skn")?,
        })
    }
}

/// The path of an address, without scheme, host, query and the slash at the end.
fn path(resource: &str) -> String {
    let rest = resource
        .split_once("://")
        .map_or(resource, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    path.trim_matches('/').to_ascii_lowercase()
}

/// Percent-decoding, with `+` as a space in the way of forms.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str, key: &str, rights: &[Right]) -> Policy {
        Policy {
            name: name.into(),
            key: key.into(),
            secondary_key: Some("annen".into()),
            rights: rights.to_vec(),
        }
    }

    fn guard() -> Guard {
        let own = |path: &str| {
            let own = path == "own" || path.starts_with("own/");
            let policies = vec![policy("Mine", "m", &[Right::Listen])];
            own.then(|| ("Own".parse().unwrap(), policies))
        };
        Guard::new(
            Authentication::Sas,
            vec![
                policy("Root", "SAS_KEY_VALUE", &[Right::Manage]),
                policy("Send", "k", &[Right::Send]),
            ],
            Arc::new(own),
        )
    }

    fn sign(resource: &str, key: &str, expiry: i64, name: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let tag = hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes());
        let sig = STANDARD.encode(tag).replace('+', "%2B").replace('=', "%3d");
        format!("SharedAccessSignature sr={resource}&sig={sig}&se={expiry}&skn={name}")
    }

    const NOW: i64 = 1_700_000_000;

    fn check(token: &str, entity: &str, right: Right) -> Result<(), Refused> {
        let now = Timestamp::from_second(NOW).unwrap();
        guard().check(Some(token), entity, right, now)
    }

    // Made by Python's hmac and urllib.parse.quote, upper-case escapes.
    const PYTHON: &str = "SharedAccessSignature sr=http%3A%2F%2Flocalhost%3A5300%2Fq1&\
        sig=PAhj%2Fo2BIjNb9zZPnKI7VzkpFypdhP0JPyzN071fU8o%3D&se=1700000000&skn=Root";

    #[test]
    fn a_token_made_by_python_is_good_where_it_says() {
        assert_eq!(check(PYTHON, "q1", Right::Send), Ok(()));
        assert_eq!(check(PYTHON, "Q1/$DeadLetterQueue", Right::Listen), Ok(()));
        assert_eq!(check(PYTHON, "q10", Right::Send), Err(Refused::Scope));
    }

    #[test]
    fn order_case_and_encoding_do_not_matter() {
        let token = sign(
            "https%3a%2f%2fns%2fq1%3fapi-version%3d1",
            "annen",
            NOW,
            "Root",
        );
        let fields = token.strip_prefix("SharedAccessSignature ").unwrap();
        let turned: Vec<_> = fields.split('&').rev().collect();
        let token = format!("sharedaccesssignature {}&x=y", turned.join("&"));
        assert_eq!(check(&token, "q1", Right::Listen), Ok(()));
    }

    #[test]
    fn late_tokens_are_taken_for_five_minutes() {
        let token = |expiry| sign("sb%3a%2f%2fns", "SAS_KEY_VALUE", expiry, "Root");
        assert_eq!(check(&token(NOW - 109), "q", Right::Send), Ok(()));
        assert_eq!(
            check(&token(NOW - 1000), "q", Right::Send),
            Err(Refused::Expired)
        );
    }

    // > look up the rule on the entity first, then the namespace
    #[test]
    fn a_queues_own_policy_is_good_for_that_queue_alone() {
        for resource in ["sb%3a%2f%2fns%2fown", "sb%3a%2f%2fns"] {
            let token = sign(resource, "m", NOW, "Mine");
            assert_eq!(check(&token, "own/$DeadLetterQueue", Right::Listen), Ok(()));
            assert_eq!(check(&token, "own", Right::Send), Err(Refused::Right));
            let other = check(&token, "q", Right::Listen);
            assert_eq!(other, Err(Refused::Signature));
        }
        let all = sign("sb%3a%2f%2fns", "SAS_KEY_VALUE", NOW, "Root");
        assert_eq!(check(&all, "own", Right::Manage), Ok(()));
        let now = Timestamp::from_second(NOW).unwrap();
        let token = sign("sb%3a%2f%2fns%2fown", "m", NOW, "Mine");
        let granted = guard().verify(&token, None, now).unwrap();
        assert_eq!(granted.allows("own", Right::Listen), Ok(()));
        assert_eq!(granted.allows("q", Right::Listen), Err(Refused::Scope));
    }

    #[test]
    fn wrong_tokens_are_refused() {
        let good = sign("sb%3a%2f%2fns", "SAS_KEY_VALUE", NOW, "Root");
        assert_eq!(check("Bearer x", "q", Right::Send), Err(Refused::Malformed));
        let forged = good.replace("se=17", "se=18");
        assert_eq!(check(&forged, "q", Right::Send), Err(Refused::Signature));
        let unknown = good.replace("skn=Root", "skn=Rot");
        assert_eq!(check(&unknown, "q", Right::Send), Err(Refused::Signature));
        let other = sign("sb%3a%2f%2fns", "feil", NOW, "Root");
        assert_eq!(check(&other, "q", Right::Send), Err(Refused::Signature));
        let send = sign("sb%3a%2f%2fns", "k", NOW, "Send");
        assert_eq!(check(&send, "q", Right::Send), Ok(()));
        assert_eq!(check(&send, "q", Right::Listen), Err(Refused::Right));
        let now = Timestamp::from_second(NOW).unwrap();
        let none = guard().check(None, "q", Right::Send, now);
        assert_eq!(none, Err(Refused::Malformed));
    }
}
