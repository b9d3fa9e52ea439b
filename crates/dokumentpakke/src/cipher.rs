//! Content encryption: CBC with PKCS#7 padding, by whichever cipher a peer chose.

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptingKey, DecryptionContext,
    EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use camellia::Camellia256;
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use des::TdesEde3;

use crate::Error;
use crate::encode::oids;

/// A cipher that we can read.
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

    /// Decrypt and take off the padding. One error, whatever was wrong.
    pub(crate) fn decrypt(
        self,
        key: &[u8],
        iv: &[u8],
        mut text: Vec<u8>,
    ) -> Result<Vec<u8>, Error> {
        match self {
            Self::Aes128 => aes(&AES_128, key, iv, &mut text)?,
            Self::Aes192 => aes(&AES_192, key, iv, &mut text)?,
            Self::Aes256 => aes(&AES_256, key, iv, &mut text)?,
            Self::TripleDes => block::<Decryptor<TdesEde3>>(key, iv, &mut text)?,
            Self::Camellia256 => block::<Decryptor<Camellia256>>(key, iv, &mut text)?,
        }
        unpad(&mut text, if self == Self::TripleDes { 8 } else { 16 })?;
        Ok(text)
    }
}

/// AES-256-CBC over the bytes, padded.
pub(crate) fn encrypt(key: &[u8; 32], iv: [u8; 16], clear: &[u8]) -> Vec<u8> {
    let key =
        UnboundCipherKey::new(&AES_256, key).expect("32 bytes are an AES-256 key");
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).expect("AES has CBC");
    let mut text = Vec::with_capacity(clear.len() + 16);
    text.extend_from_slice(clear);
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(&mut text, context)
        .expect("a vector takes its padding");
    text
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
