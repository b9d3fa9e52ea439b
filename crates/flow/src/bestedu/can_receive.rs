//! Can this receiver be sent to? GetCanReceiveMessage ends here.
//!
//! Writes:  nothing.
//! Refuses: nothing. Whatever keeps us from sending makes the answer no.

use sbd::urn;

use super::Bestedu;
use crate::route::DPE;
use crate::{Point, certificate};

/// Whether it is eInnsyn, and this body can publish: the register has a place for it, and
/// our own certificate is of use.
pub async fn can_receive(point: &Point, bestedu: &Bestedu, orgnr: &str) -> bool {
    if orgnr != bestedu.einnsyn.as_str() {
        return false;
    }
    if let Err(error) = certificate::check(point).await {
        tracing::warn!(%error, "an archive asked, and we cannot send");
        return false;
    }
    let process = urn::JOURNALPOST_PROCESS;
    let records = point.setup.registry.lookup(orgnr, process, None).await;
    match records {
        Ok(records) => records.iter().any(|record| {
            let takes = |known: &String| known == urn::PUBLISERING_DOCUMENT;
            record.service_identifier == DPE && record.document_types.iter().any(takes)
        }),
        Err(error) => {
            tracing::warn!(%error, "an archive asked, and the register does not say");
            false
        }
    }
}
