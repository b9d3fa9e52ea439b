//! RSA with a private key, padding checked in constant time. The one module with
//! `unsafe` in it.
//!
//! AWS-LC's own RSA_decrypt cannot take off PKCS#1 v1.5 padding without telling, by its
//! result, whether the padding was right, which is what Bleichenbacher's attack feeds
//! on. Its authors advise to ask for the raw number and check it oneself, and the safe
//! bindings have no door for that. So: raw decryption here, then a check that takes the
//! same steps whatever it finds, and another key in place of a wrong one. What then
//! fails is the content, later and with the same words as for damaged content.
//!
//! The other key looks random but is the same each time for the same input, as in
//! draft-irtf-cfrg-rsa-guidance: were it drawn anew, whoever sends one thing twice and
//! meets two outcomes would know that the padding was wrong.

#![allow(unsafe_code)]

use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use aws_lc_rs::digest::{Algorithm, Context, SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_sys as lc;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::Error;

/// Largest modulus we work with: RSA-8192.
const MODULUS_BYTES_MAX: usize = 1024;

/// A private key that is somewhere else, such as on a token.
pub trait Private: Send + Sync {
    /// RSASSA-PKCS1-v1_5 with SHA-256 over the message.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;

    /// The raw operation (RFC 8017 §5.1.2): as many bytes as the modulus has in, as many
    /// out. Padding is checked here and not there, for what a token says of it depends
    /// on its maker.
    fn raw(&self, input: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>;
}

/// A private RSA key that decrypts.
pub(crate) struct PrivateKey {
    key: Place,
    bytes: usize,
    /// What the keys in place of wrong ones are derived from.
    decoy: hmac::Key,
}

enum Place {
    Here(Number),
    Elsewhere(Arc<dyn Private>),
}

/// The key's numbers, inside AWS-LC.
struct Number(NonNull<lc::EVP_PKEY>);

// SAFETY: an EVP_PKEY is immutable after construction here, and AWS-LC documents that
// const operations on one key may run on several threads at once (evp.h, rsa.h).
unsafe impl Send for Number {}
// SAFETY: as above.
unsafe impl Sync for Number {}

impl PrivateKey {
    /// Parse a PKCS#8 key. Fails on anything but RSA.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        let wrong = || Error::Key("it is no PKCS#8 RSA private key".into());
        // SAFETY: the CBS points at `der`, which outlives the call; the parser reads
        // no further than its length. A null result is checked for.
        let key = unsafe {
            let mut input = std::mem::zeroed::<lc::CBS>();
            lc::CBS_init(&raw mut input, der.as_ptr(), der.len());
            NonNull::new(lc::EVP_parse_private_key(&raw mut input)).ok_or_else(wrong)?
        };
        let key = Number(key);
        let decoy = hmac::Key::new(hmac::HMAC_SHA256, digest(&SHA256, der).as_ref());
        // SAFETY: the key is not null and alive; RSA_size only reads it.
        let bytes = unsafe {
            let rsa = lc::EVP_PKEY_get0_RSA(key.0.as_ptr());
            if rsa.is_null() {
                return Err(wrong());
            }
            lc::RSA_size(rsa)
        };
        let bytes = sized(usize::try_from(bytes).map_err(|_| wrong())?)?;
        let key = Place::Here(key);
        Ok(Self { key, bytes, decoy })
    }

    /// A key that is elsewhere, of so many bytes.
    pub(crate) fn elsewhere(
        key: Arc<dyn Private>,
        bytes: usize,
    ) -> Result<Self, Error> {
        let bytes = sized(bytes)?;
        // Nobody without the key knows what it makes of this.
        let mut fixed = vec![0; bytes];
        fixed[1..].fill(0x5a);
        let decoy = digest(&SHA256, &key.raw(&fixed)?);
        Ok(Self {
            key: Place::Elsewhere(key),
            bytes,
            decoy: hmac::Key::new(hmac::HMAC_SHA256, decoy.as_ref()),
        })
    }

    /// The raw operation: as many bytes out as the modulus has, padding and all.
    /// False when the input is no number below the modulus; the bytes are then zero.
    fn raw(&self, input: &[u8]) -> (Zeroizing<Vec<u8>>, Choice) {
        let out = match &self.key {
            Place::Here(key) => key.raw(input, self.bytes),
            Place::Elsewhere(key) if input.len() == self.bytes => key.raw(input).ok(),
            Place::Elsewhere(_) => None,
        };
        let out = out.filter(|out| out.len() == self.bytes);
        let whole = Choice::from(u8::from(out.is_some()));
        (
            out.unwrap_or_else(|| Zeroizing::new(vec![0; self.bytes])),
            whole,
        )
    }
}

fn sized(bytes: usize) -> Result<usize, Error> {
    match bytes {
        128..=MODULUS_BYTES_MAX => Ok(bytes),
        _ => Err(Error::Key(format!("RSA of {} bits", bytes * 8))),
    }
}

impl Number {
    fn raw(&self, input: &[u8], bytes: usize) -> Option<Zeroizing<Vec<u8>>> {
        let mut out = Zeroizing::new(vec![0; bytes]);
        let mut length = 0_usize;
        // SAFETY: the key is alive as long as self; `out` has `bytes` bytes, which is
        // what max_out says; `input` is read up to its length.
        let done = unsafe {
            lc::RSA_decrypt(
                lc::EVP_PKEY_get0_RSA(self.0.as_ptr()),
                &raw mut length,
                out.as_mut_ptr(),
                bytes,
                input.as_ptr(),
                input.len(),
                lc::RSA_NO_PADDING,
            )
        };
        (done == 1 && length == bytes).then_some(out)
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: allocated by EVP_parse_private_key and freed once.
        unsafe { lc::EVP_PKEY_free(self.0.as_ptr()) }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({} bits)", self.bytes * 8)
    }
}

/// Largest content key: that of AES-256.
const KEY_BYTES_MAX: usize = 32;

/// Take off PKCS#1 v1.5 padding (RFC 8017 §7.2.2) from a key of known length, at most
/// 32 bytes. A wrong padding gives other bytes instead, and nothing else tells of it.
pub(crate) fn unwrap_pkcs1(
    key: &PrivateKey,
    input: &[u8],
    length: usize,
) -> Zeroizing<Vec<u8>> {
    assert!(length <= KEY_BYTES_MAX, "no cipher has longer keys");
    let mut context = hmac::Context::with_key(&key.decoy);
    context.update(&length.to_be_bytes());
    context.update(input);
    let decoy = context.sign();
    let (em, mut good) = key.raw(input);
    let split = em.len() - length;
    good &= em[0].ct_eq(&0) & em[1].ct_eq(&2) & em[split - 1].ct_eq(&0);
    for byte in &em[2..split - 1] {
        good &= !byte.ct_eq(&0);
    }
    let pairs = decoy.as_ref().iter().zip(&em[split..]);
    Zeroizing::new(
        pairs
            .map(|(d, m)| u8::conditional_select(d, m, good))
            .collect(),
    )
}

/// What OAEP is by: its hash, that of its mask, and its label.
#[derive(Clone, Copy)]
pub(crate) struct Oaep<'a> {
    pub(crate) hash: &'static Algorithm,
    pub(crate) mask: &'static Algorithm,
    pub(crate) label: &'a [u8],
}

