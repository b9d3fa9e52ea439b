//! SignedData (RFC 5652 §5), detached: whether a signature holds, and whose it is.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
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
pub struct Signer {
    /// Whose it is, as the certificate inside says.
    pub certificate: Certificate,
    /// When it was made, by the signer's word.
    pub signed_at: Option<Timestamp>,
    /// Its digest algorithm, as `SHA-256`.
    pub digest: &'static str,
    /// Every certificate that came with the signature and can be read.
    pub beside: Vec<Certificate>,
}

/// How many signers of one signature are looked at.
const SIGNERS_MAX: usize = 16;

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

/// Check a detached signature over the content with the certificates inside it: every
/// signer whose signature holds. Fails when there is none.
///
/// Not checked: whether anybody has a reason to trust one of them.
pub(crate) fn verify(
    signature: &[u8],
    content: &Content<'_>,
) -> Result<Vec<Signer>, Error> {
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
    let mut all = fields.expect(SET)?.inside();
    let mut failure = Error::Signature("nobody signed".into());
    let (mut signers, mut looked) = (Vec::new(), 0);
    while !all.is_empty() {
        looked += 1;
        if looked > SIGNERS_MAX {
            return Err(Error::Signature(format!("more than {SIGNERS_MAX} signers")));
        }
        match check(all.expect(SEQUENCE)?, certificates, content) {
            Ok(signer) => signers.push(signer),
            Err(error) => failure = error,
        }
    }
    match signers.is_empty() {
        true => Err(failure),
        false => Ok(signers),
    }
}

