//! SignedData (RFC 5652 §5), detached, as CAdES-BES (ETSI EN 319 122-1) when we write.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    UnparsedPublicKey,
};
use jiff::Timestamp;

use super::envelope::hash_of;
use super::issuer_and_serial;
use crate::encode::{algorithm, octets, oid, oids, sequence, set_of, time, wrap};
use crate::tlv::{
    INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, SET, Tlv, UTC_TIME, context,
};
use crate::{Certificate, Error, Identity};

/// Sign the content; it is not included.
pub(crate) fn sign(
    content: &[u8],
    signer: &Identity,
    now: Timestamp,
) -> Result<Vec<u8>, Error> {
    let certificate = signer.certificate();
    let attributes = attributes(content, certificate, now);
    // > the DER encoding of the SignedAttrs with a SET OF tag (RFC 5652 §5.4)
    let signature = signer.sign(&attributes)?;
    let (_, implicit) = attributes.split_first().expect("a set has a tag");
    let one: &[u8] = &[INTEGER, 1, 1];
    let sha256 = algorithm(oids::SHA256);
    let info = sequence(&[
        one,
        &issuer_and_serial(certificate),
        &sha256,
        &[&[context(0, true)], implicit].concat(),
        &algorithm(oids::RSA),
        &octets(&signature),
    ]);
    let chain: Vec<&[u8]> = signer.chain().iter().map(Certificate::der).collect();
    let signed = sequence(&[
        one,
        &set_of(vec![sha256]),
        &sequence(&[&oid(oids::DATA)]),
        &wrap(context(0, true), &chain),
        &set_of(vec![info]),
    ]);
    let explicit = wrap(context(0, true), &[&signed]);
    Ok(sequence(&[&oid(oids::SIGNED_DATA), &explicit]))
}

fn attributes(content: &[u8], certificate: &Certificate, now: Timestamp) -> Vec<u8> {
    let attribute =
        |kind: &[u8], value: Vec<u8>| sequence(&[&oid(kind), &set_of(vec![value])]);
    // ESSCertIDv2 (RFC 5035 §4): SHA-256 is the default and is left out.
    let names = sequence(&[&wrap(context(4, true), &[certificate.issuer_der()])]);
    let serial = wrap(INTEGER, &[certificate.serial_bytes()]);
    let id = sequence(&[
        &octets(digest(&SHA256, certificate.der()).as_ref()),
        &sequence(&[&names, &serial]),
    ]);
    let signing = sequence(&[&sequence(&[&id])]);
    set_of(vec![
        attribute(oids::CONTENT_TYPE, oid(oids::DATA)),
        attribute(oids::SIGNING_TIME, time(now)),
        attribute(
            oids::MESSAGE_DIGEST,
            octets(digest(&SHA256, content).as_ref()),
        ),
        attribute(oids::SIGNING_CERTIFICATE_V2, signing),
    ])
}

/// What a signature that holds says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignerReport {
    pub(crate) certificate: Certificate,
    pub(crate) signed_at: Option<Timestamp>,
}

/// Check a detached signature over the content with the certificate inside it.
pub(crate) fn verify(signature: &[u8], content: &[u8]) -> Result<SignerReport, Error> {
    let mut info = Reader::new(signature).expect(SEQUENCE)?.inside();
    if info.expect(OID)?.content != oids::SIGNED_DATA {
        return Err(Error::NotCms("the signature is no SignedData".into()));
    }
    let mut fields = info
        .expect(context(0, true))?
        .inside()
        .expect(SEQUENCE)?
        .inside();
    fields.expect(INTEGER)?;
    fields.expect(SET)?;
    fields.expect(SEQUENCE)?;
    let certificates = match fields.optional(context(0, true))? {
        Some(set) => certificates(set)?,
        None => Vec::new(),
    };
    fields.optional(context(1, true))?;
    let mut signers = fields.expect(SET)?.inside();
    let mut failure = Error::Certificate("nobody signed".into());
    while !signers.is_empty() {
        match check(signers.expect(SEQUENCE)?, &certificates, content) {
            Ok(report) => return Ok(report),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn certificates(set: Tlv<'_>) -> Result<Vec<Certificate>, Error> {
    let (mut all, mut found) = (set.inside(), Vec::new());
    while !all.is_empty() {
        let one = all.next()?;
        if one.tag == SEQUENCE {
            found.push(Certificate::from_der(one.raw)?);
        }
    }
    Ok(found)
}

fn check(
    signer: Tlv<'_>,
    certificates: &[Certificate],
    content: &[u8],
) -> Result<SignerReport, Error> {
    let mut fields = signer.inside();
    fields.expect(INTEGER)?;
    let id = fields.next()?;
    let hash_algorithm = fields.expect(SEQUENCE)?;
    let hash = hash_of(hash_algorithm)?;
    let attributes = fields.optional(context(0, true))?;
    let scheme = fields.expect(SEQUENCE)?.inside().expect(OID)?;
    let signature = fields.expect(OCTET_STRING)?.octets()?;
    let certificate = certificates
        .iter()
        .find(|c| names(id, c))
        .ok_or_else(|| Error::Certificate("the signer's is not included".into()))?;
    let mut signed_at = None;
    let signed = match attributes {
        Some(attributes) => {
            let found = read(attributes)?;
            signed_at = found.signed_at;
            if found.digest.as_deref() != Some(digest(hash, content).as_ref()) {
                return Err(Error::Container("the signed digest is another".into()));
            }
            // Verified as it stands but for its tag: never a re-encoding.
            let mut raw = attributes.raw.to_vec();
            raw[0] = SET;
            raw
        }
        None => content.to_vec(),
    };
    let hash_oid = hash_algorithm.inside().expect(OID)?.content;
    let parameters = parameters(scheme.content, hash_oid)?;
    UnparsedPublicKey::new(parameters, certificate.public_key())
        .verify(&signed, &signature)
        .map_err(|_| Error::Container("the signature does not hold".into()))?;
    Ok(SignerReport {
        certificate: certificate.clone(),
        signed_at,
    })
}

fn names(id: Tlv<'_>, certificate: &Certificate) -> bool {
    if id.tag == SEQUENCE {
        return id.raw == issuer_and_serial(certificate);
    }
    id.tag == context(0, false) && certificate.key_id() == Some(id.content)
}

#[derive(Default)]
struct Found {
    digest: Option<Vec<u8>>,
    signed_at: Option<Timestamp>,
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
            _ => {}
        }
    }
    Ok(found)
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

fn parameters(scheme: &[u8], hash: &[u8]) -> Result<&'static RsaParameters, Error> {
    let unknown = || Error::Algorithm("signature".into());
    let pss = scheme == oids::RSASSA_PSS;
    if !pss && !scheme.starts_with(oids::RSA_SHA) {
        return Err(unknown());
    }
    Ok(match (pss, hash) {
        (false, oids::SHA1) => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (false, oids::SHA256) => &RSA_PKCS1_2048_8192_SHA256,
        (false, oids::SHA384) => &RSA_PKCS1_2048_8192_SHA384,
        (false, oids::SHA512) => &RSA_PKCS1_2048_8192_SHA512,
        (true, oids::SHA256) => &RSA_PSS_2048_8192_SHA256,
        (true, oids::SHA384) => &RSA_PSS_2048_8192_SHA384,
        (true, oids::SHA512) => &RSA_PSS_2048_8192_SHA512,
        _ => return Err(unknown()),
    })
}
