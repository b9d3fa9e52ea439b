//! AES-GCM (NIST SP 800-38D) on text that comes in pieces: counter mode and GHASH.
//!
//! AWS-LC's safe door for GCM wants all of the text at once, to answer with none of it
//! when the tag is wrong. Whoever uses this must throw away what came before a wrong tag.

use ghash::GHash;
use ghash::universal_hash::{KeyInit, UniversalHash};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::Error;
use crate::cipher::{Sealed, count};

const BLOCK_BYTES: usize = 16;
/// The counter has 32 bits; two of its values are taken.
const BLOCKS_MAX: u64 = (1 << 32) - 2;

/// A text under way.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Gcm {
    cipher: Sealed,
    key: Zeroizing<Vec<u8>>,
    nonce: [u8; 12],
    hash: GHash,
    hash_key: Zeroizing<[u8; BLOCK_BYTES]>,
    bytes: u64,
}

impl Gcm {
    pub(crate) fn new(cipher: Sealed, key: &[u8], nonce: &[u8]) -> Result<Self, Error> {
        let nonce = <[u8; 12]>::try_from(nonce)
            .map_err(|_| Error::Algorithm("a nonce not of 12".into()))?;
        let mut hash_key = Zeroizing::new([0; BLOCK_BYTES]);
        count(cipher, key, [0; 16], hash_key.as_mut())?;
        Ok(Self {
            cipher,
            key: Zeroizing::new(key.to_vec()),
            nonce,
            hash: KeyInit::new(&(*hash_key).into()),
            hash_key,
            bytes: 0,
        })
    }

    /// Decrypt where it is. Only the last piece may be other than whole blocks.
    pub(crate) fn decrypt(&mut self, text: &mut [u8]) -> Result<(), Error> {
        let done = self.bytes / BLOCK_BYTES as u64;
        self.bytes += text.len() as u64;
        if self.bytes.div_ceil(BLOCK_BYTES as u64) > BLOCKS_MAX {
            return Err(Error::Decrypt);
        }
        self.hash.update_padded(text);
        // 1 is for the tag.
        let counter = u32::try_from(done + 2).map_err(|_| Error::Decrypt)?;
        count(self.cipher, &self.key, self.counter(counter), text)
    }

    fn counter(&self, number: u32) -> [u8; 16] {
        let mut counter = [0; 16];
        counter[..12].copy_from_slice(&self.nonce);
        counter[12..].copy_from_slice(&number.to_be_bytes());
        counter
    }

    /// Whether the tag is that of the text and these attributes.
    ///
    /// The attributes are hashed before the text, and are known after it. The hash is a
    /// polynomial: that of the attributes followed by as many zeros as there was text,
    /// plus that of the text, is that of both.
    pub(crate) fn verify(self, attributes: &[u8], tag: &[u8]) -> Result<(), Error> {
        let new = || -> GHash { KeyInit::new(&(*self.hash_key).into()) };
        let mut before = new();
        if !attributes.is_empty() {
            before.update_padded(attributes);
            let zeros = [0; 4096];
            let mut left = self.bytes.next_multiple_of(BLOCK_BYTES as u64);
            while left > 0 {
                let some = left.min(zeros.len() as u64);
                before.update_padded(&zeros[..usize::try_from(some).unwrap_or(0)]);
                left -= some;
            }
        }
        let bits = |bytes: u64| (bytes * 8).to_be_bytes();
        let lengths = [bits(attributes.len() as u64), bits(self.bytes)].concat();
        let mask = self.counter(1);
        let parts = [before.finalize(), self.hash.clone().finalize()];
        let mut sum = [0; BLOCK_BYTES];
        for part in [parts[0].as_slice(), parts[1].as_slice(), &lengths] {
            sum.iter_mut().zip(part).for_each(|(s, p)| *s ^= p);
        }
        let mut last = new();
        last.update_padded(&sum);
        let mut wanted = [0; BLOCK_BYTES];
        wanted.copy_from_slice(&last.finalize());
        count(self.cipher, &self.key, mask, &mut wanted)?;
        if tag.len() != BLOCK_BYTES {
            return Err(Error::Algorithm(format!("a tag of {} bytes", tag.len())));
        }
        bool::from(wanted.ct_eq(tag))
            .then_some(())
            .ok_or(Error::Decrypt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::aead::{
        AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey,
    };

    #[test]
    fn pieces_decrypt_to_what_aws_lc_sealed_with_and_without_attributes() {
        for (cipher, algorithm) in [
            (Sealed::Aes128, &AES_128_GCM),
            (Sealed::Aes256, &AES_256_GCM),
        ] {
            let key = vec![7; cipher.key_bytes()];
            let nonce = [9; 12];
            for bytes in [0, 1, 15, 16, 17, 64, 5000] {
                for attributes in [&b""[..], b"a", &[3; 40]] {
                    let clear: Vec<u8> = (0..=255).cycle().take(bytes).collect();
                    let sealing =
                        LessSafeKey::new(UnboundKey::new(algorithm, &key).unwrap());
                    let mut text = clear.clone();
                    let tag = sealing
                        .seal_in_place_separate_tag(
                            Nonce::assume_unique_for_key(nonce),
                            Aad::from(attributes),
                            &mut text,
                        )
                        .unwrap();
                    let mut gcm = Gcm::new(cipher, &key, &nonce).unwrap();
                    let middle = bytes / 32 * 16;
                    let (first, second) = text.split_at_mut(middle);
                    gcm.decrypt(first).unwrap();
                    gcm.decrypt(second).unwrap();
                    assert_eq!(text, clear);
                    let mut wrong = tag.as_ref().to_vec();
                    wrong[0] ^= 1;
                    let again = gcm.clone().verify(attributes, &wrong);
                    assert_eq!(again, Err(Error::Decrypt));
                    gcm.verify(attributes, tag.as_ref()).unwrap();
                }
            }
        }
    }
}
