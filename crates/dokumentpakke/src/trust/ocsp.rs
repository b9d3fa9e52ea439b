//! Ask online whether a certificate was revoked (OCSP, RFC 6960): the question and the
//! answer as bytes.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use jiff::{SignedDuration, Timestamp};

use super::Revocation;
use crate::encode::{algorithm, moment, octets, oids, sequence, wrap};
use crate::tlv::{
    BIT_STRING, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, Tlv,
    context,
};
use crate::{Certificate, Error, signature};

const ENUMERATED: u8 = 0x0a;
/// How far clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How old an answer may be that does not say until when it holds.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// The media type of the question.
pub const REQUEST_MIME: &str = "application/ocsp-request";

/// What a responder said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Of the certificate.
    pub status: Revocation,
    /// Until when it may be remembered.
    pub until: Timestamp,
}

/// OCSPRequest (§4.1.1) for one certificate.
pub fn request(of: &Certificate, issuer: &Certificate) -> Vec<u8> {
    let request = sequence(&[&certificate_id(of, issuer)]);
    sequence(&[&sequence(&[&sequence(&[&request])])])
}

/// CertID; SHA-1 here names and does not protect, and every responder knows it.
fn certificate_id(of: &Certificate, issuer: &Certificate) -> Vec<u8> {
    let sha1 = |bytes| octets(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    sequence(&[
        &algorithm(oids::SHA1),
        &sha1(issuer.subject_der()),
        &sha1(key_bits(issuer)),
        &wrap(INTEGER, &[of.serial_bytes()]),
    ])
}

/// The key of a certificate without what kind it is.
fn key_bits(certificate: &Certificate) -> &[u8] {
    let bits = || {
        let mut fields = Reader::new(certificate.public_key())
            .expect(SEQUENCE)?
            .inside();
        fields.expect(SEQUENCE)?;
        fields.expect(BIT_STRING).map(|bits| bits.content)
    };
    bits()
        .ok()
        .and_then(|bits: &[u8]| bits.get(1..))
        .unwrap_or_default()
}

/// Read an OCSPResponse (§4.2.1): signed by the issuer, or by somebody whom the issuer
/// let answer, about this certificate, and of today.
pub fn read(
    response: &[u8],
    of: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
) -> Result<Answer, Error> {
    let mut fields = Reader::new(response).expect(SEQUENCE)?.inside();
    if fields.expect(ENUMERATED)?.content != [0] {
        return Err(refused("the responder does not answer"));
    }
    let explicit = fields.expect(context(0, true))?;
    let mut basic = explicit.inside().expect(SEQUENCE)?.inside();
    if basic.expect(OID)?.content != oids::OCSP_BASIC {
        return Err(refused("another kind of answer"));
    }
    let bytes = basic.expect(OCTET_STRING)?.content;
    let mut answer = Reader::new(bytes).expect(SEQUENCE)?.inside();
    let data = answer.expect(SEQUENCE)?;
    let algorithm = answer.expect(SEQUENCE)?.raw;
    let value = answer
        .expect(BIT_STRING)?
        .content
        .get(1..)
        .unwrap_or_default();
    let certificates = answer.optional(context(0, true))?;
    let signers = signers(certificates, issuer, now)?;
    let by = |signer: &Certificate| {
        signature::verify(algorithm, signer.public_key(), data.raw, value).is_ok()
    };
    if !signers.iter().any(by) {
        return Err(refused("it is not signed by who may answer"));
    }
    find(data, of, issuer, now)
}

/// The issuer, and who has a certificate from it for answering (§4.2.2.2).
fn signers(
    certificates: Option<Tlv<'_>>,
    issuer: &Certificate,
    now: Timestamp,
) -> Result<Vec<Certificate>, Error> {
    const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
    let mut signers = vec![issuer.clone()];
    let Some(certificates) = certificates else {
        return Ok(signers);
    };
    let mut all = certificates.inside().expect(SEQUENCE)?.inside();
    while signers.len() < 8 && !all.is_empty() {
        let one = Certificate::from_der(all.expect(SEQUENCE)?.raw)?;
        let Ok(details) = one.details() else { continue };
        let meant = details
            .purposes
            .iter()
            .any(|purpose| purpose == OCSP_SIGNING);
        if meant && super::issued(&one, issuer, 0, now).is_ok() && one.valid_at(now) {
            signers.push(one);
        }
    }
    Ok(signers)
}

/// The SingleResponse about the certificate.
fn find(
    data: Tlv<'_>,
    of: &Certificate,
    issuer: &Certificate,
    now: Timestamp,
) -> Result<Answer, Error> {
    let mut fields = data.inside();
    fields.optional(context(0, true))?;
    fields.next()?; // responderID: whoever signed
    fields.expect(GENERALIZED_TIME)?;
    let mut all = fields.expect(SEQUENCE)?.inside();
    let wanted = certificate_id(of, issuer);
    while !all.is_empty() {
        let mut one = all.expect(SEQUENCE)?.inside();
        let id = one.expect(SEQUENCE)?;
        let status = one.next()?;
        let this_update = time(one.expect(GENERALIZED_TIME)?)?;
        let next = one.optional(context(0, true))?;
        let next = next.map(|n| n.inside().expect(GENERALIZED_TIME).and_then(time));
        let until = next.transpose()?.unwrap_or(this_update + AGE_MAX);
        if !same(id, &wanted)? {
            continue;
        }
        if this_update > now + SKEW || until < now {
            return Err(refused("the answer is not of today"));
        }
        let status = match status.tag {
            tag if tag == context(0, false) => Revocation::Good,
            tag if tag == context(1, true) => {
                Revocation::Revoked(time(status.inside().expect(GENERALIZED_TIME)?)?)
            }
            _ => Revocation::Unknown,
        };
        return Ok(Answer { status, until });
    }
    Err(refused("the answer is about another certificate"))
}

/// Whether two CertIDs mean the same; the parameters of the hash may be left out.
fn same(id: Tlv<'_>, wanted: &[u8]) -> Result<bool, Error> {
    let rest = |mut fields: Reader<'_>| -> Result<Vec<u8>, Error> {
        let hash = fields.expect(SEQUENCE)?.inside().expect(OID)?.raw.to_vec();
        let mut all = hash;
        for tag in [OCTET_STRING, OCTET_STRING, INTEGER] {
            all.extend_from_slice(fields.expect(tag)?.raw);
        }
        Ok(all)
    };
    let wanted = Reader::new(wanted).expect(SEQUENCE)?;
    Ok(rest(id.inside())? == rest(wanted.inside())?)
}

fn time(time: Tlv<'_>) -> Result<Timestamp, Error> {
    moment(time).ok_or_else(|| refused("a time that is none"))
}

fn refused(why: &str) -> Error {
    Error::Certificate(format!("OCSP: {why}"))
}
