//! Lists of revoked certificates (RFC 5280 §5).

use jiff::Timestamp;

use super::Revocation;
use crate::encode::{moment, oids};
use crate::tlv::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader,
    SEQUENCE, Tlv, UTC_TIME, context,
};
use crate::{Certificate, Error, signature};

/// A list of revoked certificates.
#[derive(Debug, Clone)]
pub struct Crl {
    der: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
}

impl Crl {
    /// Read a list, in DER or PEM. Fails too on one that is not about all of its
    /// issuer's certificates: a delta, or a list of somebody else's.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let der = match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("-----BEGIN") => pem(text)?,
            _ => bytes.to_vec(),
        };
        let parts = Parts::of(&der).map_err(wrong)?;
        let (issuer, this_update, next_update) =
            (parts.issuer.to_vec(), parts.this_update, parts.next_update);
        Ok(Self {
            der,
            issuer,
            this_update,
            next_update,
        })
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next is due.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// Whether it is by this authority: by name, and by its key.
    pub fn is_by(&self, issuer: &Certificate) -> bool {
        let check = || {
            let parts = Parts::of(&self.der)?;
            signature::verify(
                parts.algorithm.raw,
                issuer.public_key(),
                parts.tbs.raw,
                parts.signature,
            )
        };
        self.issuer == issuer.subject_der() && issuer.signs_crls() && check().is_ok()
    }

    /// What it says of a certificate that its issuer issued. A list that is out of
    /// date, or not by that issuer, says nothing.
    pub fn status(
        &self,
        of: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Revocation {
        let current =
            self.this_update <= now && self.next_update.is_none_or(|next| now <= next);
        if of.issuer_der() != self.issuer || !self.is_by(issuer) {
            return Revocation::Unknown;
        }
        match Parts::of(&self.der).and_then(|parts| parts.find(of.serial_bytes())) {
            // What was revoked once stays so, however old the list.
            Ok(Some(at)) => Revocation::Revoked(at),
            Ok(None) if current => Revocation::Good,
            _ => Revocation::Unknown,
        }
    }
}

struct Parts<'a> {
    tbs: Tlv<'a>,
    algorithm: Tlv<'a>,
    signature: &'a [u8],
    issuer: &'a [u8],
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    revoked: Option<Tlv<'a>>,
}

impl<'a> Parts<'a> {
    /// CertificateList (§5.1).
    fn of(der: &'a [u8]) -> Result<Self, Error> {
        let mut list = Reader::new(der).expect(SEQUENCE)?.inside();
        let tbs = list.expect(SEQUENCE)?;
        let algorithm = list.expect(SEQUENCE)?;
        let signature = list.expect(BIT_STRING)?.content;
        let mut fields = tbs.inside();
        fields.optional(INTEGER)?;
        fields.expect(SEQUENCE)?;
        let issuer = fields.expect(SEQUENCE)?.raw;
        let late = || Error::Certificate("a time that is none".into());
        let this_update = moment(fields.next()?).ok_or_else(late)?;
        let next = match fields.optional(UTC_TIME)? {
            Some(time) => Some(time),
            None => fields.optional(GENERALIZED_TIME)?,
        };
        let next_update = next.map(|t| moment(t).ok_or_else(late)).transpose()?;
        let revoked = fields.optional(SEQUENCE)?;
        if let Some(extensions) = fields.optional(context(0, true))? {
            whole(extensions)?;
        }
        Ok(Self {
            tbs,
            algorithm,
            signature: signature.get(1..).unwrap_or_default(),
            issuer,
            this_update,
            next_update,
            revoked,
        })
    }

    fn find(&self, serial: &[u8]) -> Result<Option<Timestamp>, Error> {
        let Some(revoked) = self.revoked else {
            return Ok(None);
        };
        let mut all = revoked.inside();
        while !all.is_empty() {
            let mut entry = all.expect(SEQUENCE)?.inside();
            if entry.expect(INTEGER)?.content == serial {
                let at = moment(entry.next()?);
                return Ok(Some(at.unwrap_or(Timestamp::UNIX_EPOCH)));
            }
        }
        Ok(None)
    }
}

/// Refuse critical extensions (§5.2) but an issuing distribution point that leaves
/// nothing out that an organisation's certificate could be in.
fn whole(extensions: Tlv<'_>) -> Result<(), Error> {
    let refuse = |what: &str| Err(Error::Certificate(format!("the list is {what}")));
    let mut all = extensions.inside().expect(SEQUENCE)?.inside();
    while !all.is_empty() {
        let mut extension = all.expect(SEQUENCE)?.inside();
        let oid = extension.expect(OID)?.content;
        let critical = extension.optional(BOOLEAN)?;
        let value = extension.expect(OCTET_STRING)?;
        match oid {
            oids::ISSUING_POINT => {
                let mut fields = Reader::new(value.content).expect(SEQUENCE)?.inside();
                while !fields.is_empty() {
                    let field = fields.next()?;
                    let set = field.content != [0];
                    // [2] onlyCACerts, [3] onlySomeReasons, [4] indirectCRL, [5]
                    let part = [2, 3, 4, 5].map(|n| context(n, false));
                    if part.contains(&field.tag) && set {
                        return refuse("about some certificates only");
                    }
                }
            }
            _ if critical.is_some_and(|flag| flag.content != [0]) => {
                return refuse("a delta, or has an unknown critical extension");
            }
            _ => {}
        }
    }
    Ok(())
}

fn pem(text: &str) -> Result<Vec<u8>, Error> {
    use rustls_pki_types::CertificateRevocationListDer;
    use rustls_pki_types::pem::PemObject;
    CertificateRevocationListDer::from_pem_slice(text.as_bytes())
        .map(|crl| crl.as_ref().to_vec())
        .map_err(|e| Error::Certificate(format!("CRL in PEM: {e}")))
}

fn wrong(error: Error) -> Error {
    match error {
        Error::Certificate(_) => error,
        other => Error::Certificate(format!("a list of revoked certificates: {other}")),
    }
}
