//! EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083) as others write them.

use super::recipient::content_key;
use crate::cipher::{Cipher, Sealed};
use crate::encode::{oids, wrap};
use crate::gcm::{Gcm, Parameters};
use crate::tlv::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, Tlv, context};
use crate::{Error, Identity};

/// What came out of a package.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The container.
    pub asice: Vec<u8>,
    /// How it was encrypted.
    pub encryption: Encryption,
}

/// How a package was encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// Serial number of the certificate that it was encrypted to.
    pub recipient: String,
    /// `rsa-pkcs1v15` or `rsa-oaep`.
    pub key: &'static str,
    /// As `aes-256-cbc`.
    pub content: &'static str,
}

/// Decrypt with the first key that one of the recipients is meant for.
///
/// Everything that can be said of the package's form is said before a private key is
/// used; after that there is one error only, [`Error::Decrypt`].
pub(crate) fn decrypt(package: &[u8], keys: &[Identity]) -> Result<Opened, Error> {
    if package.is_empty() {
        return Err(Error::NotCms("it is empty".into()));
    }
    if package.first() != Some(&SEQUENCE) {
        return Err(Error::NotCms(what(package).into()));
    }
    // What follows the ContentInfo is not looked at, as the Java access point does not.
    let mut info = Reader::new(package).next()?.inside();
    let kind = info.expect(OID)?;
    let mut content = || info.expect(context(0, true))?.inside().expect(SEQUENCE);
    match kind.content {
        oids::ENVELOPED_DATA => enveloped(content()?, keys),
        oids::AUTH_ENVELOPED => authenticated(content()?, keys),
        oids::SIGNED_DATA => Err(Error::NotCms("it is SignedData".into())),
        _ => Err(Error::NotCms("its content type is unknown".into())),
    }
}

pub(super) fn what(package: &[u8]) -> &'static str {
    match package {
        [b'P', b'K', ..] => "it is a ZIP file, not encrypted",
        [b'-', b'-', b'-', ..] => "it is PEM text",
        _ if package.starts_with(b"MIME") || package.starts_with(b"Content-") => {
            "it is an S/MIME text"
        }
        _ => "it does not begin as CMS does",
    }
}

fn enveloped(enveloped: Tlv<'_>, keys: &[Identity]) -> Result<Opened, Error> {
    let mut fields = enveloped.inside();
    let (recipients, encrypted) = parts(&mut fields)?;
    let cipher = Cipher::from_oid(encrypted.cipher)?;
    let iv = encrypted.parameters.octets()?;
    let key = content_key(recipients, keys, cipher.key_bytes())?;
    Ok(Opened {
        asice: cipher.decrypt(&key.key, &iv, encrypted.text)?,
        encryption: Encryption {
            recipient: key.serial,
            key: key.scheme,
            content: cipher.name(),
        },
    })
}

/// RFC 5083 §2.1, with GCM by RFC 5084 §3.2.
fn authenticated(enveloped: Tlv<'_>, keys: &[Identity]) -> Result<Opened, Error> {
    let mut fields = enveloped.inside();
    let (recipients, encrypted) = parts(&mut fields)?;
    let cipher = Sealed::from_oid(encrypted.cipher)?;
    let parameters = Parameters::read(encrypted.parameters)?;
    // > the DER encoding of the authAttrs … with a universal SET OF tag (§2.2)
    let attributes = fields.optional(context(1, true))?;
    let attributes = attributes.map_or(Vec::new(), |a| wrap(SET, &[a.content]));
    let mac = fields.expect(OCTET_STRING)?.octets()?;
    parameters.allow(&mac)?;
    let key = content_key(recipients, keys, cipher.key_bytes())?;
    let (mut gcm, mut text) =
        (Gcm::new(cipher, &key.key, &parameters)?, encrypted.text);
    gcm.decrypt(&mut text)?;
    gcm.verify(&parameters, &attributes, &mac)?;
    Ok(Opened {
        asice: text,
        encryption: Encryption {
            recipient: key.serial,
            key: key.scheme,
            content: cipher.name(),
        },
    })
}

/// What is encrypted must be said to be data.
pub(super) fn is_data(kind: Tlv<'_>) -> Result<(), Error> {
    match kind.content {
        oids::DATA => Ok(()),
        _ => Err(Error::NotCms("what is encrypted is not data".into())),
    }
}

/// EncryptedContentInfo.
struct Encrypted<'a> {
    cipher: &'a [u8],
    parameters: Tlv<'a>,
    text: Vec<u8>,
}

/// What both kinds begin with: version, originator, recipients, content.
fn parts<'a>(fields: &mut Reader<'a>) -> Result<(Tlv<'a>, Encrypted<'a>), Error> {
    fields.expect(INTEGER)?;
    fields.optional(context(0, true))?;
    let recipients = fields.expect(SET)?;
    let mut content = fields.expect(SEQUENCE)?.inside();
    is_data(content.expect(OID)?)?;
    let mut algorithm = content.expect(SEQUENCE)?.inside();
    let cipher = algorithm.expect(OID)?.content;
    let parameters = algorithm.next()?;
    let text = content.next()?;
    // [0] IMPLICIT OCTET STRING, in one piece or in many.
    if text.tag != context(0, false) && text.tag != context(0, true) {
        return Err(Error::NotCms("the encrypted content is missing".into()));
    }
    let encrypted = Encrypted {
        cipher,
        parameters,
        text: text.octets()?,
    };
    Ok((recipients, encrypted))
}
