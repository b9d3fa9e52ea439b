//! SignedData (RFC 5652 §5), detached: whether a signature holds, and whose it is.

use aws_lc_rs::digest::{Algorithm, SHA256, digest};
use aws_lc_rs::signature::UnparsedPublicKey;
use jiff::Timestamp;

use super::{hash_of, is_meant, named};
use crate::certificate::Raw;
use crate::encode::{moment, oids, wrap};
use crate::signature::scheme;
use crate::tlv::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, Tlv, context};
use crate::{Certificate, Error};

/// What a signature that holds says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignerReport {
    pub(crate) certificate: Certificate,
    pub(crate) signed_at: Option<Timestamp>,
    /// As `SHA-256`.
    pub(crate) digest: &'static str,
    /// Every certificate that came with the signature and can be read.
    pub(crate) beside: Vec<Certificate>,
}

/// What a signature is over.
pub(crate) enum Content<'a> {
    /// This.
    Bytes(&'a [u8]),
    /// What has these digests.
    Digests(&'a dyn Fn(&'static Algorithm) -> Option<&'a [u8]>),
}

impl Content<'_> {
    fn digest(&self, by: &'static Algorithm) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(digest(by, bytes).as_ref().to_vec()),
            Self::Digests(digests) => digests(by).map(<[u8]>::to_vec),
        }
    }
}

/// Check a detached signature over the content with the certificate inside it. One
/// signer that holds is enough.
///
/// Not checked: whether anybody has a reason to trust the certificate.
pub(crate) fn verify(
    signature: &[u8],
    content: &Content<'_>,
) -> Result<SignerReport, Error> {
    let mut outer = Reader::new(signature);
    let mut info = outer.expect(SEQUENCE)?.inside();
    if !outer.is_empty() {
        return Err(Error::NotCms("bytes follow the signature".into()));
    }
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
    content: &Content<'_>,
) -> Result<SignerReport, Error> {
    let wrong = |why: &str| Error::Signature(why.into());
    let mut fields = signer.inside();
    fields.expect(INTEGER)?;
    let id = fields.next()?;
    let hash = hash_of(fields.expect(SEQUENCE)?)?;
    let attributes = fields.optional(context(0, true))?;
    let algorithm = fields.expect(SEQUENCE)?;
    let signature = fields.expect(OCTET_STRING)?.octets()?;
    let certificate = find(certificates, id)?
        .ok_or_else(|| wrong("the signer's certificate is not included"))?;
    let found = attributes.map(read).transpose()?;
    let signed = match (attributes, content) {
        // Verified as they stand, in their own order, under the tag of §5.4.
        (Some(attributes), _) => wrap(SET, &[attributes.content]),
        (None, Content::Bytes(content)) => content.to_vec(),
        (None, Content::Digests(_)) => {
            return Err(wrong("it has no signed attributes, so it is no CAdES"));
        }
    };
    let sum = content.digest(hash);
    let found = found.unwrap_or_else(|| Found::of(sum.clone()));
    // > the content-type attribute … MUST be present (§11.1) where there are any
    if found.kind.as_deref() != Some(oids::DATA) {
        return Err(wrong("its attributes do not say that it is over data"));
    }
    if sum.is_none() || found.digest != sum {
        return Err(wrong("it was made over other content"));
    }
    let scheme = scheme(algorithm, Some(hash), certificate.public_key())?;
    UnparsedPublicKey::new(scheme.algorithm, certificate.public_key())
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
        digest: scheme.digest,
        beside: beside(certificates),
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

/// How many certificates of a signature are looked at.
const BESIDE_MAX: usize = 16;

fn beside(set: Option<Tlv<'_>>) -> Vec<Certificate> {
    let (mut found, Some(set)) = (Vec::new(), set) else {
        return Vec::new();
    };
    let mut all = set.inside();
    while found.len() < BESIDE_MAX
        && let Ok(one) = all.next()
    {
        found.extend(Certificate::from_der(one.raw));
    }
    found
}

/// What the signed attributes (§11) say.
#[derive(Default)]
struct Found {
    kind: Option<Vec<u8>>,
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
    fn of(digest: Option<Vec<u8>>) -> Self {
        Self {
            kind: Some(oids::DATA.to_vec()),
            digest,
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
            oids::CONTENT_TYPE => {
                found.kind = Some(values.expect(OID)?.content.to_vec());
            }
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
