//! Judge a package: whether its signature holds, who made it, and whether that is
//! somebody from whom it may come.

use std::fmt;

use jiff::Timestamp;

use crate::asice::{SignatureReport, Verdict};
use crate::trust::{Path, Revocation, Trust, Untrusted};
use crate::{Certificate, Signer};

/// Whoever knows what became of a certificate, the first, under its issuer's.
pub type Ask<'a> = &'a (dyn Fn(&Certificate, &Certificate) -> Revocation + 'a);

/// What a receiver asks of a signature beyond that it holds.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Whom to believe; without, the chain is not looked at, and the verdict says so.
    pub trust: Option<&'a Trust>,
    /// Organisation numbers that may sign: the sender and its registered suppliers.
    /// Anybody when empty.
    pub senders: &'a [&'a str],
    /// Whether a signature over SHA-1, as peers of today make it, is refused.
    pub refuse_sha1: bool,
    /// What is known of a certificate under its issuer's; nothing is asked without.
    pub revocation: Option<Ask<'a>>,
    /// Whether it is refused what nobody could be asked about.
    pub refuse_unknown_revocation: bool,
    /// The time.
    pub now: Timestamp,
}

impl Rules<'_> {
    /// Nothing but that the signature holds for every file.
    pub fn none(now: Timestamp) -> Self {
        Self {
            trust: None,
            senders: &[],
            refuse_sha1: false,
            revocation: None,
            refuse_unknown_revocation: false,
            now,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Why it is refused; none when it is good.
    pub refusal: Option<Refusal>,
    /// Who signed.
    pub signer: Option<Signer>,
    /// Whether its chain leads to somebody believed.
    pub chain: Chain,
    /// What is known of revocation.
    pub revocation: Option<Revocation>,
    /// Whether it was made with SHA-1.
    pub weak: bool,
}

/// Why a package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody signed it.
    #[error("unsigned")]
    Unsigned,
    /// The signature does not hold for every file.
    #[error("{0}")]
    Invalid(String),
    /// It was made with SHA-1, and that is refused here.
    #[error("it was signed with SHA-1, which is refused here")]
    WeakDigest,
    /// The certificate's key usage does not let it sign.
    #[error("the signer's certificate may not sign (digitalSignature is missing)")]
    Usage,
    /// The certificate leads to nobody who is believed.
    #[error("the signer's certificate is not trusted: {0}")]
    Untrusted(Untrusted),
    /// The certificate was revoked.
    #[error("the signer's certificate was revoked on {0}")]
    Revoked(Timestamp),
    /// Nobody could say whether it was revoked.
    #[error("nobody could say whether the signer's certificate was revoked")]
    RevocationUnknown,
    /// Somebody else signed than the sender.
    #[error("signed by organisation {got}, but sent by {expected}")]
    Organisation {
        /// Who may sign.
        expected: String,
        /// Who did.
        got: String,
    },
}

impl Refusal {
    /// One word that a program can compare.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Invalid(_) => "signature",
            Self::WeakDigest => "weak-digest",
            Self::Usage => "key-usage",
            Self::Untrusted(_) => "untrusted",
            Self::Revoked(_) => "revoked",
            Self::RevocationUnknown => "revocation-unknown",
            Self::Organisation { .. } => "organisation",
        }
    }
}

/// Whether a chain was looked at, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Chain {
    /// There is no list to look in, or no signer to look for.
    NotVerified,
    /// It leads to an authority of the list.
    Trusted(Path),
    /// It does not.
    Untrusted(Untrusted),
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotVerified => f.write_str("not verified"),
            Self::Trusted(_) => f.write_str("verified"),
            Self::Untrusted(why) => write!(f, "refused: {why}"),
        }
    }
}

impl Judgement {
    /// The signer's organisation number, if its certificate has one.
    pub fn orgnr(&self) -> Option<&str> {
        self.signer.as_ref()?.certificate.orgnr()
    }
}

