//! Passwords and keys as they are kept: a hash, and whether what is given is it.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

/// What proves who someone is. Read from a password in the clear, from `sha256:` and 64
/// hexadecimal digits, or from `$argon2id$…`; it does not print itself.
#[derive(Clone)]
pub struct Secret(Kept);

#[derive(Clone)]
enum Kept {
    /// SHA-256 of it: for keys, which nobody can guess, and passwords in the clear.
    Sha256(Vec<u8>),
    /// An argon2 hash in the PHC form.
    Argon2(String),
}

impl FromStr for Secret {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.is_empty() {
            return Err(());
        }
        if text.starts_with("$argon2") {
            PasswordHash::new(text).map_err(|_| ())?;
            return Ok(Self(Kept::Argon2(text.to_owned())));
        }
        let digest = match text.strip_prefix("sha256:") {
            Some(digits) => unhex(digits).ok_or(())?,
            None => hash(text.as_bytes()),
        };
        Ok(Self(Kept::Sha256(digest)))
    }
}

impl Secret {
    /// Whether this is it. An argon2 hash takes some 50 ms of a processor.
    pub fn is(&self, given: &[u8]) -> bool {
        match &self.0 {
            Kept::Sha256(known) => verify_slices_are_equal(&hash(given), known).is_ok(),
            Kept::Argon2(known) => PasswordHash::new(known).is_ok_and(|known| {
                Argon2::default().verify_password(given, &known).is_ok()
            }),
        }
    }

    /// Whether it takes long to tell.
    pub fn is_slow(&self) -> bool {
        matches!(self.0, Kept::Argon2(_))
    }
}

/// The argon2id hash of a password, in the form that [`Secret`] is read from.
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
pub fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let pair = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).ok();
    (0..64).step_by(2).map(pair).collect()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
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
        for text in ["", "sha256:12", "$argon2id$x"] {
            assert!(text.parse::<Secret>().is_err(), "{text}");
        }
    }
}
