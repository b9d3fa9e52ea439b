//! Check signatures by public keys: RSA (PKCS#1 v1.5 and PSS) and ECDSA.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA512_ASN1,
    ECDSA_P521_SHA256_ASN1, ECDSA_P521_SHA384_ASN1, ECDSA_P521_SHA512_ASN1,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaPssSaltLength,
    UnparsedPublicKey, VerificationAlgorithm,
};

use crate::Error;
use crate::cms::hash_of;
use crate::encode::oids;
use crate::tlv::{BIT_STRING, INTEGER, OID, Reader, SEQUENCE, Tlv, context};

/// How to verify, and the digest as people write it.
pub(crate) struct Scheme {
    pub(crate) algorithm: &'static dyn VerificationAlgorithm,
    pub(crate) digest: &'static str,
}

/// Check a certificate's, a list's or an answer's signature. SHA-1 is not accepted.
pub(crate) fn verify(
    algorithm: &[u8],
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let algorithm = Reader::new(algorithm).expect(SEQUENCE)?;
    let scheme = scheme(algorithm, None, key)?;
    if scheme.digest == "SHA-1" {
        return Err(Error::Algorithm("SHA-1".into()));
    }
    UnparsedPublicKey::new(scheme.algorithm, key)
        .verify(message, signature)
        .map_err(|_| Error::Signature("it is not by the key".into()))
}

/// What a signatureAlgorithm asks for; `hash` is the signer's digestAlgorithm, which
/// decides where the scheme itself names none.
pub(crate) fn scheme(
    algorithm: Tlv<'_>,
    hash: Option<&'static Algorithm>,
    key: &[u8],
) -> Result<Scheme, Error> {
    let mut fields = algorithm.inside();
    let named = match fields.expect(OID)?.content {
        oids::RSA => hash.ok_or_else(|| Error::Algorithm("signature".into()))?,
        oids::RSA_SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
        oids::RSA_SHA256 => &SHA256,
        oids::RSA_SHA384 => &SHA384,
        oids::RSA_SHA512 => &SHA512,
        oids::RSASSA_PSS => return pss(fields.expect(SEQUENCE)?),
        oids::ECDSA_SHA256 => return ecdsa(&SHA256, key),
        oids::ECDSA_SHA384 => return ecdsa(&SHA384, key),
        oids::ECDSA_SHA512 => return ecdsa(&SHA512, key),
        _ => return Err(Error::Algorithm("signature".into())),
    };
    let algorithm: &'static dyn VerificationAlgorithm = match name(named) {
        "SHA-256" => &RSA_PKCS1_2048_8192_SHA256,
        "SHA-384" => &RSA_PKCS1_2048_8192_SHA384,
        "SHA-512" => &RSA_PKCS1_2048_8192_SHA512,
        _ => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
    };
    let digest = name(named);
    Ok(Scheme { algorithm, digest })
}

fn name(hash: &Algorithm) -> &'static str {
    match hash.output_len() {
        32 => "SHA-256",
        48 => "SHA-384",
        64 => "SHA-512",
        _ => "SHA-1",
    }
}

/// ECDSA (RFC 5758) on the curve of the key.
fn ecdsa(hash: &'static Algorithm, key: &[u8]) -> Result<Scheme, Error> {
    const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
    const P384: &[u8] = b"\x2b\x81\x04\x00\x22";
    const P521: &[u8] = b"\x2b\x81\x04\x00\x23";
    let mut fields = Reader::new(key).expect(SEQUENCE)?.inside();
    let mut algorithm = fields.expect(SEQUENCE)?.inside();
    algorithm.expect(OID)?;
    let curve = algorithm.optional(OID)?.map(|oid| oid.content);
    let algorithm: &'static dyn VerificationAlgorithm =
        match (curve.unwrap_or_default(), hash.output_len()) {
            (P256, 32) => &ECDSA_P256_SHA256_ASN1,
            (P256, 48) => &ECDSA_P256_SHA384_ASN1,
            (P256, 64) => &ECDSA_P256_SHA512_ASN1,
            (P384, 32) => &ECDSA_P384_SHA256_ASN1,
            (P384, 48) => &ECDSA_P384_SHA384_ASN1,
            (P384, 64) => &ECDSA_P384_SHA512_ASN1,
            (P521, 32) => &ECDSA_P521_SHA256_ASN1,
            (P521, 48) => &ECDSA_P521_SHA384_ASN1,
            (P521, 64) => &ECDSA_P521_SHA512_ASN1,
            _ => return Err(Error::Algorithm("signature curve".into())),
        };
    let digest = name(hash);
    Ok(Scheme { algorithm, digest })
}

