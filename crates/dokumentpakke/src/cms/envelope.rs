//! EnvelopedData (RFC 5652 §6): content under a key, the key under a certificate.

use ambient::Random;
use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use zeroize::Zeroizing;

use super::issuer_and_serial;
use crate::cipher::{Cipher, encrypt as encrypt_content};
use crate::encode::{algorithm, octets, oid, oids, sequence, set_of, wrap};
use crate::identity::encrypt_oaep;
use crate::rsa::{unwrap_oaep, unwrap_pkcs1};
use crate::tlv::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, Tlv, context};
use crate::{Certificate, Error, Identity, KeyTransport};

/// What came out of a package.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The container.
    pub asice: Vec<u8>,
    /// Serial number of the certificate that it was encrypted to.
    pub recipient: String,
    /// `rsa-pkcs1v15` or `rsa-oaep`.
    pub key_encryption: &'static str,
    /// As `aes-256-cbc`.
    pub content_encryption: &'static str,
}

/// Encrypt with AES-256-CBC to one recipient, as definite-length DER.
pub(crate) fn encrypt(
    content: &[u8],
    to: &Certificate,
    transport: KeyTransport,
    random: &Random,
) -> Result<Vec<u8>, Error> {
    let mut key = Zeroizing::new([0; 32]);
    let mut iv = [0; 16];
    random.fill(key.as_mut());
    random.fill(&mut iv);
    let (scheme, wrapped) = match transport {
        KeyTransport::Pkcs1v15 => (algorithm(oids::RSA), encrypt_pkcs1(to, &*key)?),
        KeyTransport::OaepSha256 => (oaep_sha256(), encrypt_oaep(to, &*key)?),
    };
    let zero: &[u8] = &[INTEGER, 1, 0];
    let recipient =
        sequence(&[zero, &issuer_and_serial(to), &scheme, &octets(&wrapped)]);
    let text = encrypt_content(&key, iv, content);
    let content = sequence(&[
        &oid(oids::DATA),
        &sequence(&[&oid(oids::AES_256_CBC), &octets(&iv)]),
        &wrap(context(0, false), &[&text]),
    ]);
    let enveloped = sequence(&[zero, &set_of(vec![recipient]), &content]);
    let explicit = wrap(context(0, true), &[&enveloped]);
    Ok(sequence(&[&oid(oids::ENVELOPED_DATA), &explicit]))
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

/// Decrypt with the first key that one of the recipients is meant for.
pub(crate) fn decrypt(package: &[u8], keys: &[Identity]) -> Result<Opened, Error> {
    let enveloped = enveloped(package)?;
    let mut fields = enveloped.inside();
    fields.expect(INTEGER)?;
    fields.optional(context(0, true))?;
    let recipients = fields.expect(SET)?;
    let mut content = fields.expect(SEQUENCE)?.inside();
    content.expect(OID)?;
    let mut algorithm = content.expect(SEQUENCE)?.inside();
    let cipher = Cipher::from_oid(algorithm.expect(OID)?.content)?;
    let iv = algorithm.expect(OCTET_STRING)?.octets()?;
    let text = content.next()?;
    if text.tag & !0x20 != context(0, false) {
        return Err(Error::NotCms("the encrypted content is missing".into()));
    }
    let (key, recipient, scheme) = content_key(recipients, keys, cipher)?;
    let asice = cipher.decrypt(&key, &iv, text.octets()?)?;
    Ok(Opened {
        asice,
        recipient,
        key_encryption: scheme,
        content_encryption: cipher.name(),
    })
}

/// Into the ContentInfo; what follows it is not looked at.
fn enveloped(package: &[u8]) -> Result<Tlv<'_>, Error> {
    if package.is_empty() {
        return Err(Error::NotCms("it is empty".into()));
    }
    if package.first() != Some(&SEQUENCE) {
        return Err(Error::NotCms(what(package).into()));
    }
    let mut info = Reader::new(package).next()?.inside();
    let kind = info.expect(OID)?;
    match kind.content {
        oids::ENVELOPED_DATA => {}
        oids::AUTH_ENVELOPED => {
            return Err(Error::Algorithm("AuthEnvelopedData (GCM)".into()));
        }
        oids::SIGNED_DATA => return Err(Error::NotCms("it is SignedData".into())),
        _ => return Err(Error::NotCms("its content type is unknown".into())),
    }
    info.expect(context(0, true))?.inside().expect(SEQUENCE)
}

fn what(package: &[u8]) -> &'static str {
    match package {
        [b'P', b'K', ..] => "it is a ZIP file, not encrypted",
        [b'-', b'-', b'-', ..] => "it is PEM text",
        _ if package.starts_with(b"MIME") || package.starts_with(b"Content-") => {
            "it is an S/MIME text"
        }
        _ => "it does not begin as CMS does",
    }
}

