//! The envelope: Standard Business Documents and the business messages in them.
//!
//! Pure: bytes in, types out, and back. [`Envelope::parse`] reads an SBD as leniently as
//! the Java access point does; [`Envelope::facts`] takes out of it, once, what the rest
//! of the house works with; [`payload`] is the envelope of the envelope, as it lies on
//! the message service.

mod envelope;
mod error;
mod facts;
mod header;
mod id;
mod kind;
pub mod lenient;
mod message;
mod party;
pub mod payload;
mod reply;
mod status;
mod time;
pub mod urn;

pub use envelope::Envelope;
pub use error::Error;
pub use facts::Facts;
pub use header::{
    BusinessScope, ContactInformation, CorrelationInformation, DocumentIdentification,
    Header, Identifier, Manifest, ManifestItem, Partner, Scope,
};
pub use id::{ConversationId, MessageId, Orgnr, is_uuid};
pub use kind::MessageType;
pub use message::{
    BusinessMessage, EinnsynKvittering, Innsynskrav, Publisering, ReferanseType,
    StatusMessage,
};
pub use party::PartyId;
pub use status::Status;
pub use time::WireTime;

/// The one authority for organisations.
pub const AUTHORITY: &str = "iso6523-actorid-upis";
