//! The data key: under it everything at rest is encrypted.
//!
//! AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in front and the message's
//! id as associated data, so that no content can be moved to another message.

use std::fmt;

use ambient::Random;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::Error;

/// An organisation's data key, ready for use. Never printed.
pub struct Vault {
    key: LessSafeKey,
    random: Random,
}

impl Vault {
    /// Make the key ready.
    pub fn new(key: &[u8; 32], random: &Random) -> Self {
        let key =
            UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are an AES-256 key");
        Self {
            key: LessSafeKey::new(key),
            random: random.clone(),
        }
    }

    /// Encrypt for the message: nonce, ciphertext, tag.
    pub fn seal(&self, message: &str, clear: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce);
        let tag_bytes = AES_256_GCM.tag_len();
        let mut sealed = Vec::with_capacity(NONCE_LEN + clear.len() + tag_bytes);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(clear);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(message),
                &mut sealed[NONCE_LEN..],
            )
            .expect("a message is far below the limit of AES-GCM");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Decrypt what [`Vault::seal`] made for the same message.
    pub fn open(&self, message: &str, mut sealed: Vec<u8>) -> Result<Vec<u8>, Error> {
        let damaged = || Error::Damaged {
            message: message.to_owned(),
        };
        let (nonce, _) = sealed.split_at_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let clear = self
            .key
            .open_within(nonce, Aad::from(message), &mut sealed, NONCE_LEN..)
            .map_err(|_| damaged())?;
        let length = clear.len();
        sealed.truncate(length);
        Ok(sealed)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&[7; 32], &Random::seeded(1))
    }

    #[test]
    fn what_is_sealed_opens_for_its_message_only() {
        let sealed = vault().seal("a", b"innhold");
        assert_eq!(vault().open("a", sealed.clone()).unwrap(), b"innhold");
        assert!(vault().open("b", sealed).is_err());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = vault().seal("a", b"innhold");
        for bit in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(vault().open("a", bad).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn nothing_clear_is_left() {
        let sealed = vault().seal("a", b"innhold");
        assert!(!sealed.windows(7).any(|w| w == b"innhold"));
    }

    #[test]
    fn too_short_is_damaged() {
        for length in 0..NONCE_LEN + 16 {
            assert!(vault().open("a", vec![0; length]).is_err());
        }
    }
}
