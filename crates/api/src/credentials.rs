//! Who may enter: users by HTTP Basic (RFC 7617), programs by an API key (RFC 6750).

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

use crate::scope::Scopes;

/// Someone who is known at the door. Never printed but by name.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) name: String,
    pub(crate) secret: Secret,
    pub(crate) scopes: Scopes,
    pub(crate) kind: Kind,
}

/// How someone says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Name and password.
    User,
    /// A key alone.
    Key,
}

/// What proves it.
#[derive(Clone)]
pub(crate) enum Secret {
    /// SHA-256 of it: for keys, which nobody can guess, and passwords in the clear.
    Sha256(Vec<u8>),
    /// An argon2 hash in the PHC form.
    Argon2(String),
}

impl Credentials {
    /// A user: from a password in the clear, from `sha256:` and 64 hexadecimal digits, or
    /// from `$argon2id$…`. None when a part is empty or not well formed.
    pub fn user(name: &str, password: &str, scopes: Scopes) -> Option<Self> {
        let sound = !name.is_empty() && !name.contains(':');
        Some(Self {
            name: name.to_owned(),
            secret: password.parse().ok()?,
            scopes,
            kind: Kind::User,
        })
        .filter(|_| sound)
    }

    /// A program that carries a key: the key, or `sha256:` and its digest.
    pub fn key(name: &str, key: &str, scopes: Scopes) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            secret: key.parse().ok()?,
            scopes,
            kind: Kind::Key,
        })
        .filter(|_| !name.is_empty())
    }
}

impl FromStr for Secret {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.is_empty() {
            return Err(());
        }
        if text.starts_with("$argon2") {
            PasswordHash::new(text).map_err(|_| ())?;
            return Ok(Self::Argon2(text.to_owned()));
        }
        match text.strip_prefix("sha256:") {
            Some(digits) => unhex(digits).map(Self::Sha256).ok_or(()),
            None => Ok(Self::Sha256(hash(text.as_bytes()))),
        }
    }
}

impl Secret {
    /// Whether this is it. An argon2 hash takes some 50 ms of a processor.
    pub(crate) fn is(&self, given: &[u8]) -> bool {
        match self {
            Self::Sha256(known) => verify_slices_are_equal(&hash(given), known).is_ok(),
            Self::Argon2(known) => PasswordHash::new(known).is_ok_and(|known| {
                Argon2::default().verify_password(given, &known).is_ok()
            }),
        }
    }

    /// Whether it takes long to tell.
    pub(crate) fn is_slow(&self) -> bool {
        matches!(self, Self::Argon2(_))
    }
}

/// The argon2id hash of a password, in the form that [`Credentials::user`] takes.
pub fn hash_password(password: &str, salt: &[u8]) -> Result<String, Unhashed> {
    let hash: Result<argon2::password_hash::phc::PasswordHash, _> =
        Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hash.map(|hash| hash.to_string())
        .map_err(|e| Unhashed(e.to_string()))
}

/// The password is too long, or the salt too short.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct Unhashed(String);

/// SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let pair = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).ok();
    (0..64).step_by(2).map(pair).collect()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials of {}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(secret: &str, given: &str) -> bool {
        secret.parse::<Secret>().unwrap().is(given.as_bytes())
    }

    // FIPS 180-4, the example "abc"; the example in the README of argon2's authors.
    #[test]
    fn a_hash_stands_for_its_password() {
        let sha =
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        // echo -n password | argon2 somesalt -t 2 -m 16 -p 4 -l 24
        let argon2 = "$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG";
        for (hash, right) in [(sha, "abc"), ("åpen", "åpen"), (argon2, "password")] {
            assert!(opens(hash, right) && !opens(hash, "abd"));
        }
    }

    #[test]
    fn empty_and_broken_ones_are_refused() {
        for (user, password) in [
            ("", "x"),
            ("u", ""),
            ("u:v", "x"),
            ("u", "sha256:12"),
            ("u", "$argon2id$x"),
        ] {
            let made = Credentials::user(user, password, Scopes::ALL);
            assert!(made.is_none(), "{user} {password}");
        }
    }
}
