//! AES-GCM (NIST SP 800-38D) on text that comes in pieces: counter mode and GHASH.
//!
//! AWS-LC's safe door for GCM wants all of the text at once, to answer with none of it
//! when the tag is wrong, and a nonce of twelve bytes. Whoever uses this must throw away
//! what came before a wrong tag.

use ghash::GHash;
use ghash::universal_hash::{KeyInit, UniversalHash};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::Error;
use crate::cipher::{Sealed, count};
use crate::tlv::{INTEGER, OCTET_STRING, Tlv};

const BLOCK_BYTES: usize = 16;
/// > len(P) ≤ 2^39-256 bits (§5.2.1.1)
const BLOCKS_MAX: u64 = (1 << 32) - 2;
/// > aes-ICVlen … 12 | 13 | 14 | 15 | 16 (RFC 5084 §3.2)
const TAG_BYTES: std::ops::RangeInclusive<usize> = 12..=16;

/// GCMParameters (RFC 5084 §3.2).
pub(crate) struct Parameters {
    nonce: Vec<u8>,
    tag_bytes: Option<u8>,
}

impl Parameters {
    pub(crate) fn read(parameters: Tlv<'_>) -> Result<Self, Error> {
        let mut fields = parameters.inside();
        let nonce = fields.expect(OCTET_STRING)?.octets()?;
        let tag_bytes = match fields.optional(INTEGER)?.map(|n| n.content) {
            None => None,
            Some([n]) => Some(*n),
            Some(_) => return Err(Error::Algorithm("a tag of no such length".into())),
        };
        match nonce.is_empty() {
            true => Err(Error::Algorithm("GCM without a nonce".into())),
            false => Ok(Self { nonce, tag_bytes }),
        }
    }

    /// Whether the tag is as long as they say, and long enough. Where they say nothing it
    /// should have twelve bytes; some write sixteen, and more is not worse.
    pub(crate) fn allow(&self, tag: &[u8]) -> Result<(), Error> {
        let said = self.tag_bytes.map(usize::from);
        if said.is_none_or(|n| n == tag.len()) && TAG_BYTES.contains(&tag.len()) {
            return Ok(());
        }
        Err(Error::Algorithm(format!("a tag of {} bytes", tag.len())))
    }
}

/// A text under way.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Gcm {
    cipher: Sealed,
    key: Zeroizing<Vec<u8>>,
    /// The counter that the tag is encrypted under; that of the text follows it.
    first: [u8; BLOCK_BYTES],
    hash: GHash,
    hash_key: Zeroizing<[u8; BLOCK_BYTES]>,
    bytes: u64,
}

impl Gcm {
    pub(crate) fn new(
        cipher: Sealed,
        key: &[u8],
        parameters: &Parameters,
    ) -> Result<Self, Error> {
        let mut hash_key = Zeroizing::new([0; BLOCK_BYTES]);
        count(cipher, key, [0; 16], hash_key.as_mut())?;
        let hash: GHash = KeyInit::new(&(*hash_key).into());
        Ok(Self {
            cipher,
            key: Zeroizing::new(key.to_vec()),
            first: first(&hash, &parameters.nonce),
            hash,
            hash_key,
            bytes: 0,
        })
    }

    /// Decrypt where it is. Only the last piece may be other than whole blocks.
    pub(crate) fn decrypt(&mut self, text: &mut [u8]) -> Result<(), Error> {
        let mut done = self.bytes / BLOCK_BYTES as u64;
        self.bytes += text.len() as u64;
        if self.bytes.div_ceil(BLOCK_BYTES as u64) > BLOCKS_MAX {
            return Err(Error::Decrypt);
        }
        self.hash.update_padded(text);
        let mut rest = text;
        while !rest.is_empty() {
            let counter = self.counter(done + 1);
            // > inc32: the last 32 bits alone are counted (§6.2)
            let [.., a, b, c, d] = counter;
            let blocks = (1 << 32) - u64::from(u32::from_be_bytes([a, b, c, d]));
            let bytes = blocks.saturating_mul(BLOCK_BYTES as u64);
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            let (now, then) = rest.split_at_mut(bytes.min(rest.len()));
            count(self.cipher, &self.key, counter, now)?;
            done += blocks;
            rest = then;
        }
        Ok(())
    }

    /// The counter so many after the first.
    fn counter(&self, after: u64) -> [u8; BLOCK_BYTES] {
        let mut counter = self.first;
        let (_, last) = counter.split_at_mut(12);
        let before = last.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        let number = (before + after).to_be_bytes();
        last.copy_from_slice(&number[4..]);
        counter
    }

