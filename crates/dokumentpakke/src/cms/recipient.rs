//! KeyTransRecipientInfo (RFC 5652 §6.2.1): find ours, take the content key out of it.

use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use zeroize::Zeroizing;

use super::{hash_of, is_meant, named};
use crate::certificate::decimal;
use crate::encode::oids;
use crate::rsa::{Oaep, unwrap_oaep, unwrap_pkcs1};
use crate::tlv::{INTEGER, NULL, OCTET_STRING, OID, Reader, SEQUENCE, Tlv, context};
use crate::{Error, Identity};

/// How many recipients an error names.
const NAMED_MAX: usize = 3;

/// A content key and where it comes from.
pub(super) struct ContentKey {
    pub(super) key: Zeroizing<Vec<u8>>,
    /// Serial number of the certificate that it was for.
    pub(super) serial: String,
    pub(super) scheme: &'static str,
}

/// The key for the content, from whichever recipient one of our keys answers to; the
/// Java access point looks at the first only.
pub(super) fn content_key(
    recipients: Tlv<'_>,
    keys: &[Identity],
    length: usize,
) -> Result<ContentKey, Error> {
    let mut all = recipients.inside();
    let mut others = Vec::new();
    while !all.is_empty() {
        let recipient = all.next()?;
        if recipient.tag != SEQUENCE {
            continue; // key agreement, passwords: none of ours
        }
        let mut fields = recipient.inside();
        let version = fields.expect(INTEGER)?.content;
        let id = fields.next()?;
        // > If … issuerAndSerialNumber, then the version MUST be 0 … subjectKeyIdentifier
        // > … the version MUST be 2 (§6.2.1)
        if version != if id.tag == SEQUENCE { [0] } else { [2] } {
            return Err(Error::NotCms("a recipient of an unknown version".into()));
        }
        let Some(own) = keys.iter().find(|key| is_meant(id, key.certificate())) else {
            others.push(describe(id));
            continue;
        };
        let mut scheme = fields.expect(SEQUENCE)?.inside();
        let wrapped = fields.expect(OCTET_STRING)?.octets()?;
        if !fields.is_empty() {
            return Err(Error::NotCms("a recipient with more in it".into()));
        }
        let (key, name) = unwrap(own, &mut scheme, &wrapped, length)?;
        return Ok(ContentKey {
            key,
            serial: own.certificate().serial(),
            scheme: name,
        });
    }
    Err(Error::OtherRecipient {
        got: list(&others),
        own: list(&keys.iter().map(serial).collect::<Vec<_>>()),
    })
}

fn serial(key: &Identity) -> String {
    format!("serial {}", key.certificate().serial())
}

fn describe(id: Tlv<'_>) -> String {
    if let Some((_, serial)) = named(id) {
        // > up to 20 octets (RFC 5280 §4.1.2.2); who sends more is not quoted
        return format!("serial {}", decimal(&serial[..serial.len().min(21)]));
    }
    if id.tag == context(0, false) {
        let octets = id.content.iter().take(32);
        let hex: String = octets.map(|b| format!("{b:02x}")).collect();
        return format!("key identifier {hex}");
    }
    "an unknown kind of identifier".into()
}

fn list(all: &[String]) -> String {
    let shown = all[..all.len().min(NAMED_MAX)].join(", ");
    match all.len().saturating_sub(NAMED_MAX) {
        0 if shown.is_empty() => "nobody".into(),
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

type Unwrapped = (Zeroizing<Vec<u8>>, &'static str);

fn unwrap(
    key: &Identity,
    scheme: &mut Reader<'_>,
    wrapped: &[u8],
    length: usize,
) -> Result<Unwrapped, Error> {
    match scheme.expect(OID)?.content {
        oids::RSA => {
            // > The parameters field … MUST be present, and … NULL (RFC 3370 §4.2.1)
            if scheme
                .optional(NULL)?
                .is_some_and(|null| !null.content.is_empty())
                || !scheme.is_empty()
            {
                return Err(Error::Algorithm("RSA with parameters".into()));
            }
            Ok((unwrap_pkcs1(key.key(), wrapped, length), "rsa-pkcs1v15"))
        }
        oids::RSAES_OAEP => {
            let clear = unwrap_oaep(key.key(), wrapped, oaep(scheme)?);
            let clear = clear.filter(|key| key.len() == length);
            Ok((clear.ok_or(Error::Decrypt)?, "rsa-oaep"))
        }
        _ => Err(Error::Algorithm("key encryption".into())),
    }
}

/// What a scheme says of OAEP; SHA-1 and no label where it says nothing (RFC 8017 A.2.1).
fn oaep<'a>(scheme: &mut Reader<'a>) -> Result<Oaep<'a>, Error> {
    let mut oaep = Oaep {
        hash: &SHA1_FOR_LEGACY_USE_ONLY,
        mask: &SHA1_FOR_LEGACY_USE_ONLY,
        label: b"",
    };
    let Some(parameters) = scheme.optional(SEQUENCE)? else {
        return Ok(oaep);
    };
    let mut parameters = parameters.inside();
    if let Some(named) = parameters.optional(context(0, true))? {
        oaep.hash = hash_of(named.inside().expect(SEQUENCE)?)?;
    }
    if let Some(named) = parameters.optional(context(1, true))? {
        let mut fields = named.inside().expect(SEQUENCE)?.inside();
        if fields.expect(OID)?.content != oids::MGF1 {
            return Err(Error::Algorithm("OAEP mask generation".into()));
        }
        oaep.mask = hash_of(fields.expect(SEQUENCE)?)?;
    }
    if let Some(named) = parameters.optional(context(2, true))? {
        let mut fields = named.inside().expect(SEQUENCE)?.inside();
        if fields.expect(OID)?.content != oids::P_SPECIFIED {
            return Err(Error::Algorithm("OAEP label".into()));
        }
        oaep.label = fields.expect(OCTET_STRING)?.content;
    }
    match parameters.is_empty() {
        true => Ok(oaep),
        false => Err(Error::Algorithm("OAEP parameters".into())),
    }
}
