//! Trust: whether a certificate leads to an authority that somebody chose to believe
//! (RFC 5280 §6), and what it may be used for.

mod crl;
mod details;
mod names;
pub mod ocsp;
mod revocation;
mod untrusted;

pub use crl::Crl;
pub(crate) use details::Details;
use details::Usage;
pub use revocation::Revocation;
pub use untrusted::Untrusted;

use std::sync::Mutex;

use jiff::Timestamp;

use crate::signature;
use crate::{Certificate, Error};

/// How many certificates a path may have.
const PATH_MAX: usize = 8;
/// How many signatures are checked before a search is given up.
const CHECKS_MAX: usize = 64;
/// How many paths are remembered.
const REMEMBERED_MAX: usize = 256;

/// A list of authorities that are believed, and of those under them.
#[derive(Debug, Default)]
pub struct Trust {
    anchors: Vec<Certificate>,
    others: Vec<Certificate>,
    policies: Vec<String>,
    remembered: Mutex<Vec<Path>>,
}

/// A certificate, those above it, and an anchor last.
pub type Path = Vec<Certificate>;

impl Trust {
    /// Read a list from PEM: who issued his own certificate is an anchor, all others
    /// help to find a way to one.
    ///
    /// Fails when one cannot be read, or when there is no anchor.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        Self::new(Certificate::all_from_pem(pem)?)
    }

    /// As [`Trust::from_pem`], of certificates.
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, Error> {
        let (anchors, others): (Vec<_>, Vec<_>) = certificates
            .into_iter()
            .partition(|c| c.issuer_der() == c.subject_der());
        if anchors.is_empty() {
            return Err(Error::Certificate(
                "a trust list without any certificate that issued itself".into(),
            ));
        }
        Ok(Self {
            anchors,
            others,
            ..Self::default()
        })
    }

    /// Ask of every certificate that it was issued under one of these policies (OIDs,
    /// as `2.16.578.1.26.1.3.2`).
    #[must_use]
    pub fn with_policies(mut self, policies: Vec<String>) -> Self {
        self.policies = policies;
        self
    }

    /// The authorities that are believed.
    pub fn anchors(&self) -> &[Certificate] {
        &self.anchors
    }

    /// A path from the certificate to an anchor that held at the time, by way of what
    /// is in the list and of what came with the certificate.
    pub fn path(
        &self,
        leaf: &Certificate,
        beside: &[Certificate],
        at: Timestamp,
    ) -> Result<Path, Untrusted> {
        if let Some(path) = self.remembered(leaf, at) {
            return Ok(path);
        }
        let mut search = Search {
            trust: self,
            beside,
            at,
            checks: 0,
            why: None,
        };
        valid(leaf, at)?;
        strong(leaf)?;
        if !self.policies.is_empty() {
            let held = &leaf.details()?.policies;
            if !held.iter().any(|policy| self.policies.contains(policy)) {
                return Err(Untrusted::Policy);
            }
        }
        let mut path = vec![leaf.clone()];
        if search.climb(&mut path) {
            self.remember(&path);
            return Ok(path);
        }
        let own = leaf.issuer_der() == leaf.subject_der();
        let unknown = if own {
            Untrusted::SelfSigned
        } else {
            Untrusted::UnknownIssuer
        };
        Err(search.why.unwrap_or(unknown))
    }

    fn remembered(&self, leaf: &Certificate, at: Timestamp) -> Option<Path> {
        let all = self.remembered.lock().ok()?;
        let fits =
            |path: &&Path| path[0] == *leaf && path.iter().all(|one| one.valid_at(at));
        all.iter().find(fits).cloned()
    }

    fn remember(&self, path: &Path) {
        if let Ok(mut all) = self.remembered.lock() {
            all.truncate(REMEMBERED_MAX - 1);
            all.insert(0, path.clone());
        }
    }
}

/// A search upwards, depth first.
struct Search<'a> {
    trust: &'a Trust,
    beside: &'a [Certificate],
    at: Timestamp,
    checks: usize,
    /// Why the last candidate would not do.
    why: Option<Untrusted>,
}

