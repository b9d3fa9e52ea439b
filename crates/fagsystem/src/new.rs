//! New messages, as eInnsyn and public bodies write them.

use sbd::{
    BusinessMessage, BusinessScope, CorrelationInformation, DocumentIdentification,
    EinnsynKvittering, Envelope, Header, Innsynskrav, MessageId, Orgnr, Partner,
    Publisering, ReferanseType, Scope, WireTime, urn,
};

/// Who writes to whom, under which ids.
#[derive(Debug, Clone)]
pub struct Correspondence {
    /// The sender's organisation.
    pub sender: Orgnr,
    /// The receiver's.
    pub receiver: Orgnr,
    /// The message's id.
    pub message_id: MessageId,
    /// The conversation's.
    pub conversation_id: String,
    /// When levetid runs out; the access point's default when none is given.
    pub expires: Option<WireTime>,
}

/// An innsynskrav for a body's data, with the body's own mailbox (einnsyn §1.3).
pub fn innsynskrav(who: &Correspondence, owner: &Orgnr, epost: &str) -> Envelope {
    let message = Innsynskrav {
        hoveddokument: None,
        orgnr: Some(owner.to_string()),
        epost: Some(epost.to_owned()),
    };
    envelope(
        who,
        urn::INNSYNSKRAV_DOCUMENT,
        urn::INNSYNSKRAV_PROCESS,
        BusinessMessage::Innsynskrav(message),
    )
}

/// A publication of a body's data under a process.
pub fn publisering(who: &Correspondence, owner: &Orgnr, process: &str) -> Envelope {
    let message = Publisering {
        hoveddokument: None,
        orgnr: Some(owner.to_string()),
    };
    let message = BusinessMessage::Publisering(message);
    envelope(who, urn::PUBLISERING_DOCUMENT, process, message)
}

/// The answer to a publication: the published object's IRI, and JSON in a text.
pub fn kvittering(who: &Correspondence, dokument_id: &str, status: String) -> Envelope {
    let message = EinnsynKvittering {
        hoveddokument: None,
        dokument_id: Some(dokument_id.to_owned()),
        status: Some(status),
        referanse_type: Some(ReferanseType::Publisering),
    };
    envelope(
        who,
        urn::KVITTERING_DOCUMENT,
        urn::RESPONSE_PROCESS,
        BusinessMessage::EinnsynKvittering(message),
    )
}

fn envelope(
    who: &Correspondence,
    document_type: &str,
    process: &str,
    message: BusinessMessage,
) -> Envelope {
    let information = who.expires.clone().map(|at| {
        vec![CorrelationInformation {
            expected_response_date_time: Some(at),
            ..CorrelationInformation::default()
        }]
    });
    let header = Header {
        header_version: Some("1.0".into()),
        sender: Some(vec![Partner::organisation(&format!("0192:{}", who.sender))]),
        receiver: Some(vec![Partner::organisation(&format!(
            "0192:{}",
            who.receiver
        ))]),
        document_identification: Some(DocumentIdentification {
            standard: Some(document_type.into()),
            type_version: Some("1.0".into()),
            instance_identifier: Some(who.message_id.to_string()),
            kind: Some(message.kind().to_string()),
            ..DocumentIdentification::default()
        }),
        manifest: None,
        business_scope: Some(BusinessScope {
            scope: Some(vec![Scope {
                kind: Some("ConversationId".into()),
                instance_identifier: Some(who.conversation_id.clone()),
                identifier: Some(process.into()),
                scope_information: information,
            }]),
        }),
    };
    Envelope { header, message }
}
