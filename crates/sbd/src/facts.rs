//! What the house works with, taken out of an envelope once.

use crate::{
    AUTHORITY, ConversationId, Envelope, Error, Identifier, MessageId, MessageType,
    Partner, PartyId, WireTime,
};

/// The facts of a message. Whoever has them need not look into the header again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `documentIdentification.instanceIdentifier`.
    pub message_id: MessageId,
    /// The ConversationId scope's instanceIdentifier.
    pub conversation_id: ConversationId,
    /// The ConversationId scope's identifier.
    pub process: String,
    /// `documentIdentification.standard`; not looked at in what comes from a peer.
    pub document_type: String,
    /// The business message's type.
    pub kind: MessageType,
    /// Who sent it.
    pub sender: PartyId,
    /// Whom it is for.
    pub receiver: PartyId,
    /// When its levetid runs out.
    pub expires_at: Option<WireTime>,
    /// The MessageChannel scope's identifier.
    pub channel: Option<String>,
}

impl Envelope {
    /// Take the facts out; fails naming the member that is missing or cannot be.
    pub fn facts(&self) -> Result<Facts, Error> {
        let identification = self
            .header
            .document_identification
            .as_ref()
            .ok_or(Error::Missing("documentIdentification"))?;
        let id = identification.instance_identifier.as_deref();
        let id =
            id.ok_or(Error::Missing("documentIdentification.instanceIdentifier"))?;
        let scope = self.header.scope("ConversationId");
        let scope = scope.ok_or(Error::Missing("the ConversationId scope"))?;
        let conversation = scope.instance_identifier.as_deref().unwrap_or_default();
        let process = scope.identifier.clone();
        let information = scope.scope_information.as_ref().and_then(|i| i.first());
        Ok(Facts {
            message_id: id.parse()?,
            conversation_id: conversation.parse()?,
            process: process
                .ok_or(Error::Missing("the ConversationId scope's identifier"))?,
            document_type: identification.standard.clone().unwrap_or_default(),
            kind: self.message.kind(),
            sender: party(self.header.sender.as_deref(), "sender")?,
            receiver: party(self.header.receiver.as_deref(), "receiver")?,
            expires_at: information.and_then(|i| i.expected_response_date_time.clone()),
            channel: self
                .header
                .scope("MessageChannel")
                .and_then(|scope| scope.identifier.clone()),
        })
    }
}

/// The first of the parties; where there are several, the others are not looked at.
fn party(partners: Option<&[Partner]>, name: &'static str) -> Result<PartyId, Error> {
    let partner = partners
        .and_then(|p| p.first())
        .ok_or(Error::Missing(name))?;
    partner
        .identifier
        .as_ref()
        .ok_or(Error::Missing(name))?
        .party()
}

impl Identifier {
    /// The organisation, if the authority is the one for organisations.
    pub fn party(&self) -> Result<PartyId, Error> {
        if let Some(other) = self.authority.as_deref().filter(|a| *a != AUTHORITY) {
            return Err(Error::Authority(other.to_owned()));
        }
        self.value
            .as_deref()
            .ok_or(Error::Missing("identifier.value"))?
            .parse()
    }

    /// An organisation under its authority.
    pub fn organisation(party: &str) -> Self {
        Self {
            value: Some(party.to_owned()),
            authority: Some(AUTHORITY.to_owned()),
        }
    }
}

impl Partner {
    /// An organisation, with nobody to ask.
    pub fn organisation(party: &str) -> Self {
        Self {
            identifier: Some(Identifier::organisation(party)),
            contact_information: None,
        }
    }
}
