//! The URNs that choose route and rules: processes and document types of eInnsyn.

/// Process of an innsynskrav.
pub const INNSYNSKRAV_PROCESS: &str = "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0";
/// Process of a publisering; nowadays of meetings too.
pub const JOURNALPOST_PROCESS: &str = "urn:no:difi:profile:einnsyn:journalpost:ver1.0";
/// Process of a publisering of meetings, where the register lists it.
pub const MEETING_PROCESS: &str = "urn:no:difi:profile:einnsyn:meeting:ver1.0";
/// Process of kvitteringer and status messages.
pub const RESPONSE_PROCESS: &str = "urn:no:difi:profile:einnsyn:response:ver1.0";

/// Document type of an innsynskrav.
pub const INNSYNSKRAV_DOCUMENT: &str = "urn:no:difi:einnsyn:xsd::innsynskrav";
/// Document type of a publisering.
pub const PUBLISERING_DOCUMENT: &str = "urn:no:difi:einnsyn:xsd::publisering";
/// Document type of an einnsyn_kvittering.
pub const KVITTERING_DOCUMENT: &str = "urn:no:difi:einnsyn:xsd::einnsyn_kvittering";
/// Document type of a status message.
pub const STATUS_DOCUMENT: &str = "urn:no:difi:eformidling:xsd::status";