/// Judge what a container's signature says of itself by the receiver's rules. Of several
/// who signed every file one that is good is enough.
///
/// The certificate is looked at as of the time of signing by the signer's own word, but
/// never a time that is still to come.
pub fn judge(report: &SignatureReport, rules: &Rules<'_>) -> Judgement {
    let mut refused = None;
    for signer in &report.signers {
        let judgement = of(signer, report, rules);
        if judgement.refusal.is_none() {
            return judgement;
        }
        refused.get_or_insert(judgement);
    }
    refused.unwrap_or_else(|| Judgement {
        refusal: unsigned(report),
        signer: None,
        chain: Chain::NotVerified,
        revocation: None,
        weak: false,
    })
}

fn of(signer: &Signer, report: &SignatureReport, rules: &Rules<'_>) -> Judgement {
    let mut judgement = Judgement {
        refusal: None,
        signer: Some(signer.clone()),
        chain: Chain::NotVerified,
        revocation: None,
        weak: signer.digest == "SHA-1",
    };
    let at = signer.signed_at.map_or(rules.now, |at| at.min(rules.now));
    let path = |trust: &Trust| trust.path(&signer.certificate, &signer.beside, at);
    judgement.chain = match rules.trust.map(path) {
        None => Chain::NotVerified,
        Some(Ok(path)) => Chain::Trusted(path),
        Some(Err(why)) => Chain::Untrusted(why),
    };
    if let (Chain::Trusted(path), Some(ask)) = (&judgement.chain, rules.revocation) {
        judgement.revocation = Some(revocation(path, ask));
    }
    let certificate = &signer.certificate;
    let why = unsigned(report).or_else(|| refusal(certificate, rules, &judgement));
    judgement.refusal = why;
    judgement
}

/// Why nobody's signature holds for all of it.
fn unsigned(report: &SignatureReport) -> Option<Refusal> {
    match &report.verdict {
        Verdict::Valid => None,
        Verdict::Unsigned => Some(Refusal::Unsigned),
        Verdict::Invalid { reason } => Some(Refusal::Invalid(reason.clone())),
    }
}

/// The worst that is known of any certificate of the path but the anchor.
fn revocation(path: &Path, ask: Ask<'_>) -> Revocation {
    let answers = path.windows(2).map(|pair| ask(&pair[0], &pair[1]));
    answers
        .max_by_key(Revocation::weight)
        .unwrap_or(Revocation::Good)
}

fn refusal(
    signer: &Certificate,
    rules: &Rules<'_>,
    judged: &Judgement,
) -> Option<Refusal> {
    if rules.refuse_sha1 && judged.weak {
        return Some(Refusal::WeakDigest);
    }
    if !signer.signs() {
        return Some(Refusal::Usage);
    }
    if let Chain::Untrusted(why) = &judged.chain {
        return Some(Refusal::Untrusted(why.clone()));
    }
    match judged.revocation {
        Some(Revocation::Revoked(at)) => return Some(Refusal::Revoked(at)),
        Some(Revocation::Unknown) if rules.refuse_unknown_revocation => {
            return Some(Refusal::RevocationUnknown);
        }
        _ => {}
    }
    let got = signer.orgnr().unwrap_or("without a number");
    if !rules.senders.is_empty() && !rules.senders.contains(&got) {
        return Some(Refusal::Organisation {
            expected: rules.senders.join(" or "),
            got: got.to_owned(),
        });
    }
    None
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(refusal) = &self.refusal {
            return write!(f, "invalid: {refusal}");
        }
        let who = self.orgnr().unwrap_or("somebody unnamed");
        write!(f, "valid; signed by {who}; chain {}", self.chain)?;
        if self.revocation == Some(Revocation::Unknown) {
            f.write_str("; revocation unknown")?;
        }
        if self.weak {
            f.write_str("; weak: SHA-1")?;
        }
        Ok(())
    }
}
