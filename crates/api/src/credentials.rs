//! Who may enter: one user name and one password, by HTTP Basic (RFC 7617).

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A user name and the SHA-256 of a password. Never printed.
#[derive(Clone)]
pub struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    /// From a password in the clear, or from `sha256:` and 64 hexadecimal digits. None
    /// when either part is empty or the digits are not.
    pub fn new(user: &str, password: &str) -> Option<Self> {
        let hash = match password.strip_prefix("sha256:") {
            Some(digits) => unhex(digits)?,
            None => hash(password.as_bytes()),
        };
        let sound = !user.is_empty() && !user.contains(':') && !password.is_empty();
        sound.then(|| Self {
            user: hash_of(user),
            password: hash,
        })
    }

    /// Whether the request carries them. Takes as long for a wrong one as for the
    /// right one.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let Some((user, password)) = given(headers) else {
            return false;
        };
        let user = verify_slices_are_equal(&hash(&user), &self.user).is_ok();
        let password =
            verify_slices_are_equal(&hash(&password), &self.password).is_ok();
        user & password
    }
}

fn given(headers: &HeaderMap) -> Option<(Vec<u8>, Vec<u8>)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut user = STANDARD.decode(encoded.trim()).ok()?;
    let colon = user.iter().position(|&byte| byte == b':')?;
    let password = user.split_off(colon + 1);
    user.truncate(colon);
    Some((user, password))
}

fn hash_of(text: &str) -> Vec<u8> {
    hash(text.as_bytes())
}

fn hash(bytes: &[u8]) -> Vec<u8> {
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
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    // RFC 7617 §2: the example of that section.
    #[test]
    fn the_right_words_open() {
        let aladdin = with("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let clear = Credentials::new("Aladdin", "open sesame").unwrap();
        assert!(clear.admit(&aladdin));
        assert!(!Credentials::new("Aladdin", "open").unwrap().admit(&aladdin));
        assert!(
            !Credentials::new("Ali", "open sesame")
                .unwrap()
                .admit(&aladdin)
        );
        for wrong in [
            "Basic",
            "Basic !",
            "Basic QQ==",
            "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ] {
            assert!(!clear.admit(&with(wrong)), "{wrong}");
        }
        assert!(!clear.admit(&HeaderMap::new()));
    }

    // FIPS 180-4, the example "abc".
    #[test]
    fn a_hash_stands_for_its_password() {
        let hash =
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hashed = Credentials::new("u", hash).unwrap();
        assert!(hashed.admit(&with(&format!("Basic {}", STANDARD.encode("u:abc")))));
        assert!(!hashed.admit(&with(&format!("Basic {}", STANDARD.encode("u:abd")))));
    }

    #[test]
    fn empty_and_broken_ones_are_refused() {
        for (user, password) in [("", "x"), ("u", ""), ("u:v", "x"), ("u", "sha256:12")]
        {
            assert!(
                Credentials::new(user, password).is_none(),
                "{user} {password}"
            );
        }
    }
}
