//! Write DER (X.690): each function returns a whole element.

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::tlv;

/// An element with this tag around these contents.
pub(crate) fn wrap(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    open(tag, contents, 0)
}

/// The beginning of an element: its tag, a length that counts in the bytes that are
/// still to follow, and the contents so far.
pub(crate) fn open(tag: u8, contents: &[&[u8]], following: usize) -> Vec<u8> {
    let here: usize = contents.iter().map(|c| c.len()).sum();
    let length = here + following;
    let mut out = Vec::with_capacity(here + 10);
    out.push(tag);
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap_or_default());
    } else {
        let octets = length.to_be_bytes();
        let skip = octets.iter().take_while(|b| **b == 0).count();
        out.push(0x80 | u8::try_from(octets.len() - skip).unwrap_or_default());
        out.extend_from_slice(&octets[skip..]);
    }
    for content in contents {
        out.extend_from_slice(content);
    }
    out
}

pub(crate) fn sequence(contents: &[&[u8]]) -> Vec<u8> {
    wrap(tlv::SEQUENCE, contents)
}

/// A SET OF: its elements sorted by their encodings (X.690 §11.6).
pub(crate) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    wrap(
        tlv::SET,
        &elements.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    )
}

pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    wrap(tlv::OCTET_STRING, &[bytes])
}

/// An object identifier from its arcs.
pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    wrap(tlv::OID, &[content])
}

/// An algorithm with NULL parameters.
pub(crate) fn algorithm(oid_content: &[u8]) -> Vec<u8> {
    sequence(&[&oid(oid_content), &[tlv::NULL, 0]])
}

/// UTCTime until 2049, GeneralizedTime from 2050 (RFC 5652 §11.3).
pub(crate) fn time(at: Timestamp) -> Vec<u8> {
    let at = Offset::UTC.to_datetime(at);
    if (1950..2050).contains(&at.year()) {
        return wrap(
            tlv::UTC_TIME,
            &[at.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()],
        );
    }
    let text = at.strftime("%Y%m%d%H%M%SZ").to_string();
    wrap(tlv::GENERALIZED_TIME, &[text.as_bytes()])
}

/// Read a UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5).
pub(crate) fn moment(time: tlv::Tlv<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(time.content).ok()?.strip_suffix('Z')?;
    let century = match (time.tag == tlv::UTC_TIME, text.get(..2)?) {
        (true, year) if year < "50" => "20",
        (true, _) => "19",
        (false, _) => "",
    };
    let text = format!("{century}{text}+0000");
    Timestamp::strptime("%Y%m%d%H%M%S%z", text).ok()
}

/// Object identifiers, as the contents of their encodings.
pub(crate) mod oids {
    /// 1.2.840.113549.1.7.1
    pub(crate) const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    /// 1.2.840.113549.1.7.2
    pub(crate) const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    /// 1.2.840.113549.1.7.3
    pub(crate) const ENVELOPED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03";
    /// 1.2.840.113549.1.9.16.1.23
    pub(crate) const AUTH_ENVELOPED: &[u8] =
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17";
    /// 1.2.840.113549.1.1.1
    pub(crate) const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
    /// 1.2.840.113549.1.1.5: sha1WithRSAEncryption
    pub(crate) const RSA_SHA1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05";
    /// 1.2.840.113549.1.1.11
    pub(crate) const RSA_SHA256: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
    /// 1.2.840.113549.1.1.12
    pub(crate) const RSA_SHA384: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c";
    /// 1.2.840.113549.1.1.13
    pub(crate) const RSA_SHA512: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d";
    /// 1.2.840.113549.1.1.7
    pub(crate) const RSAES_OAEP: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07";
    /// 1.2.840.113549.1.1.8
    pub(crate) const MGF1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";
    /// 1.2.840.113549.1.1.9
    pub(crate) const P_SPECIFIED: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09";
    /// 1.2.840.113549.1.1.10
    pub(crate) const RSASSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
    /// 1.2.840.10045.4.3.2
    pub(crate) const ECDSA_SHA256: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
    /// 1.2.840.10045.4.3.3
    pub(crate) const ECDSA_SHA384: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x03";
    /// 1.2.840.10045.4.3.4
    pub(crate) const ECDSA_SHA512: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x04";
    /// 2.5.29.28
    pub(crate) const ISSUING_POINT: &[u8] = b"\x55\x1d\x1c";
    /// 1.3.6.1.5.5.7.48.1.1
    pub(crate) const OCSP_BASIC: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x30\x01\x01";
    /// 1.2.840.113549.1.9.3
    pub(crate) const CONTENT_TYPE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    /// 1.2.840.113549.1.9.4
    pub(crate) const MESSAGE_DIGEST: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
    /// 1.2.840.113549.1.9.5
    pub(crate) const SIGNING_TIME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05";
    /// 1.2.840.113549.1.9.52
    pub(crate) const ALGORITHM_PROTECTION: &[u8] =
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x34";
    /// 1.2.840.113549.1.9.16.2.12
    pub(crate) const SIGNING_CERTIFICATE: &[u8] =
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c";
    /// 1.2.840.113549.1.9.16.2.47
    pub(crate) const SIGNING_CERTIFICATE_V2: &[u8] =
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";
    /// 1.3.14.3.2.26
    pub(crate) const SHA1: &[u8] = b"\x2b\x0e\x03\x02\x1a";
    /// 2.16.840.1.101.3.4.2.1
    pub(crate) const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
    /// 2.16.840.1.101.3.4.2.2
    pub(crate) const SHA384: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
    /// 2.16.840.1.101.3.4.2.3
    pub(crate) const SHA512: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";
    /// 2.16.840.1.101.3.4.1.2
    pub(crate) const AES_128_CBC: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x02";
    /// 2.16.840.1.101.3.4.1.22
    pub(crate) const AES_192_CBC: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x16";
    /// 2.16.840.1.101.3.4.1.42
    pub(crate) const AES_256_CBC: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a";
    /// 2.16.840.1.101.3.4.1.6
    pub(crate) const AES_128_GCM: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x06";
    /// 2.16.840.1.101.3.4.1.26
    pub(crate) const AES_192_GCM: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x1a";
    /// 2.16.840.1.101.3.4.1.46
    pub(crate) const AES_256_GCM: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2e";
    /// 1.2.840.113549.3.7
    pub(crate) const DES_EDE3_CBC: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x03\x07";
    /// 1.2.392.200011.61.1.1.1.4
    pub(crate) const CAMELLIA_256_CBC: &[u8] =
        b"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01\x04";
}
