//! SignedData (RFC 5652 §5), detached: whether a signature holds, and whose it is.

use aws_lc_rs::digest::{
    Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest,
};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPssSaltLength, UnparsedPublicKey,
};
use jiff::Timestamp;

use super::{hash_of, is_meant, named};
use crate::certificate::Raw;
use crate::encode::{oids, wrap};
use crate::tlv::{
    INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, Tlv, UTC_TIME, context,
};
use crate::{Certificate, Error};

/// What a signature that holds says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignerReport {
    pub(crate) certificate: Certificate,
    pub(crate) signed_at: Option<Timestamp>,
    /// As `SHA-256`.
    pub(crate) digest: &'static str,
}

/// Check a detached signature over the content with the certificate inside it. One
/// signer that holds is enough.
///
/// Not checked: whether anybody has a reason to trust the certificate.
pub(crate) fn verify(signature: &[u8], content: &[u8]) -> Result<SignerReport, Error> {
    let mut info = Reader::new(signature).expect(SEQUENCE)?.inside();
    if info.expect(OID)?.content != oids::SIGNED_DATA {
        return Err(Error::NotCms("the signature is no SignedData".into()));
    }
    let explicit = info.expect(context(0, true))?;
    let mut fields = explicit.inside().expect(SEQUENCE)?.inside();
    fields.expect(INTEGER)?;
    fields.expect(SET)?;
    fields.expect(SEQUENCE)?;
    let certificates = fields.optional(context(0, true))?;
    fields.optional(context(1, true))?;
    let mut signers = fields.expect(SET)?.inside();
    let mut failure = Error::Signature("nobody signed".into());
    while !signers.is_empty() {
        match check(signers.expect(SEQUENCE)?, certificates, content) {
            Ok(report) => return Ok(report),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// SignerInfo (§5.3).
fn check(
    signer: Tlv<'_>,
    certificates: Option<Tlv<'_>>,
    content: &[u8],
) -> Result<SignerReport, Error> {
    let wrong = |why: &str| Error::Signature(why.into());
    let mut fields = signer.inside();
    fields.expect(INTEGER)?;
    let id = fields.next()?;
    let hash = hash_of(fields.expect(SEQUENCE)?)?;
    let attributes = fields.optional(context(0, true))?;
    let (parameters, digest_name) = scheme(fields.expect(SEQUENCE)?, hash)?;
    let signature = fields.expect(OCTET_STRING)?.octets()?;
    let certificate = find(certificates, id)?
        .ok_or_else(|| wrong("the signer's certificate is not included"))?;
    let found = attributes.map(read).transpose()?;
    let signed = match attributes {
        // Verified as they stand, in their own order, under the tag of §5.4.
        Some(attributes) => wrap(SET, &[attributes.content]),
        None => content.to_vec(),
    };
    let found = found.unwrap_or_else(|| Found::of(hash, content));
    if found.digest.as_deref() != Some(digest(hash, content).as_ref()) {
        return Err(wrong("it was made over other content"));
    }
    UnparsedPublicKey::new(parameters, certificate.public_key())
        .verify(&signed, &signature)
        .map_err(|_| wrong("it is not by the key of the certificate"))?;
    // > the first certificate identified … MUST be used to verify (RFC 5035 §5.4)
    if found.names.is_some_and(|named| !named.means(&certificate)) {
        return Err(wrong(
            "its signing-certificate attribute names another certificate",
        ));
    }
    // BouncyCastle, and so the reader that consumers use, holds the two together.
    if found.signed_at.is_some_and(|at| !certificate.valid_at(at)) {
        return Err(wrong(
            "the certificate was not valid at the time of signing",
        ));
    }
    Ok(SignerReport {
        certificate,
        signed_at: found.signed_at,
        digest: digest_name,
    })
}

/// The certificate that the signer is known by, among those included.
fn find(set: Option<Tlv<'_>>, id: Tlv<'_>) -> Result<Option<Certificate>, Error> {
    let Some(set) = set else { return Ok(None) };
    let mut all = set.inside();
    while !all.is_empty() {
        let one = all.next()?;
        // Cheap first: most certificates of a chain are not the signer's.
        let other =
            |raw: Raw<'_>| named(id).is_some_and(|n| n != (raw.issuer, raw.serial));
        if one.tag != SEQUENCE || Raw::of(one.raw).is_ok_and(other) {
            continue;
        }
        match Certificate::from_der(one.raw) {
            Ok(certificate) if is_meant(id, &certificate) => {
                return Ok(Some(certificate));
            }
            _ => {} // somebody else's, and none of our business
        }
    }
    Ok(None)
}

/// What the signed attributes (§11) say.
#[derive(Default)]
struct Found {
    digest: Option<Vec<u8>>,
    signed_at: Option<Timestamp>,
    names: Option<Named>,
}

/// The certificate that a signing-certificate-v2 attribute names, by its hash.
struct Named {
    hash: &'static Algorithm,
    sum: Vec<u8>,
}

impl Named {
    fn means(&self, certificate: &Certificate) -> bool {
        digest(self.hash, certificate.der()).as_ref() == self.sum
    }
}

impl Found {
    /// As if there were attributes that say just this.
    fn of(hash: &'static Algorithm, content: &[u8]) -> Self {
        Self {
            digest: Some(digest(hash, content).as_ref().to_vec()),
            ..Self::default()
        }
    }
}

fn read(attributes: Tlv<'_>) -> Result<Found, Error> {
    let (mut all, mut found) = (attributes.inside(), Found::default());
    while !all.is_empty() {
        let mut attribute = all.expect(SEQUENCE)?.inside();
        let kind = attribute.expect(OID)?.content;
        let mut values = attribute.expect(SET)?.inside();
        match kind {
            oids::MESSAGE_DIGEST => {
                found.digest = Some(values.expect(OCTET_STRING)?.octets()?);
            }
            oids::SIGNING_TIME => found.signed_at = moment(values.next()?),
            oids::SIGNING_CERTIFICATE_V2 => {
                found.names = Some(certificate_named(values.expect(SEQUENCE)?)?);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// SigningCertificateV2 (RFC 5035 §3): the first ESSCertIDv2 is the signer's.
fn certificate_named(attribute: Tlv<'_>) -> Result<Named, Error> {
    let mut ids = attribute.inside().expect(SEQUENCE)?.inside();
    let mut first = ids.expect(SEQUENCE)?.inside();
    let hash = match first.optional(SEQUENCE)? {
        Some(algorithm) => hash_of(algorithm)?,
        None => &SHA256,
    };
    let sum = first.expect(OCTET_STRING)?.octets()?;
    Ok(Named { hash, sum })
}

fn moment(time: Tlv<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(time.content).ok()?.strip_suffix('Z')?;
    let century = match (time.tag == UTC_TIME, text.get(..2)?) {
        (true, year) if year < "50" => "20",
        (true, _) => "19",
        (false, _) => "",
    };
    let text = format!("{century}{text}+0000");
    Timestamp::strptime("%Y%m%d%H%M%S%z", text).ok()
}

type Scheme = (&'static RsaParameters, &'static str);

/// The signatureAlgorithm; `hash` is the signer's digestAlgorithm, which decides where
/// the scheme itself names none.
fn scheme(algorithm: Tlv<'_>, hash: &'static Algorithm) -> Result<Scheme, Error> {
    let mut fields = algorithm.inside();
    let named = match fields.expect(OID)?.content {
        oids::RSA => hash,
        oids::RSA_SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
        oids::RSA_SHA256 => &SHA256,
        oids::RSA_SHA384 => &SHA384,
        oids::RSA_SHA512 => &SHA512,
        oids::RSASSA_PSS => return pss(fields.expect(SEQUENCE)?),
        _ => return Err(Error::Algorithm("signature".into())),
    };
    Ok(if *named == SHA256 {
        (&RSA_PKCS1_2048_8192_SHA256, "SHA-256")
    } else if *named == SHA384 {
        (&RSA_PKCS1_2048_8192_SHA384, "SHA-384")
    } else if *named == SHA512 {
        (&RSA_PKCS1_2048_8192_SHA512, "SHA-512")
    } else {
        (&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, "SHA-1")
    })
}

/// RSASSA-PSS-params (RFC 8017 A.2.3). The mask's hash is taken to be the same; a salt
/// is as long as the hash (BouncyCastle) or as can be (OpenSSL).
fn pss(parameters: Tlv<'_>) -> Result<Scheme, Error> {
    let mut parameters = parameters.inside();
    let Some(named) = parameters.optional(context(0, true))? else {
        return Err(Error::Algorithm("RSASSA-PSS with SHA-1".into()));
    };
    let hash = hash_of(named.inside().expect(SEQUENCE)?)?;
    parameters.optional(context(1, true))?;
    let salt = match parameters.optional(context(2, true))? {
        Some(salt) => salt.inside().expect(INTEGER)?.content,
        None => &[20],
    };
    let short = matches!(salt, [n] if usize::from(*n) == hash.output_len());
    const MAX: RsaPssSaltLength = RsaPssSaltLength::Max;
    Ok(match (hash.output_len(), short) {
        (32, true) => (&RSA_PSS_2048_8192_SHA256, "SHA-256"),
        (48, true) => (&RSA_PSS_2048_8192_SHA384, "SHA-384"),
        (64, true) => (&RSA_PSS_2048_8192_SHA512, "SHA-512"),
        (32, _) => (
            &const { RSA_PSS_2048_8192_SHA256.with_pss_salt_length(MAX) },
            "SHA-256",
        ),
        (48, _) => (
            &const { RSA_PSS_2048_8192_SHA384.with_pss_salt_length(MAX) },
            "SHA-384",
        ),
        (64, _) => (
            &const { RSA_PSS_2048_8192_SHA512.with_pss_salt_length(MAX) },
            "SHA-512",
        ),
        _ => return Err(Error::Algorithm("RSASSA-PSS with SHA-1".into())),
    })
}
