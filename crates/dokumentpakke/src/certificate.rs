//! Certificates: what is read out of one, once.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::{Decode, Encode};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_cert::Certificate as Parsed;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use crate::Error;

/// An X.509 certificate. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    subject: String,
    orgnr: Option<String>,
    serial: Vec<u8>,
    issuer_der: Vec<u8>,
    key_id: Option<Vec<u8>>,
    public_key: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// Read the first certificate of a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|e| Error::Certificate(format!("PEM: {e}")))?;
        Self::from_der(&der)
    }

    /// Read a DER certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let wrong = |e: der::Error| Error::Certificate(e.to_string());
        let parsed = Parsed::from_der(der).map_err(wrong)?;
        let tbs = parsed.tbs_certificate();
        let subject = tbs.subject().to_string();
        let key_id = tbs.get_extension::<SubjectKeyIdentifier>().ok().flatten();
        let moment = |t: x509_cert::time::Time| {
            let seconds = t.to_unix_duration().as_secs();
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
        };
        let spki = tbs.subject_public_key_info();
        Ok(Self(Arc::new(Inner {
            orgnr: orgnr(&subject),
            serial: tbs.serial_number().as_bytes().to_vec(),
            issuer_der: tbs.issuer().to_der().map_err(wrong)?,
            key_id: key_id.map(|(_, id)| id.0.as_bytes().to_vec()),
            public_key: spki.to_der().map_err(wrong)?,
            not_before: moment(tbs.validity().not_before),
            not_after: moment(tbs.validity().not_after),
            der: der.to_vec(),
            subject,
        })))
    }

    /// Its bytes.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// As PEM text.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(self.der());
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem + "-----END CERTIFICATE-----\n"
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

/// `serialNumber=910077473`, or `organizationIdentifier=NTRNO-910077473` (SEID 2.0).
fn orgnr(subject: &str) -> Option<String> {
    let digits = |text: &str| {
        let found: String = text.chars().take_while(char::is_ascii_digit).collect();
        (found.len() == 9).then_some(found)
    };
    let fields = subject
        .split([',', '+'])
        .filter_map(|part| part.split_once('='));
    for (name, value) in fields {
        let name = name.trim().to_ascii_lowercase();
        let known = match name.as_str() {
            "organizationidentifier" | "2.5.4.97" => value.strip_prefix("NTRNO-"),
            "serialnumber" | "2.5.4.5" => Some(value),
            _ => None,
        };
        if let Some(found) = known.and_then(digits) {
            return Some(found);
        }
    }
    None
}

/// A big-endian number in decimal.
fn decimal(bytes: &[u8]) -> String {
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
