//! What an operator asks of packages that come in.

use std::sync::Arc;

use dokumentpakke::trust::Trust;

/// Whom to believe, and what to do with a package that is not good.
#[derive(Debug, Clone, Default)]
pub struct Judging {
    /// The authorities that are believed; without, no chain is looked at.
    pub trust: Option<Arc<Trust>>,
    /// Organisation numbers that may sign for any sender: suppliers.
    pub suppliers: Vec<String>,
    /// Refuse signatures over SHA-1, which today's Java access points make.
    pub refuse_sha1: bool,
    /// Hand over what can be decrypted whatever its signature is worth, with the
    /// verdict in a header, and report LEVERT of it: as the Java access point does,
    /// without the header.
    pub hand_over: bool,
}
