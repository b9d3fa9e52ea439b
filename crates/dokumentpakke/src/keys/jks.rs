//! Java's old key store, JKS: keys and their chains under a password.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::Error;
use crate::tlv::{OCTET_STRING, OID, Reader, SEQUENCE};

/// What a file of this kind begins with.
pub(super) const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
/// The same for JCEKS, which we do not read.
pub(super) const JCEKS_MAGIC: [u8; 4] = [0xce; 4];

/// What Sun mixed into the checksum so that an empty password is not a bare one.
const WHITENER: &[u8] = b"Mighty Aphrodite";
const SHA1_BYTES: usize = 20;
/// 1.3.6.1.4.1.42.2.17.1.1: Sun's key protector.
const PROTECTOR: &[u8] = b"\x2b\x06\x01\x04\x01\x2a\x02\x11\x01\x01";
/// How many entries, and how many certificates of one, are looked at.
const ENTRIES_MAX: u32 = 1000;
const CHAIN_MAX: u32 = 16;

/// A private key and the certificates with it.
pub(super) struct Entry {
    /// PKCS#8.
    pub(super) key: Zeroizing<Vec<u8>>,
    /// In DER.
    pub(super) chain: Vec<Vec<u8>>,
}

/// Every private key in the store, each under the store's own password.
pub(super) fn read(bytes: &[u8], password: &str) -> Result<Vec<Entry>, Error> {
    let split = bytes.len().checked_sub(SHA1_BYTES).ok_or_else(cut)?;
    let (body, sum) = bytes.split_at(split);
    let password = wide(password);
    if !bool::from(sha1(&[&password, WHITENER, body]).ct_eq(sum)) {
        return Err(wrong("the password is wrong or the file is damaged"));
    }
    let mut fields = Fields(body);
    if fields.take(4)? != MAGIC {
        return Err(wrong("it does not begin as one"));
    }
    let version = fields.number()?;
    if !(1..=2).contains(&version) {
        return Err(wrong("its version is unknown"));
    }
    let mut entries = Vec::new();
    for _ in 0..fields.number()?.min(ENTRIES_MAX) {
        let tag = fields.number()?;
        fields.name()?;
        fields.take(8)?; // when it was made
        match tag {
            1 => {
                let length = fields.number()?;
                let sealed = fields.take(length as usize)?;
                let chain = chain(&mut fields, version)?;
                let key = unprotect(sealed, &password)?;
                entries.push(Entry { key, chain });
            }
            2 => drop(certificate(&mut fields, version)?),
            _ => return Err(wrong("an entry of an unknown kind")),
        }
    }
    Ok(entries)
}

fn chain(fields: &mut Fields<'_>, version: u32) -> Result<Vec<Vec<u8>>, Error> {
    let count = fields.number()?;
    if count > CHAIN_MAX {
        return Err(wrong("a chain of too many certificates"));
    }
    (0..count).map(|_| certificate(fields, version)).collect()
}

fn certificate(fields: &mut Fields<'_>, version: u32) -> Result<Vec<u8>, Error> {
    if version == 2 && fields.name()? != b"X.509" {
        return Err(wrong("a certificate that is not X.509"));
    }
    let length = fields.number()?;
    Ok(fields.take(length as usize)?.to_vec())
}

/// EncryptedPrivateKeyInfo with Sun's protector: salt, key under a stream of digests,
/// checksum.
fn unprotect(sealed: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let outer = |_: Error| wrong("a key that is not protected as such keys are");
    let read = || {
        let mut info = Reader::new(sealed).expect(SEQUENCE)?.inside();
        let algorithm = info.expect(SEQUENCE)?.inside().expect(OID)?.content;
        Ok((algorithm, info.expect(OCTET_STRING)?.content))
    };
    let (algorithm, octets): (&[u8], &[u8]) = read().map_err(outer)?;
    if algorithm != PROTECTOR || octets.len() < 2 * SHA1_BYTES {
        return Err(wrong("a key that is not protected as such keys are"));
    }
    let (salt, rest) = octets.split_at(SHA1_BYTES);
    let (text, check) = rest.split_at(rest.len() - SHA1_BYTES);
    let mut key = Zeroizing::new(text.to_vec());
    // What the key is hidden under is as good as the key.
    let mut block = Zeroizing::new(salt.to_vec());
    for chunk in key.chunks_mut(SHA1_BYTES) {
        block = Zeroizing::new(sha1(&[password, &block]));
        chunk
            .iter_mut()
            .zip(block.iter())
            .for_each(|(k, b)| *k ^= b);
    }
    if !bool::from(sha1(&[password, &key]).ct_eq(check)) {
        return Err(wrong("the key has another password than the store"));
    }
    Ok(key)
}

/// A password as Java digests it: UTF-16, big end first.
fn wide(password: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.encode_utf16().flat_map(u16::to_be_bytes).collect())
}

fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().to_vec()
}

/// What is left of the file.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (field, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
        self.0 = rest;
        Ok(field)
    }

    fn number(&mut self) -> Result<u32, Error> {
        let octets = self.take(4)?.iter();
        Ok(octets.fold(0, |n, b| n << 8 | u32::from(*b)))
    }

    /// A string with two octets of length before it.
    fn name(&mut self) -> Result<&'a [u8], Error> {
        let octets = self.take(2)?;
        self.take(usize::from(octets[0]) << 8 | usize::from(octets[1]))
    }
}

fn cut() -> Error {
    wrong("it is cut off")
}

fn wrong(why: &str) -> Error {
    Error::Key(format!("JKS: {why}"))
}
