//! What a certificate's extensions say (RFC 5280 §4.2).

use std::ops::Range;

use crate::Error;
use crate::tlv::{
    BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, Tlv, context,
};

/// The bits of keyUsage (§4.2.1.3), first octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage(u8);

impl Usage {
    /// digitalSignature or nonRepudiation.
    pub(crate) fn signs(self) -> bool {
        self.0 & 0xc0 != 0
    }
    /// keyEncipherment.
    pub(crate) fn takes_keys(self) -> bool {
        self.0 & 0x20 != 0
    }
    /// keyCertSign.
    pub(crate) fn signs_certificates(self) -> bool {
        self.0 & 0x04 != 0
    }
    /// cRLSign.
    pub(crate) fn signs_crls(self) -> bool {
        self.0 & 0x02 != 0
    }
}

/// Where in the certificate something is.
#[derive(Debug, Clone)]
pub(crate) struct Place(Range<usize>);

impl Place {
    fn new(whole: &[u8], part: &[u8]) -> Self {
        let start = part.as_ptr() as usize - whole.as_ptr() as usize;
        Self(start..start + part.len())
    }

    pub(crate) fn of<'a>(&self, whole: &'a [u8]) -> &'a [u8] {
        &whole[self.0.clone()]
    }
}

/// What the extensions say, and what the issuer signed.
#[derive(Debug, Clone)]
pub(crate) struct Details {
    /// Whether it is an authority's, and how many more may come under it.
    pub(crate) basic: Option<(bool, Option<usize>)>,
    pub(crate) usage: Option<Usage>,
    pub(crate) policies: Vec<String>,
    /// A NameConstraints, whole.
    pub(crate) constraints: Option<Vec<u8>>,
    /// Whether it has other names than its subject.
    pub(crate) other_names: bool,
    pub(crate) crl_urls: Vec<String>,
    pub(crate) ocsp_urls: Vec<String>,
    /// Purposes, as OIDs.
    pub(crate) purposes: Vec<String>,
    pub(crate) unknown_critical: Option<String>,
    pub(crate) tbs: Place,
    pub(crate) algorithm: Place,
    pub(crate) signature: Place,
}

impl Details {
    pub(crate) fn of(der: &[u8]) -> Result<Self, Error> {
        let mut certificate = Reader::new(der).expect(SEQUENCE)?.inside();
        let tbs = certificate.expect(SEQUENCE)?;
        let algorithm = certificate.expect(SEQUENCE)?;
        let signature = certificate.expect(BIT_STRING)?.content;
        let signature = signature.get(1..).unwrap_or_default();
        let mut details = Self {
            basic: None,
            usage: None,
            policies: Vec::new(),
            constraints: None,
            other_names: false,
            crl_urls: Vec::new(),
            ocsp_urls: Vec::new(),
            purposes: Vec::new(),
            unknown_critical: None,
            tbs: Place::new(der, tbs.raw),
            algorithm: Place::new(der, algorithm.raw),
            signature: Place::new(der, signature),
        };
        let mut fields = tbs.inside();
        while !fields.is_empty() {
            let field = fields.next()?;
            if field.tag == context(3, true) {
                let mut all = field.inside().expect(SEQUENCE)?.inside();
                while !all.is_empty() {
                    details.take(all.expect(SEQUENCE)?)?;
                }
            }
        }
        Ok(details)
    }

    fn take(&mut self, extension: Tlv<'_>) -> Result<(), Error> {
        let mut fields = extension.inside();
        let oid = fields.expect(OID)?.content;
        let critical = fields.optional(BOOLEAN)?;
        let critical = critical.is_some_and(|flag| flag.content != [0]);
        let mut value = Reader::new(fields.expect(OCTET_STRING)?.content);
        match oid {
            // id-ce (2.5.29)
            [0x55, 0x1d, 19] => self.basic = Some(basic(value.expect(SEQUENCE)?)?),
            [0x55, 0x1d, 15] => {
                let bits = value.expect(BIT_STRING)?.content;
                self.usage = Some(Usage(bits.get(1).copied().unwrap_or_default()));
            }
            [0x55, 0x1d, 17] => self.other_names = true,
            [0x55, 0x1d, 30] => {
                self.constraints = Some(value.expect(SEQUENCE)?.raw.to_vec());
            }
            [0x55, 0x1d, 31] => self.crl_urls = distribution(value.expect(SEQUENCE)?)?,
            [0x55, 0x1d, 32] => {
                let mut all = value.expect(SEQUENCE)?.inside();
                while !all.is_empty() {
                    let policy = all.expect(SEQUENCE)?.inside().expect(OID)?.content;
                    self.policies.push(dotted(policy));
                }
            }
            [0x55, 0x1d, 37] => {
                let mut all = value.expect(SEQUENCE)?.inside();
                while !all.is_empty() {
                    self.purposes.push(dotted(all.expect(OID)?.content));
                }
            }
            // authorityInfoAccess (1.3.6.1.5.5.7.1.1)
            b"\x2b\x06\x01\x05\x05\x07\x01\x01" => {
                self.ocsp_urls = responders(value.expect(SEQUENCE)?)?;
            }
            _ if critical => self.unknown_critical = Some(dotted(oid)),
            _ => {}
        }
        Ok(())
    }
}

/// BasicConstraints (§4.2.1.9).
fn basic(value: Tlv<'_>) -> Result<(bool, Option<usize>), Error> {
    let mut fields = value.inside();
    let authority = fields.optional(BOOLEAN)?.is_some_and(|f| f.content != [0]);
    let longest = fields.optional(INTEGER)?.map(|n| match n.content {
        [n] => usize::from(*n),
        _ => usize::from(u8::MAX),
    });
    Ok((authority, longest))
}

/// The addresses in CRLDistributionPoints (§4.2.1.13).
fn distribution(points: Tlv<'_>) -> Result<Vec<String>, Error> {
    let (mut urls, mut all) = (Vec::new(), points.inside());
    while !all.is_empty() {
        let mut point = all.expect(SEQUENCE)?.inside();
        let Some(name) = point.optional(context(0, true))? else {
            continue;
        };
        let Some(full) = name.inside().optional(context(0, true))? else {
            continue;
        };
        let mut names = full.inside();
        while !names.is_empty() {
            urls.extend(url(names.next()?));
        }
    }
    Ok(urls)
}

/// The addresses for OCSP in AuthorityInfoAccess (§4.2.2.1).
fn responders(access: Tlv<'_>) -> Result<Vec<String>, Error> {
    const OCSP: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x30\x01";
    let (mut urls, mut all) = (Vec::new(), access.inside());
    while !all.is_empty() {
        let mut one = all.expect(SEQUENCE)?.inside();
        let method = one.expect(OID)?.content;
        let place = one.next()?;
        if method == OCSP {
            urls.extend(url(place));
        }
    }
    Ok(urls)
}

/// A uniformResourceIdentifier among the GeneralNames.
fn url(name: Tlv<'_>) -> Option<String> {
    let text = std::str::from_utf8(name.content).ok()?;
    let web = text.starts_with("http://") || text.starts_with("https://");
    (name.tag == context(6, false) && web).then(|| text.to_owned())
}

/// An object identifier as people write it (X.690 §8.19).
pub(crate) fn dotted(content: &[u8]) -> String {
    let (mut arcs, mut arc) = (Vec::new(), 0_u64);
    for byte in content.iter().take(64) {
        arc = arc << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - first * 40]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    let text: Vec<String> = arcs.iter().map(u64::to_string).collect();
    text.join(".")
}