type ContentKey = (Zeroizing<Vec<u8>>, String, &'static str);

fn content_key(
    recipients: Tlv<'_>,
    keys: &[Identity],
    cipher: Cipher,
) -> Result<ContentKey, Error> {
    let mut all = recipients.inside();
    let mut others = Vec::new();
    while !all.is_empty() {
        let recipient = all.next()?;
        if recipient.tag != SEQUENCE {
            continue; // key agreement, passwords: none of ours
        }
        let mut fields = recipient.inside();
        fields.expect(INTEGER)?;
        let id = fields.next()?;
        let mut scheme = fields.expect(SEQUENCE)?.inside();
        let wrapped = fields.expect(OCTET_STRING)?.octets()?;
        match keys.iter().find(|key| is_for(id, key.certificate())) {
            Some(key) => {
                let serial = key.certificate().serial();
                let (key, name) = unwrap(key, &mut scheme, &wrapped, cipher)?;
                return Ok((key, serial, name));
            }
            None => others.push(describe(id)),
        }
    }
    Err(Error::OtherRecipient(others.join("; ")))
}

/// RecipientIdentifier (RFC 5652 §6.2.1): issuer and serial number, or key identifier.
fn is_for(id: Tlv<'_>, certificate: &Certificate) -> bool {
    if id.tag == SEQUENCE {
        let mut fields = id.inside();
        let (Ok(issuer), Ok(serial)) = (fields.next(), fields.expect(INTEGER)) else {
            return false;
        };
        return issuer.raw == certificate.issuer_der()
            && serial.content == certificate.serial_bytes();
    }
    id.tag == context(0, false) && certificate.key_id() == Some(id.content)
}

fn describe(id: Tlv<'_>) -> String {
    let hex =
        |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    if id.tag == SEQUENCE {
        let mut fields = id.inside();
        let serial = fields.next().and_then(|_| fields.expect(INTEGER));
        return format!(
            "serial {}",
            serial.map_or(String::new(), |s| hex(s.content))
        );
    }
    format!("key identifier {}", hex(id.content))
}

fn unwrap(
    key: &Identity,
    scheme: &mut Reader<'_>,
    wrapped: &[u8],
    cipher: Cipher,
) -> Result<(Zeroizing<Vec<u8>>, &'static str), Error> {
    match scheme.expect(OID)?.content {
        oids::RSA => {
            // A wrong padding must look like a wrong content: go on with a random key.
            let mut random = Zeroizing::new(vec![0; cipher.key_bytes()]);
            aws_lc_rs::rand::fill(&mut random).map_err(|_| Error::Decrypt)?;
            Ok((unwrap_pkcs1(key.key(), wrapped, &random), "rsa-pkcs1v15"))
        }
        oids::RSAES_OAEP => {
            let (hash, mask) = oaep(scheme)?;
            let clear = unwrap_oaep(key.key(), wrapped, hash, mask);
            let clear = clear.filter(|k| k.len() == cipher.key_bytes());
            Ok((clear.ok_or(Error::Decrypt)?, "rsa-oaep"))
        }
        _ => Err(Error::Algorithm("key encryption".into())),
    }
}

type Hashes = (&'static digest::Algorithm, &'static digest::Algorithm);

/// The hash of OAEP and that of its mask; SHA-1 where none is named.
fn oaep(scheme: &mut Reader<'_>) -> Result<Hashes, Error> {
    let (mut hash, mut mask) = (&SHA1_FOR_LEGACY_USE_ONLY, &SHA1_FOR_LEGACY_USE_ONLY);
    let Some(parameters) = scheme.optional(SEQUENCE)? else {
        return Ok((hash, mask));
    };
    let mut parameters = parameters.inside();
    if let Some(named) = parameters.optional(context(0, true))? {
        hash = hash_of(named.inside().expect(SEQUENCE)?)?;
    }
    if let Some(named) = parameters.optional(context(1, true))? {
        let mut fields = named.inside().expect(SEQUENCE)?.inside();
        if fields.expect(OID)?.content != oids::MGF1 {
            return Err(Error::Algorithm("OAEP mask generation".into()));
        }
        mask = hash_of(fields.expect(SEQUENCE)?)?;
    }
    Ok((hash, mask))
}

pub(super) fn hash_of(algorithm: Tlv<'_>) -> Result<&'static digest::Algorithm, Error> {
    Ok(match algorithm.inside().expect(OID)?.content {
        oids::SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
        oids::SHA256 => &SHA256,
        oids::SHA384 => &SHA384,
        oids::SHA512 => &SHA512,
        _ => return Err(Error::Algorithm("hash".into())),
    })
}