    /// Whether the tag is that of the text and these attributes.
    ///
    /// The attributes are hashed before the text, and are known after it. The hash is a
    /// polynomial: that of the attributes followed by as many zeros as there was text,
    /// plus that of the text, is that of both.
    pub(crate) fn verify(
        self,
        parameters: &Parameters,
        attributes: &[u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        parameters.allow(tag)?;
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
        let lengths = [bits(attributes.len() as u64), bits(self.bytes)].concat();
        let parts = [before.finalize(), self.hash.clone().finalize()];
        let mut sum = [0; BLOCK_BYTES];
        for part in [parts[0].as_slice(), parts[1].as_slice(), &lengths] {
            sum.iter_mut().zip(part).for_each(|(s, p)| *s ^= p);
        }
        let mut last = new();
        last.update_padded(&sum);
        let mut wanted = [0; BLOCK_BYTES];
        wanted.copy_from_slice(&last.finalize());
        count(self.cipher, &self.key, self.first, &mut wanted)?;
        bool::from(wanted[..tag.len()].ct_eq(tag))
            .then_some(())
            .ok_or(Error::Decrypt)
    }
}

/// The first counter: a nonce of 96 bits and a one, any other by its hash (§7.1).
fn first(hash: &GHash, nonce: &[u8]) -> [u8; BLOCK_BYTES] {
    let mut first = [0; BLOCK_BYTES];
    if nonce.len() == 12 {
        first[..12].copy_from_slice(nonce);
        first[15] = 1;
        return first;
    }
    let mut hash = hash.clone();
    hash.update_padded(nonce);
    hash.update_padded(&[[0; 8], bits(nonce.len() as u64)].concat());
    first.copy_from_slice(&hash.finalize());
    first
}

fn bits(bytes: u64) -> [u8; 8] {
    (bytes * 8).to_be_bytes()
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
                    let parameters = Parameters {
                        nonce: nonce.into(),
                        tag_bytes: Some(16),
                    };
                    let mut gcm = Gcm::new(cipher, &key, &parameters).unwrap();
                    let middle = bytes / 32 * 16;
                    let (first, second) = text.split_at_mut(middle);
                    gcm.decrypt(first).unwrap();
                    gcm.decrypt(second).unwrap();
                    assert_eq!(text, clear);
                    let mut wrong = tag.as_ref().to_vec();
                    wrong[0] ^= 1;
                    let again = gcm.clone().verify(&parameters, attributes, &wrong);
                    assert_eq!(again, Err(Error::Decrypt));
                    gcm.verify(&parameters, attributes, tag.as_ref()).unwrap();
                }
            }
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let pairs = text.as_bytes().chunks(2);
        let octet = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        pairs.map(|pair| octet(pair).unwrap()).collect()
    }

    /// The test cases 5 and 6 of McGrew and Viega, "The Galois/Counter Mode of Operation
    /// (GCM)": nonces of 8 and of 60 bytes.
    #[test]
    fn nonces_of_other_lengths_are_hashed() {
        const KEY: &str = "feffe9928665731c6d6a8f9467308308";
        const ATTRIBUTES: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
        const CLEAR: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a\
            318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        for (nonce, text, tag) in [
            (
                "cafebabefacedbad",
                "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423\
                 73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
                "3612d2e79e3b0785561be14aaca2fccb",
            ),
            (
                "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728\
                 c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
                "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7\
                 01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5",
                "619cc5aefffe0bfa462af43c1699d050",
            ),
        ] {
            let parameters = Parameters {
                nonce: hex(nonce),
                tag_bytes: None,
            };
            let (mut text, tag) = (hex(text), hex(tag));
            let mut gcm = Gcm::new(Sealed::Aes128, &hex(KEY), &parameters).unwrap();
            gcm.decrypt(&mut text).unwrap();
            assert_eq!(text, hex(CLEAR));
            for bytes in 0..=tag.len() {
                let short = &tag[..bytes];
                let done = gcm.clone().verify(&parameters, &hex(ATTRIBUTES), short);
                assert_eq!(done.is_ok(), bytes >= 12, "{bytes}");
            }
        }
    }

    /// The last 32 bits of the counter go round without touching the others, wherever the
    /// pieces end.
    #[test]
    fn a_counter_that_goes_round_is_as_in_one_block_at_a_time() {
        let parameters = Parameters {
            nonce: vec![1; 12],
            tag_bytes: None,
        };
        let mut gcm = Gcm::new(Sealed::Aes256, &[3; 32], &parameters).unwrap();
        gcm.first[12..].copy_from_slice(&[0xff, 0xff, 0xff, 0xfd]);
        let (mut whole, mut blocks) = (vec![7; 100], vec![7; 100]);
        gcm.clone().decrypt(&mut whole).unwrap();
        for block in blocks.chunks_mut(BLOCK_BYTES) {
            gcm.decrypt(block).unwrap();
        }
        assert_eq!(whole, blocks);
        let mut fifth = [7; BLOCK_BYTES];
        let mut counter = [1; BLOCK_BYTES];
        counter[12..].copy_from_slice(&[0, 0, 0, 1]);
        count(Sealed::Aes256, &[3; 32], counter, &mut fifth).unwrap();
        assert_eq!(whole[48..64], fifth);
    }
}