/// A scheme with a salt of so many bytes: those that hashes have, none, the default, or
/// as many as the key has room for.
macro_rules! salted {
    ($scheme:ident, $salt:expr) => {{
        use RsaPssSaltLength::{Custom, Max};
        let algorithm: &'static dyn VerificationAlgorithm = match $salt {
            [0] => &const { $scheme.with_pss_salt_length(Custom(0)) },
            [20] => &const { $scheme.with_pss_salt_length(Custom(20)) },
            [32] => &const { $scheme.with_pss_salt_length(Custom(32)) },
            [48] => &const { $scheme.with_pss_salt_length(Custom(48)) },
            [64] => &const { $scheme.with_pss_salt_length(Custom(64)) },
            _ => &const { $scheme.with_pss_salt_length(Max) },
        };
        algorithm
    }};
}

/// RSASSA-PSS-params (RFC 8017 A.2.3). The mask's hash must be the same.
fn pss(parameters: Tlv<'_>) -> Result<Scheme, Error> {
    let other = |what: &str| Error::Algorithm(format!("RSASSA-PSS with {what}"));
    let mut parameters = parameters.inside();
    let Some(named) = parameters.optional(context(0, true))? else {
        return Err(other("SHA-1"));
    };
    let hash = hash_of(named.inside().expect(SEQUENCE)?)?;
    let mask = match parameters.optional(context(1, true))? {
        None => &SHA1_FOR_LEGACY_USE_ONLY,
        Some(named) => {
            let mut fields = named.inside().expect(SEQUENCE)?.inside();
            if fields.expect(OID)?.content != oids::MGF1 {
                return Err(other("another mask generation"));
            }
            hash_of(fields.expect(SEQUENCE)?)?
        }
    };
    if mask != hash {
        return Err(other("another hash for its mask"));
    }
    let salt = match parameters.optional(context(2, true))? {
        Some(salt) => salt.inside().expect(INTEGER)?.content,
        None => &[20],
    };
    let algorithm = match hash.output_len() {
        32 => salted!(RSA_PSS_2048_8192_SHA256, salt),
        48 => salted!(RSA_PSS_2048_8192_SHA384, salt),
        64 => salted!(RSA_PSS_2048_8192_SHA512, salt),
        _ => return Err(other("SHA-1")),
    };
    let digest = name(hash);
    Ok(Scheme { algorithm, digest })
}

/// Bits of the modulus, if the SubjectPublicKeyInfo holds an RSA key.
pub(crate) fn rsa_bits(key: &[u8]) -> Option<usize> {
    let (modulus, _) = rsa_numbers(key)?;
    let zeros = modulus.iter().take_while(|b| **b == 0).count();
    let first = modulus.get(zeros)?;
    let empty = usize::try_from(first.leading_zeros()).ok()?;
    Some((modulus.len() - zeros) * 8 - empty)
}

/// Modulus and exponent, if the SubjectPublicKeyInfo holds an RSA key.
pub(crate) fn rsa_numbers(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut fields = Reader::new(key).expect(SEQUENCE).ok()?.inside();
    let mut algorithm = fields.expect(SEQUENCE).ok()?.inside();
    if algorithm.expect(OID).ok()?.content != oids::RSA {
        return None;
    }
    let bits = fields.expect(BIT_STRING).ok()?.content.get(1..)?;
    let mut numbers = Reader::new(bits).expect(SEQUENCE).ok()?.inside();
    let modulus = numbers.expect(INTEGER).ok()?.content;
    Some((modulus, numbers.expect(INTEGER).ok()?.content))
}
