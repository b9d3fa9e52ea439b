//! EnvelopedData (RFC 5652 §6) as we write it: AES-256-CBC, one recipient, plain DER.

use ambient::Random;
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use zeroize::Zeroizing;

use super::issuer_and_serial;
use crate::cipher;
use crate::encode::{algorithm, octets, oid, oids, open, sequence, set_of, wrap};
use crate::keys::encrypt_oaep;
use crate::tlv::{INTEGER, SEQUENCE, context};
use crate::{Certificate, Error, KeyTransport};

/// Encrypt to one recipient. The content is copied once and encrypted where it lies:
/// how long it gets is known before, so every length can be written first.
pub(crate) fn encrypt(
    content: &[u8],
    to: &Certificate,
    transport: KeyTransport,
    random: &Random,
) -> Result<Vec<u8>, Error> {
    let Lock {
        key,
        iv,
        recipients,
        cipher,
    } = Lock::new(to, transport, random)?;
    let zero: &[u8] = &[INTEGER, 1, 0];

    let text = cipher::padded(content.len());
    let head = open(context(0, false), &[], text);
    let head = open(SEQUENCE, &[&oid(oids::DATA), &cipher, &head], text);
    let head = open(SEQUENCE, &[zero, &recipients, &head], text);
    let head = open(context(0, true), &[&head], text);
    let head = open(SEQUENCE, &[&oid(oids::ENVELOPED_DATA), &head], text);

    let mut out = Vec::with_capacity(head.len() + text);
    out.extend_from_slice(&head);
    out.extend_from_slice(content);
    cipher::encrypt(&key, iv, &mut out, head.len());
    Ok(out)
}

/// A fresh content key, and the parts of a package that say how to get at it.
pub(super) struct Lock {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) iv: [u8; 16],
    /// RecipientInfos.
    pub(super) recipients: Vec<u8>,
    /// ContentEncryptionAlgorithmIdentifier.
    pub(super) cipher: Vec<u8>,
}

impl Lock {
    pub(super) fn new(
        to: &Certificate,
        transport: KeyTransport,
        random: &Random,
    ) -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; 32]);
        let mut iv = [0; 16];
        random.fill(key.as_mut());
        random.fill(&mut iv);
        let (scheme, wrapped) = match transport {
            KeyTransport::Pkcs1v15 => (algorithm(oids::RSA), encrypt_pkcs1(to, &*key)?),
            KeyTransport::OaepSha256 => (oaep_sha256(), encrypt_oaep(to, &*key)?),
        };
        let id = issuer_and_serial(to);
        let zero: &[u8] = &[INTEGER, 1, 0];
        let recipient = sequence(&[zero, &id, &scheme, &octets(&wrapped)]);
        Ok(Self {
            key,
            iv,
            recipients: set_of(vec![recipient]),
            cipher: sequence(&[&oid(oids::AES_256_CBC), &octets(&iv)]),
        })
    }
}

fn encrypt_pkcs1(to: &Certificate, key: &[u8]) -> Result<Vec<u8>, Error> {
    let wrong = || Error::Certificate("it holds no RSA key that can encrypt".into());
    let public = PublicEncryptingKey::from_der(to.public_key()).map_err(|_| wrong())?;
    let public = Pkcs1PublicEncryptingKey::new(public).map_err(|_| wrong())?;
    let mut out = vec![0; public.ciphertext_size()];
    let length = public.encrypt(key, &mut out).map_err(|_| wrong())?.len();
    out.truncate(length);
    Ok(out)
}

/// RSAES-OAEP-params (RFC 8017 A.2.1) with SHA-256 for both.
fn oaep_sha256() -> Vec<u8> {
    let hash = algorithm(oids::SHA256);
    let mask = sequence(&[&oid(oids::MGF1), &hash]);
    let parameters = sequence(&[
        &wrap(context(0, true), &[&hash]),
        &wrap(context(1, true), &[&mask]),
    ]);
    sequence(&[&oid(oids::RSAES_OAEP), &parameters])
}
