//! Content encryption: by whichever cipher a peer chose, CBC with PKCS#7 padding or GCM.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext,
    EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use camellia::Camellia256;
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use des::TdesEde3;

use crate::Error;
use crate::encode::oids;

const AES_BLOCK_BYTES: usize = 16;

/// A CBC cipher that we can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    Camellia256,
}

impl Cipher {
    pub(crate) fn from_oid(oid: &[u8]) -> Result<Self, Error> {
        Ok(match oid {
            oids::AES_128_CBC => Self::Aes128,
            oids::AES_192_CBC => Self::Aes192,
            oids::AES_256_CBC => Self::Aes256,
            oids::DES_EDE3_CBC => Self::TripleDes,
            oids::CAMELLIA_256_CBC => Self::Camellia256,
            _ => return Err(Error::Algorithm("content encryption".into())),
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aes128 => "aes-128-cbc",
            Self::Aes192 => "aes-192-cbc",
            Self::Aes256 => "aes-256-cbc",
            Self::TripleDes => "des-ede3-cbc",
            Self::Camellia256 => "camellia-256-cbc",
        }
    }

    pub(crate) fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 | Self::Camellia256 => 32,
        }
    }

    pub(crate) fn block_bytes(self) -> usize {
        if self == Self::TripleDes { 8 } else { 16 }
    }

    /// Decrypt and take off the padding. One error, whatever was wrong.
    pub(crate) fn decrypt(
        self,
        key: &[u8],
        iv: &[u8],
        mut text: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        self.decrypt_blocks(key, iv, &mut text)?;
        unpad(&mut text, self.block_bytes())?;
        Ok(text)
    }

    /// Decrypt whole blocks where they are.
    pub(crate) fn decrypt_blocks(
        self,
        key: &[u8],
        iv: &[u8],
        text: &mut [u8],
    ) -> Result<(), Error> {
        match self {
            Self::Aes128 => aes(&AES_128, key, iv, text),
            Self::Aes192 => aes(&AES_192, key, iv, text),
            Self::Aes256 => aes(&AES_256, key, iv, text),
            Self::TripleDes => block::<Decryptor<TdesEde3>>(key, iv, text),
            Self::Camellia256 => block::<Decryptor<Camellia256>>(key, iv, text),
        }
    }
}

/// A GCM cipher that we can read (RFC 5084). We never send one: the Java access point
/// cannot open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sealed {
    Aes128,
    Aes192,
    Aes256,
}

impl Sealed {
    pub(crate) fn from_oid(oid: &[u8]) -> Result<Self, Error> {
        Ok(match oid {
            oids::AES_128_GCM => Self::Aes128,
            oids::AES_192_GCM => Self::Aes192,
            oids::AES_256_GCM => Self::Aes256,
            _ => return Err(Error::Algorithm("authenticated encryption".into())),
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aes128 => "aes-128-gcm",
            Self::Aes192 => "aes-192-gcm",
            Self::Aes256 => "aes-256-gcm",
        }
    }

    pub(crate) fn key_bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }
}

/// How long so many bytes get with PKCS#7 padding (RFC 5652 §6.3) to AES's block.
pub(crate) fn padded(bytes: usize) -> usize {
    (bytes / AES_BLOCK_BYTES + 1) * AES_BLOCK_BYTES
}

/// AES-256-CBC in place, of what stands in the vector from there on, padded.
pub(crate) fn encrypt(key: &[u8; 32], iv: [u8; 16], text: &mut Vec<u8>, from: usize) {
    let clear = text.len() - from;
    let end = from + padded(clear);
    let count = u8::try_from(end - text.len()).expect("padding is at most one block");
    text.resize(end, count);
    encrypt_blocks(key, iv, &mut text[from..]);
}

/// AES-256-CBC of whole blocks where they are.
pub(crate) fn encrypt_blocks(key: &[u8; 32], iv: [u8; 16], text: &mut [u8]) {
    let key =
        UnboundCipherKey::new(&AES_256, key).expect("32 bytes are an AES-256 key");
    let key = EncryptingKey::cbc(key).expect("AES has CBC");
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(text, context)
        .expect("the text is whole blocks");
}

/// AES-CTR from this counter on, where the text is.
pub(crate) fn count(
    cipher: Sealed,
    key: &[u8],
    counter: [u8; 16],
    text: &mut [u8],
) -> Result<(), Error> {
    let algorithm = match cipher {
        Sealed::Aes128 => &AES_128,
        Sealed::Aes192 => &AES_192,
        Sealed::Aes256 => &AES_256,
    };
    let key = UnboundCipherKey::new(algorithm, key).map_err(|_| Error::Decrypt)?;
    let key = EncryptingKey::ctr(key).map_err(|_| Error::Decrypt)?;
    let context = EncryptionContext::Iv128(FixedLength::from(counter));
    key.less_safe_encrypt(text, context)
        .map(drop)
        .map_err(|_| Error::Decrypt)
}

fn aes(
    algorithm: &'static Algorithm,
    key: &[u8],
    iv: &[u8],
    text: &mut [u8],
) -> Result<(), Error> {
    let iv = <[u8; 16]>::try_from(iv).map_err(|_| Error::Decrypt)?;
    let key = UnboundCipherKey::new(algorithm, key).map_err(|_| Error::Decrypt)?;
    let key = DecryptingKey::cbc(key).map_err(|_| Error::Decrypt)?;
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    key.decrypt(text, context)
        .map(drop)
        .map_err(|_| Error::Decrypt)
}

fn block<M: KeyIvInit + BlockModeDecrypt>(
    key: &[u8],
    iv: &[u8],
    text: &mut [u8],
) -> Result<(), Error> {
    let mode = M::new_from_slices(key, iv).map_err(|_| Error::Decrypt)?;
    mode.decrypt_padded::<NoPadding>(text)
        .map(drop)
        .map_err(|_| Error::Decrypt)
}

/// PKCS#7 (RFC 5652 §6.3): n bytes of value n.
fn unpad(text: &mut Vec<u8>, block: usize) -> Result<(), Error> {
    let count = usize::from(*text.last().ok_or(Error::Decrypt)?);
    let start = text.len().checked_sub(count).ok_or(Error::Decrypt)?;
    let sound = (1..=block).contains(&count)
        && text[start..].iter().all(|b| usize::from(*b) == count);
    if !sound {
        return Err(Error::Decrypt);
    }
    text.truncate(start);
    Ok(())
}