/// Take off OAEP padding (RFC 8017 §7.1.2); none when it is wrong.
pub(crate) fn unwrap_oaep(
    key: &PrivateKey,
    input: &[u8],
    by: Oaep<'_>,
) -> Option<Zeroizing<Vec<u8>>> {
    let Oaep { hash, mask, label } = by;
    let (mut em, mut good) = key.raw(input);
    let size = hash.output_len();
    if em.len() < 2 * size + 2 {
        return None;
    }
    good &= em[0].ct_eq(&0);
    let (seed, block) = em[1..].split_at_mut(size);
    xor(seed, &mgf1(mask, block, size));
    xor(block, &mgf1(mask, seed, block.len()));
    let label = digest(hash, label);
    good &= block[..size].ct_eq(label.as_ref());
    // The first 1 after the zeros ends the padding; look at every byte all the same.
    let (mut found, mut at) = (Choice::from(0), 0_u32);
    for (i, byte) in block.iter().enumerate().skip(size) {
        let here = byte.ct_eq(&1) & !found;
        good &= found | here | byte.ct_eq(&0);
        at = u32::conditional_select(&at, &u32::try_from(i).unwrap_or(0), here);
        found |= here;
    }
    let start = usize::try_from(at).unwrap_or(0) + 1;
    bool::from(good & found).then(|| Zeroizing::new(block[start..].to_vec()))
}

fn mgf1(hash: &'static Algorithm, seed: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut mask = Zeroizing::new(Vec::with_capacity(length + hash.output_len()));
    let mut counter = 0_u32;
    while mask.len() < length {
        let mut context = Context::new(hash);
        context.update(seed);
        context.update(&counter.to_be_bytes());
        mask.extend_from_slice(context.finish().as_ref());
        counter += 1;
    }
    mask.truncate(length);
    mask
}

fn xor(bytes: &mut [u8], mask: &[u8]) {
    for (byte, m) in bytes.iter_mut().zip(mask) {
        *byte ^= m;
    }
}
