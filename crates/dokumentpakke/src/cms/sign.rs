//! SignedData (RFC 5652 §5), detached, as CAdES-BES (ETSI EN 319 122-1 §6).

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;

use super::issuer_and_serial;
use crate::encode::{algorithm, octets, oid, oids, sequence, set_of, time, wrap};
use crate::tlv::{INTEGER, context};
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
