//! The status message about a received message.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{
    BusinessMessage, BusinessScope, CorrelationInformation, DocumentIdentification,
    Envelope, Error, Header, Scope, Status, StatusMessage, WireTime, urn,
};

/// > creation = now − 5 s (wire-format §1.8)
const CREATED_BEFORE: SignedDuration = SignedDuration::from_secs(5);

impl Envelope {
    /// The status message to the sender of this message: sender and receiver swapped,
    /// the same message id and conversation (wire-format §1.8).
    pub fn status_reply(
        &self,
        status: Status,
        now: Timestamp,
        levetid: Duration,
        process: &str,
    ) -> Result<Self, Error> {
        let facts = self.facts()?;
        let levetid = SignedDuration::try_from(levetid).unwrap_or(SignedDuration::MAX);
        let expires = now.checked_add(levetid).unwrap_or(Timestamp::MAX);
        let mut scopes = vec![Scope {
            kind: Some("ConversationId".to_owned()),
            instance_identifier: Some(facts.conversation_id.to_string()),
            identifier: Some(process.to_owned()),
            scope_information: Some(vec![CorrelationInformation {
                expected_response_date_time: Some(WireTime::oslo(expires)),
                ..CorrelationInformation::default()
            }]),
        }];
        scopes.extend(self.header.scope("MessageChannel").cloned());
        let created = now.checked_sub(CREATED_BEFORE).unwrap_or(now);
        let header = Header {
            header_version: Some("1.0".to_owned()),
            sender: self.header.receiver.clone(),
            receiver: self.header.sender.clone(),
            document_identification: Some(DocumentIdentification {
                standard: Some(urn::STATUS_DOCUMENT.to_owned()),
                type_version: Some("2.0".to_owned()),
                instance_identifier: Some(facts.message_id.to_string()),
                kind: Some("status".to_owned()),
                multiple_type: None,
                creation_date_and_time: Some(WireTime::oslo(created)),
            }),
            manifest: None,
            business_scope: Some(BusinessScope {
                scope: Some(scopes),
            }),
        };
        let message = StatusMessage {
            hoveddokument: None,
            status,
        };
        Ok(Self {
            header,
            message: BusinessMessage::Status(message),
        })
    }
}