impl Search<'_> {
    fn climb(&mut self, path: &mut Path) -> bool {
        let last = path.last().expect("a path begins with a leaf").clone();
        if self.trust.anchors.contains(&last) {
            return self.note(whole(path));
        }
        if path.len() == PATH_MAX {
            return self.note(Err(Untrusted::TooLong));
        }
        let (anchors, others) = (&self.trust.anchors, &self.trust.others);
        let all = anchors.iter().chain(others).chain(self.beside);
        let issuers = all.filter(|c| c.subject_der() == last.issuer_der());
        for issuer in issuers.cloned().collect::<Vec<_>>() {
            if path.contains(&issuer) {
                continue;
            }
            self.checks += 1;
            if self.checks > CHECKS_MAX {
                return self.note(Err(Untrusted::TooLong));
            }
            let issued = issued(&last, &issuer, path.len() - 1, self.at);
            if !self.note(issued) {
                continue;
            }
            path.push(issuer);
            if self.climb(path) {
                return true;
            }
            path.pop();
        }
        false
    }

    fn note(&mut self, done: Result<(), Untrusted>) -> bool {
        match done {
            Ok(()) => true,
            Err(why) => {
                self.why = Some(why);
                false
            }
        }
    }
}

/// Whether the one may have issued the other, and did. `below` counts the authorities
/// under the issuer.
fn issued(
    what: &Certificate,
    issuer: &Certificate,
    below: usize,
    at: Timestamp,
) -> Result<(), Untrusted> {
    valid(issuer, at).map_err(|_| Untrusted::IssuerExpired)?;
    strong(issuer)?;
    let details = issuer.details()?;
    // > cA is set to TRUE; if a keyUsage extension is present, verify that the
    // > keyCertSign bit is set (RFC 5280 §6.1.4 k, n)
    let Some((true, longest)) = details.basic else {
        return Err(Untrusted::NotAnAuthority);
    };
    if details.usage.is_some_and(|bits| !bits.signs_certificates()) {
        return Err(Untrusted::MayNotIssue);
    }
    if longest.is_some_and(|longest| below > longest) {
        return Err(Untrusted::TooLong);
    }
    let tbs = &what.details()?.tbs;
    let (algorithm, value) = (&what.details()?.algorithm, &what.details()?.signature);
    let parts = (tbs.of(what.der()), value.of(what.der()));
    signature::verify(
        algorithm.of(what.der()),
        issuer.public_key(),
        parts.0,
        parts.1,
    )
    .map_err(|e| match e {
        Error::Algorithm(_) => Untrusted::WeakSignature,
        _ => Untrusted::Forged,
    })
}

/// What holds for a path as a whole: names that an authority above may not give out.
fn whole(path: &Path) -> Result<(), Untrusted> {
    for (at, authority) in path.iter().enumerate().skip(1) {
        let Some(constraints) = &authority.details()?.constraints else {
            continue;
        };
        for below in &path[..at] {
            names::permitted(constraints, below)?;
        }
    }
    Ok(())
}

fn valid(certificate: &Certificate, at: Timestamp) -> Result<(), Untrusted> {
    match () {
        () if at < certificate.not_before() => Err(Untrusted::NotYetValid),
        () if at > certificate.not_after() => Err(Untrusted::Expired),
        () => Ok(()),
    }
}

/// No extension that must be understood and is not, and a key of today's length.
fn strong(certificate: &Certificate) -> Result<(), Untrusted> {
    let details = certificate.details()?;
    if let Some(oid) = &details.unknown_critical {
        return Err(Untrusted::CriticalExtension(oid.clone()));
    }
    match signature::rsa_bits(certificate.public_key()) {
        Some(bits) if bits < 2048 => Err(Untrusted::WeakKey(bits)),
        _ => Ok(()),
    }
}

impl Certificate {
    /// Whether it says that its key may sign documents. One that says nothing of usage
    /// may (RFC 5280 §4.2.1.3).
    pub fn signs(&self) -> bool {
        self.usage(Usage::signs)
    }

    /// Whether it says that content keys may be encrypted to it.
    pub fn takes_keys(&self) -> bool {
        self.usage(Usage::takes_keys)
    }

    /// Whether it says that it signs lists of what was revoked.
    pub(crate) fn signs_crls(&self) -> bool {
        self.usage(Usage::signs_crls)
    }

    fn usage(&self, may: fn(Usage) -> bool) -> bool {
        self.details().is_ok_and(|d| d.usage.is_none_or(may))
    }

    /// The policies that it was issued under, as OIDs.
    pub fn policies(&self) -> &[String] {
        self.details().map_or(&[], |details| &details.policies)
    }

    /// Where lists of revoked certificates are.
    pub fn crl_urls(&self) -> &[String] {
        self.details().map_or(&[], |details| &details.crl_urls)
    }

    /// Where its state is answered online.
    pub fn ocsp_urls(&self) -> &[String] {
        self.details().map_or(&[], |details| &details.ocsp_urls)
    }

    /// Bits of its RSA key, if that is what it holds.
    pub fn rsa_bits(&self) -> Option<usize> {
        signature::rsa_bits(self.public_key())
    }
}
