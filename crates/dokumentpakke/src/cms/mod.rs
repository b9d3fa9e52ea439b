//! Cryptographic Message Syntax (RFC 5652), the parts that a package needs.

mod envelope;
mod signed;

pub use envelope::Opened;
pub(crate) use envelope::{decrypt, encrypt};
pub(crate) use signed::{sign, verify};

use crate::Certificate;
use crate::encode::{sequence, wrap};
use crate::tlv::INTEGER;

/// IssuerAndSerialNumber.
fn issuer_and_serial(certificate: &Certificate) -> Vec<u8> {
    let serial = wrap(INTEGER, &[certificate.serial_bytes()]);
    sequence(&[certificate.issuer_der(), &serial])
}