/// SignerInfo (§5.3).
fn check(
    signer: Tlv<'_>,
    certificates: Option<Tlv<'_>>,
    content: &Content<'_>,
) -> Result<Signer, Error> {
    let wrong = |why: &str| Error::Signature(why.into());
    let mut fields = signer.inside();
    fields.expect(INTEGER)?;
    let id = fields.next()?;
    let digest_algorithm = fields.expect(SEQUENCE)?;
    let hash = hash_of(digest_algorithm)?;
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
    // > the digestAlgorithm and signatureAlgorithm … MUST be the same (RFC 6211 §2)
    let used = [digest_algorithm, algorithm].map(kind);
    if found.protected.is_some_and(|named| named != used) {
        return Err(wrong("its attributes name other algorithms than it uses"));
    }
    // > the first certificate identified … MUST be used to verify (RFC 5035 §5.4)
    if found.names.iter().any(|named| !named.means(&certificate)) {
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
    Ok(Signer {
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

/// Which algorithm an AlgorithmIdentifier names.
fn kind(algorithm: Tlv<'_>) -> Option<Vec<u8>> {
    let kind = algorithm.inside().expect(OID).ok()?;
    Some(kind.content.to_vec())
}

/// What the signed attributes (§11) say.
#[derive(Default)]
struct Found {
    kind: Option<Vec<u8>>,
    digest: Option<Vec<u8>>,
    signed_at: Option<Timestamp>,
    names: Vec<Named>,
    /// The algorithms of digest and signature.
    protected: Option<[Option<Vec<u8>>; 2]>,
}

/// The certificate that a signing-certificate attribute names, by its hash.
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
            oids::SIGNING_CERTIFICATE | oids::SIGNING_CERTIFICATE_V2 => {
                let default = match kind {
                    oids::SIGNING_CERTIFICATE => &SHA1_FOR_LEGACY_USE_ONLY,
                    _ => &SHA256,
                };
                let named = certificate_named(values.expect(SEQUENCE)?, default)?;
                found.names.push(named);
            }
            oids::ALGORITHM_PROTECTION => {
                let mut named = values.expect(SEQUENCE)?.inside();
                let digest = self::kind(named.expect(SEQUENCE)?);
                let signature = named.expect(context(1, true))?;
                found.protected = Some([digest, self::kind(signature)]);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// SigningCertificate and SigningCertificateV2 (RFC 5035 §5.4, §3): the first ESSCertID
/// is the signer's. Where it names no hash it is by the default of its kind.
fn certificate_named(
    attribute: Tlv<'_>,
    default: &'static Algorithm,
) -> Result<Named, Error> {
    let mut ids = attribute.inside().expect(SEQUENCE)?.inside();
    let mut first = ids.expect(SEQUENCE)?.inside();
    let hash = match first.optional(SEQUENCE)? {
        Some(algorithm) => hash_of(algorithm)?,
        None => default,
    };
    let sum = first.expect(OCTET_STRING)?.octets()?;
    Ok(Named { hash, sum })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;
    use aws_lc_rs::digest::SHA512;

    use crate::encode::{algorithm, octets, oid, sequence, set_of};

    const KEY: &str =
        include_str!("../../../../conformance/vectors/keys/910077473.key");
    const CERTIFICATE: &str =
        include_str!("../../../../conformance/vectors/keys/910077473.pem");
    const TEXT: &[u8] = b"en liste";

    /// A signature over the text with these attributes beside the two that must be.
    fn signed(more: &[(&[u8], Vec<u8>)]) -> Result<Vec<Signer>, Error> {
        let by = Identity::from_pem(KEY, CERTIFICATE).unwrap();
        let sum = digest(&SHA256, TEXT);
        let mut attributes = vec![
            (oids::CONTENT_TYPE, oid(oids::DATA)),
            (oids::MESSAGE_DIGEST, octets(sum.as_ref())),
        ];
        attributes.extend_from_slice(more);
        let attribute = |(kind, value): &(&[u8], Vec<u8>)| {
            sequence(&[&oid(kind), &wrap(SET, &[value])])
        };
        let set = set_of(attributes.iter().map(attribute).collect());
        let value = by.sign(&set).unwrap();
        let inside = Reader::new(&set).expect(SET).unwrap().content;
        let signer = sequence(&[
            &[INTEGER, 1, 1],
            &super::super::issuer_and_serial(by.certificate()),
            &algorithm(oids::SHA256),
            &wrap(context(0, true), &[inside]),
            &algorithm(oids::RSA),
            &octets(&value),
        ]);
        let data = sequence(&[
            &[INTEGER, 1, 1],
            &wrap(SET, &[&algorithm(oids::SHA256)]),
            &sequence(&[&oid(oids::DATA)]),
            &wrap(context(0, true), &[by.certificate().der()]),
            &wrap(SET, &[&signer]),
        ]);
        let data = wrap(context(0, true), &[&data]);
        verify(
            &sequence(&[&oid(oids::SIGNED_DATA), &data]),
            &Content::Bytes(TEXT),
        )
    }

    /// RFC 5035 §5.4 and §3: the first certificate that is named is the signer's, by
    /// SHA-1 in the older attribute, by SHA-256 in the newer unless another is named.
    #[test]
    fn the_certificate_that_the_attributes_name_must_be_the_signers() {
        let by = Identity::from_pem(KEY, CERTIFICATE).unwrap();
        let other = Certificate::from_pem(include_str!(
            "../../../../conformance/vectors/keys/910076787.pem"
        ));
        let other = other.unwrap();
        let names = |hash: &'static Algorithm, of: &Certificate, named: &[u8]| {
            let sum = octets(digest(hash, of.der()).as_ref());
            sequence(&[&sequence(&[&sequence(&[named, &sum])])])
        };
        let (sha1, sha256) = (&SHA1_FOR_LEGACY_USE_ONLY, &SHA256);
        let (first, second) = (oids::SIGNING_CERTIFICATE, oids::SIGNING_CERTIFICATE_V2);
        let sha512 = algorithm(oids::SHA512);
        let good = [
            (first, names(sha1, by.certificate(), b"")),
            (second, names(sha256, by.certificate(), b"")),
            (second, names(&SHA512, by.certificate(), &sha512)),
        ];
        for attribute in &good {
            assert_eq!(signed(std::slice::from_ref(attribute)).unwrap().len(), 1);
        }
        for attribute in [
            (first, names(sha1, &other, b"")),
            (first, names(sha256, by.certificate(), b"")),
            (second, names(sha256, &other, b"")),
            (second, names(sha256, by.certificate(), &sha512)),
        ] {
            // Beside one that is right, too.
            for all in [vec![attribute.clone()], vec![good[0].clone(), attribute]] {
                let error = signed(&all).unwrap_err().to_string();
                assert!(error.contains("names another certificate"), "{error}");
            }
        }
    }

    /// RFC 6211 §2.
    #[test]
    fn the_algorithms_that_the_attributes_name_must_be_those_in_use() {
        let names = |digest: &[u8], signature: &[u8]| {
            let signature = oid(signature);
            let parts = [algorithm(digest), wrap(context(1, true), &[&signature])];
            (oids::ALGORITHM_PROTECTION, parts.concat())
        };
        let with = |(kind, parts): (&'static [u8], Vec<u8>)| {
            signed(&[(kind, sequence(&[&parts]))])
        };
        with(names(oids::SHA256, oids::RSA)).unwrap();
        for other in [
            names(oids::SHA1, oids::RSA),
            names(oids::SHA256, oids::RSA_SHA256),
        ] {
            let error = with(other).unwrap_err().to_string();
            assert!(error.contains("name other algorithms"), "{error}");
        }
        let error = with((oids::ALGORITHM_PROTECTION, algorithm(oids::SHA256)));
        error.unwrap_err();
    }
}
