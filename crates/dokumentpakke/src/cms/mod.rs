//! Cryptographic Message Syntax (RFC 5652), the parts that a package needs.

mod decrypt;
mod decrypt_to;
mod encrypt;
mod encrypt_to;
mod pull;
mod recipient;
mod sign;
mod verify;

pub(crate) use decrypt::decrypt;
pub use decrypt::{Encryption, Opened};
pub(crate) use decrypt_to::decrypt_to;
pub(crate) use encrypt::encrypt;
pub(crate) use encrypt_to::Encryptor;
pub(crate) use sign::sign;
pub use verify::Signer;
pub(crate) use verify::{Content, verify};

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};

use crate::encode::{oids, sequence, wrap};
use crate::tlv::{INTEGER, OID, SEQUENCE, Tlv, context};
use crate::{Certificate, Error};

/// IssuerAndSerialNumber.
fn issuer_and_serial(certificate: &Certificate) -> Vec<u8> {
    let serial = wrap(INTEGER, &[certificate.serial_bytes()]);
    sequence(&[certificate.issuer_der(), &serial])
}

/// Whether a RecipientIdentifier (RFC 5652 §6.2.1) or SignerIdentifier (§5.3) means this
/// certificate: issuer and serial number, or key identifier.
fn is_meant(id: Tlv<'_>, certificate: &Certificate) -> bool {
    if let Some((issuer, serial)) = named(id) {
        return issuer == certificate.issuer_der()
            && serial == certificate.serial_bytes();
    }
    id.tag == context(0, false) && certificate.key_id() == Some(id.content)
}

/// Issuer and serial number, if it is these that the identifier is made of.
fn named(id: Tlv<'_>) -> Option<(&[u8], &[u8])> {
    if id.tag != SEQUENCE {
        return None;
    }
    let mut fields = id.inside();
    let issuer = fields.expect(SEQUENCE).ok()?.raw;
    let serial = fields.expect(INTEGER).ok()?.content;
    fields.is_empty().then_some((issuer, serial))
}

/// The hash that an AlgorithmIdentifier names.
pub(crate) fn hash_of(algorithm: Tlv<'_>) -> Result<&'static Algorithm, Error> {
    Ok(match algorithm.inside().expect(OID)?.content {
        oids::SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
        oids::SHA256 => &SHA256,
        oids::SHA384 => &SHA384,
        oids::SHA512 => &SHA512,
        _ => return Err(Error::Algorithm("hash".into())),
    })
}
