//! What an operator asks of packages, those that come in above all.

use std::sync::Arc;

use dokumentpakke::trust::Trust;
use revocation::Checker;

/// Whom to believe, and what to do with a package that is not good.
#[derive(Clone, Default)]
pub struct Judging {
    /// The authorities that are believed; without, no chain is looked at.
    pub trust: Option<Arc<Trust>>,
    /// Whom to ask whether a certificate was revoked; nobody is asked without, nor without
    /// a trust list.
    pub revocation: Option<Arc<Checker>>,
    /// Refuse what nobody could be asked about.
    pub refuse_unknown_revocation: bool,
    /// Organisation numbers that may sign for any sender: suppliers.
    pub suppliers: Vec<String>,
    /// Organisations that get the content key under OAEP with SHA-256; all others get it
    /// under PKCS#1 v1.5, as DPE peers expect it.
    pub oaep_to: Vec<String>,
    /// Refuse signatures over SHA-1, which today's Java access points make.
    pub refuse_sha1: bool,
    /// Hand over what can be decrypted whatever its signature is worth, with the
    /// verdict in a header, and report LEVERT of it: as the Java access point does,
    /// without the header.
    pub hand_over: bool,
}
