//! ASiC-S (ETSI EN 319 162-1 §4.3): one file, and a CAdES signature over it.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA384, SHA512};

use super::read::{SignatureReport, Verdict, is_signature, report, structure};
use super::unzip::Entry;
use crate::cms::{self, Content};

/// Every digest that a signature may have been made over, beside SHA-256.
pub(super) const DIGESTS: [&Algorithm; 3] =
    [&SHA1_FOR_LEGACY_USE_ONLY, &SHA384, &SHA512];

/// What its signature is worth.
pub(super) fn judge(outer: &[Entry], inner: &[Entry]) -> SignatureReport {
    let mut signatures = inner.iter().filter(|e| is_signature(&e.name));
    let (first, second) = (signatures.next(), signatures.next());
    let Some(signature) = first else {
        return SignatureReport {
            verdict: Verdict::Unsigned,
            ..report(Ok(()), Vec::new(), false)
        };
    };
    let [file] = outer else {
        let why = "an ASiC-S container has exactly one file, and this has not";
        return report(Err(why.into()), Vec::new(), false);
    };
    if second.is_some() {
        let why = "an ASiC-S container has one signature, and this has more";
        return report(Err(why.into()), Vec::new(), false);
    }
    let digests = |by| file.digest(by);
    match cms::verify(&signature.bytes, &Content::Digests(&digests)) {
        Ok(signers) => report(structure(outer, inner), signers, true),
        Err(error) => report(Err(error.to_string()), Vec::new(), false),
    }
}
