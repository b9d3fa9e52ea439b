//! Certificates: what is read out of one, once.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Decode;
use der::oid::ObjectIdentifier;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_cert::Certificate as Parsed;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::name::Name;
use zeroize::Zeroizing;

use crate::Error;
use crate::tlv::{INTEGER, Reader, SEQUENCE, context};
use crate::trust::{Details, Untrusted};

/// How many certificates each thread remembers: a peer signs with one and the same for
/// years, and reading it takes longer than decrypting a small message.
const REMEMBERED_MAX: usize = 32;

thread_local! {
    static REMEMBERED: RefCell<Vec<Certificate>> = const { RefCell::new(Vec::new()) };
}

/// An X.509 certificate. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    subject: String,
    orgnr: Option<String>,
    serial: Vec<u8>,
    issuer_der: Vec<u8>,
    subject_der: Vec<u8>,
    details: OnceLock<Result<Details, Untrusted>>,
    key_id: Option<Vec<u8>>,
    public_key: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Read the first certificate of a PEM text, or of its Base64 without the markers,
    /// as address registers have been known to hand it out.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let wrong = |e: &dyn fmt::Display| Error::Certificate(format!("PEM: {e}"));
        if !pem.contains("-----BEGIN") {
            let bare: String = pem.split_whitespace().collect();
            let der = STANDARD.decode(bare).map_err(|e| wrong(&e))?;
            return Self::from_der(&der);
        }
        let der =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|e| wrong(&e))?;
        Self::from_der(&der)
    }

    /// Every certificate of a PEM text, in its order.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Self>, Error> {
        let wrong = |e: &dyn fmt::Display| Error::Certificate(format!("PEM: {e}"));
        CertificateDer::pem_slice_iter(pem.as_bytes())
            .map(|der| Self::from_der(&der.map_err(|e| wrong(&e))?))
            .collect()
    }

    /// Read a DER certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        REMEMBERED.with_borrow_mut(|all| {
            if let Some(at) = all.iter().position(|known| known.der() == der) {
                let found = all[at].clone();
                all[..=at].rotate_right(1);
                return Ok(found);
            }
            let new = Self::parse(der)?;
            all.truncate(REMEMBERED_MAX - 1);
            all.insert(0, new.clone());
            Ok(new)
        })
    }

    fn parse(der: &[u8]) -> Result<Self, Error> {
        let wrong = |e: &dyn fmt::Display| Error::Certificate(e.to_string());
        let parsed = Parsed::from_der(der).map_err(|e| wrong(&e))?;
        let raw = Raw::of(der).map_err(|e| wrong(&e))?;
        let tbs = parsed.tbs_certificate();
        let key_id = tbs.get_extension::<SubjectKeyIdentifier>().ok().flatten();
        let moment = |t: x509_cert::time::Time| {
            let seconds = t.to_unix_duration().as_secs();
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
        };
        Ok(Self(Arc::new(Inner {
            orgnr: orgnr(tbs.subject()),
            subject: tbs.subject().to_string(),
            serial: raw.serial.to_vec(),
            issuer_der: raw.issuer.to_vec(),
            subject_der: raw.subject.to_vec(),
            details: OnceLock::new(),
            key_id: key_id.map(|(_, id)| id.0.as_bytes().to_vec()),
            public_key: raw.public_key.to_vec(),
            not_before: moment(tbs.validity().not_before),
            not_after: moment(tbs.validity().not_after),
            der: der.to_vec(),
        })))
    }

    /// Its bytes.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// As PEM text.
    pub fn pem(&self) -> String {
        armoured("CERTIFICATE", self.der())
    }

    /// Its subject, as text.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The organisation number in its subject, if there is one.
    pub fn orgnr(&self) -> Option<&str> {
        self.0.orgnr.as_deref()
    }

    /// Its serial number, as a decimal number.
    pub fn serial(&self) -> String {
        decimal(&self.0.serial)
    }

    /// First moment of its validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// Last moment of its validity.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether the moment lies within its validity.
    pub fn valid_at(&self, moment: Timestamp) -> bool {
        (self.0.not_before..=self.0.not_after).contains(&moment)
    }

    pub(crate) fn serial_bytes(&self) -> &[u8] {
        &self.0.serial
    }

    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.0.issuer_der
    }

    /// SHA-256 of all of it, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        let sum = digest(&SHA256, self.der());
        sum.as_ref().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The subject's name, in DER.
    pub fn subject_der(&self) -> &[u8] {
        &self.0.subject_der
    }

    /// What its extensions say, read when first asked for.
    pub(crate) fn details(&self) -> Result<&Details, Untrusted> {
        let read = || Details::of(self.der()).map_err(|_| Untrusted::Unreadable);
        self.0
            .details
            .get_or_init(read)
            .as_ref()
            .map_err(Clone::clone)
    }

    pub(crate) fn key_id(&self) -> Option<&[u8]> {
        self.0.key_id.as_deref()
    }

    /// SubjectPublicKeyInfo.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.0.public_key
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, serial {})",
            self.0.subject,
            self.serial()
        )
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

/// The parts that others compare octet by octet, as they stand in the certificate: a
/// re-encoding could differ.
pub(crate) struct Raw<'a> {
    /// Contents of the INTEGER.
    pub(crate) serial: &'a [u8],
    /// The whole Name.
    pub(crate) issuer: &'a [u8],
    /// The whole Name.
    subject: &'a [u8],
    /// The whole SubjectPublicKeyInfo.
    public_key: &'a [u8],
}

impl<'a> Raw<'a> {
    /// RFC 5280 §4.1.
    pub(crate) fn of(der: &'a [u8]) -> Result<Self, Error> {
        let certificate = Reader::new(der).expect(SEQUENCE)?;
        let mut fields = certificate.inside().expect(SEQUENCE)?.inside();
        fields.optional(context(0, true))?;
        let serial = fields.expect(INTEGER)?.content;
        fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?.raw;
        fields.expect(SEQUENCE)?;
        let subject = fields.expect(SEQUENCE)?.raw;
        let public_key = fields.expect(SEQUENCE)?.raw;
        Ok(Self {
            serial,
            issuer,
            subject,
            public_key,
        })
    }
}

/// `organizationIdentifier=NTRNO-910077473` (SEID 2.0) or `serialNumber=910077473`.
///
/// By the type of each attribute, never from the name as text: whoever may choose a
/// common name could write a comma and a serial number into it.
fn orgnr(subject: &Name) -> Option<String> {
    const ORGANIZATION_IDENTIFIER: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("2.5.4.97");
    const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
    let valued = |kind, prefix| {
        let mut values = subject.iter().filter(|part| part.oid == kind);
        values.find_map(|part| {
            let text = std::str::from_utf8(part.value.value()).ok()?;
            let number = text.strip_prefix(prefix)?;
            let digits = number.bytes().all(|b| b.is_ascii_digit());
            (digits && number.len() == 9).then(|| number.to_owned())
        })
    };
    valued(ORGANIZATION_IDENTIFIER, "NTRNO-").or_else(|| valued(SERIAL_NUMBER, ""))
}

/// A big-endian number in decimal.
pub(crate) fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0_u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = u8::try_from(carry % 10).unwrap_or_default();
            carry /= 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or_default());
            carry /= 10;
        }
    }
    digits.iter().rev().map(|d| char::from(b'0' + d)).collect()
}

/// RFC 7468: Base64 in lines of 64.
pub(crate) fn armoured(label: &str, der: &[u8]) -> String {
    let text = Zeroizing::new(STANDARD.encode(der));
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|b| char::from(*b)));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}
