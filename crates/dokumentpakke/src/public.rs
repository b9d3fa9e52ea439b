//! Public keys by themselves, for signatures that are no packages: RS256 (RFC 7518 §3.3).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;

use crate::signature::rsa_numbers;
use crate::{Certificate, Error};

/// An RSA key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl PublicKey {
    /// Of a certificate or a public key in PEM.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        if pem.contains("BEGIN CERTIFICATE") {
            return Self::of(&Certificate::from_pem(pem)?);
        }
        let key = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes())
            .map_err(|e| Error::Key(format!("PEM: {e}")))?;
        Self::from_info(&key)
    }

    /// Of a certificate.
    pub fn of(certificate: &Certificate) -> Result<Self, Error> {
        Self::from_info(certificate.public_key())
    }

    /// Of the members `n` and `e` of a JWK (RFC 7518 §6.3.1).
    pub fn from_jwk(n: &str, e: &str) -> Result<Self, Error> {
        let number = |text: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(text);
            let bytes = bytes.map_err(|_| Error::Key("JWK: no Base64".into()))?;
            Ok::<_, Error>(trimmed(&bytes).to_vec())
        };
        Ok(Self {
            modulus: number(n)?,
            exponent: number(e)?,
        })
    }

    fn from_info(info: &[u8]) -> Result<Self, Error> {
        let numbers = rsa_numbers(info);
        let (modulus, exponent) =
            numbers.ok_or_else(|| Error::Key("it is no RSA key".into()))?;
        Ok(Self {
            modulus: trimmed(modulus).to_vec(),
            exponent: trimmed(exponent).to_vec(),
        })
    }

    /// Whether it is RSASSA-PKCS1-v1_5 with SHA-256 over the message, by this key of at
    /// least 2048 bits.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let numbers = RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        numbers
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok()
    }

    /// The members `n` and `e` of a JWK.
    pub fn jwk(&self) -> (String, String) {
        let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        (text(&self.modulus), text(&self.exponent))
    }

    /// The thumbprint of its JWK (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let (n, e) = self.jwk();
        let members = format!("{{\"e\":\"{e}\",\"kty\":\"RSA\",\"n\":\"{n}\"}}");
        URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
    }
}

fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
