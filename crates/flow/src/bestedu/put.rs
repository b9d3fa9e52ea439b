//! Publish what an archive sends: PutMessage ends here.
//!
//! Order:   payload → receiver → sender → id → known already? → map and judge → as
//!          `send_whole`.
//! Writes:  message, OPPRETTET, file, the archive's own id, and the job `deliver`, in one
//!          commit.
//! Refuses: all that cannot be published, with the field in BEST/EDU's own terms.
//! Twice:   the same content under the same id is answered OK and sent once; after FEIL or
//!          LEVETID_UTLOPT it is sent again.

use aws_lc_rs::digest::{SHA256, digest};
use bestedu::publication::publication;
use bestedu::soap::{Address, PutMessage};
use bestedu::{AppReceipt, Complaint, Outcome, Payload, Publication};
use fault::Fault;
use sbd::{
    BusinessMessage, BusinessScope, DocumentIdentification, Envelope, Header, Orgnr,
    Partner, Publisering, Scope, urn,
};
use store::melding::{self, Known, Named};

use super::Bestedu;
use crate::outgoing::{self, NewFile};
use crate::{Error, Point};

/// Nothing was carried (wire-format §10.2).
const EMPTY: &str = "8";
/// The register failed, or does not know the receiver.
const REGISTER: &str = "16";
/// Everything else.
const OTHER: &str = "Unknown";

/// Take a message; the answer says what became of it.
///
/// Fails when we cannot tell: then the archive should try again.
pub async fn put(
    point: &Point,
    bestedu: &Bestedu,
    message: PutMessage,
) -> Result<AppReceipt, Error> {
    let refuse =
        |code, words: &str| Ok(AppReceipt::saying(Outcome::Error, code, words));
    let melding = match &message.payload {
        Payload::Melding(melding) => melding,
        Payload::AppReceipt(receipt) => {
            let outcome = receipt.outcome.as_str();
            tracing::info!(
                conversation = message.conversation_id,
                outcome,
                "an archive's AppReceipt goes no further"
            );
            return Ok(AppReceipt::ok());
        }
        Payload::Empty if bestedu.ok_on_empty => return Ok(AppReceipt::ok()),
        Payload::Empty => return refuse(EMPTY, "payload: den er tom"),
        Payload::Unreadable(why) => return refuse(OTHER, &format!("payload: {why}")),
    };
    let einnsyn = &bestedu.einnsyn;
    if message.receiver.orgnr != einnsyn.as_str() {
        let words = format!(
            "envelope/receiver/orgnr: BEST/EDU går herfra bare til eInnsyn, {einnsyn}"
        );
        return Ok(AppReceipt::saying(Outcome::NotSupported, OTHER, words));
    }
    let own = point.orgnr();
    let owner = match message.sender.orgnr.as_str() {
        // > empty sender orgnr: set to own org (wire-format §10.2)
        "" => Ok(own.clone()),
        given => given.parse(),
    };
    let Ok(owner) = owner else {
        return refuse(OTHER, "envelope/sender/orgnr: ni sifre ventes");
    };
    if message.conversation_id.is_empty() {
        return refuse(OTHER, "envelope/@conversationId: den mangler");
    }
    match publication(melding, owner.as_str()) {
        Ok(publication) => publish(point, einnsyn, &owner, &message, publication).await,
        Err(complaints) => Ok(complained(&complaints)),
    }
}

fn complained(complaints: &[Complaint]) -> AppReceipt {
    let receipt = AppReceipt::ok().of(Outcome::Error);
    complaints.iter().fold(receipt, |receipt, complaint| {
        let Complaint { field, words } = complaint;
        receipt.and(OTHER, format!("{field}: {words}"))
    })
}

async fn publish(
    point: &Point,
    einnsyn: &Orgnr,
    owner: &Orgnr,
    message: &PutMessage,
    publication: Publication,
) -> Result<AppReceipt, Error> {
    let new = melding::Melding {
        given_id: message.conversation_id.clone(),
        digest: print(owner, &publication),
        iri: publication.iri,
        sender: named(&message.sender),
        receiver: named(&message.receiver),
    };
    let known = find(point, &new.given_id).await?;
    if let Some(known) = known.as_ref().filter(|known| !known.failed) {
        return Ok(again(known, &new));
    }
    let id = id_of(point, message, known.is_some());
    let envelope = envelope(owner, einnsyn, &id, message);
    let file = NewFile {
        name: "payload.jsonld".into(),
        title: None,
        mime: "application/ld+json".into(),
        bytes: publication.jsonld.into_bytes().into(),
    };
    let sent = outgoing::send_melding(point, envelope, vec![file], new.clone()).await;
    match sent {
        Ok(_) => Ok(AppReceipt::ok()),
        Err(error @ Error::AlreadyExists(_)) => {
            // Asked twice at once, one of the two was quicker.
            match find(point, &new.given_id).await? {
                Some(known) => Ok(again(&known, &new)),
                None => Ok(refusal(&error)),
            }
        }
        Err(error @ (Error::Registry(_) | Error::ReceiverRefuses { .. })) => Ok(
            AppReceipt::saying(Outcome::Error, REGISTER, error.to_string()),
        ),
        Err(error) if error.fault() == Fault::Caller => Ok(refusal(&error)),
        Err(error) => Err(error),
    }
}

fn refusal(error: &Error) -> AppReceipt {
    AppReceipt::saying(Outcome::Error, OTHER, error.to_string())
}

/// The id is known: the same again is no new message, and other content is none either.
fn again(known: &Known, new: &melding::Melding) -> AppReceipt {
    if known.melding.digest == new.digest {
        return AppReceipt::ok();
    }
    let words = "envelope/@conversationId: den er brukt om noe annet innhold. \
                 En ny utgave må ha sin egen conversationId";
    AppReceipt::saying(Outcome::Error, OTHER, words)
}

async fn find(point: &Point, given_id: &str) -> Result<Option<Known>, Error> {
    let (owner, given_id) = (point.orgnr().clone(), given_id.to_owned());
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { melding::find(tx, &owner, &given_id).await })
    });
    Ok(work.await?)
}

/// > non-UUID conversationId replaced (mapping kept) … message id = conversation id
///
/// (wire-format §10.2). One that is sent again is another message.
fn id_of(point: &Point, message: &PutMessage, is_repeat: bool) -> String {
    let given = message.conversation_id.to_ascii_lowercase();
    match is_uuid(&given) && !is_repeat {
        true => given,
        false => point.setup.random.uuid().to_string(),
    }
}

/// Whether it is a UUID as they are written today: Java takes shorter ones too, which
/// would be ids that others have.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let hexadecimal = |b: u8| b.is_ascii_hexdigit() || b == b'-';
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(hexadecimal)
}

fn named(address: &Address) -> Named {
    Named {
        orgnr: address.orgnr.clone(),
        reference: address.reference.clone(),
    }
}

/// What tells one content from another: whose it is, and what is published of it.
fn print(owner: &Orgnr, publication: &Publication) -> String {
    let whole = format!("{owner}\n{}", publication.jsonld);
    let print = digest(&SHA256, whole.as_bytes());
    print
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn envelope(
    owner: &Orgnr,
    einnsyn: &Orgnr,
    id: &str,
    message: &PutMessage,
) -> Envelope {
    let mut scope = vec![Scope {
        kind: Some("ConversationId".into()),
        instance_identifier: Some(id.to_owned()),
        identifier: Some(urn::JOURNALPOST_PROCESS.into()),
        scope_information: None,
    }];
    // > sender/receiver `ref` → SenderRef/ReceiverRef scopes (wire-format §10.2)
    let references = [
        ("SenderRef", &message.sender.reference),
        ("ReceiverRef", &message.receiver.reference),
    ];
    for (kind, reference) in references {
        if let Some(reference) = reference {
            scope.push(Scope {
                kind: Some(kind.into()),
                instance_identifier: Some(reference.clone()),
                identifier: None,
                scope_information: None,
            });
        }
    }
    let publisering = BusinessMessage::Publisering(Publisering {
        hoveddokument: None,
        orgnr: Some(owner.to_string()),
    });
    Envelope {
        header: Header {
            header_version: Some("1.0".into()),
            sender: Some(vec![Partner::organisation(&format!("0192:{owner}"))]),
            receiver: Some(vec![Partner::organisation(&format!("0192:{einnsyn}"))]),
            document_identification: Some(DocumentIdentification {
                standard: Some(urn::PUBLISERING_DOCUMENT.into()),
                type_version: Some("1.0".into()),
                instance_identifier: Some(id.to_owned()),
                kind: Some(publisering.kind().to_string()),
                ..DocumentIdentification::default()
            }),
            manifest: None,
            business_scope: Some(BusinessScope { scope: Some(scope) }),
        },
        message: publisering,
    }
}

#[cfg(test)]
mod tests {
    use super::is_uuid;

    #[test]
    fn an_id_is_kept_only_where_it_is_a_whole_uuid() {
        assert!(is_uuid("5a0e5c0e-0000-4000-8000-000000000001"));
        for other in ["", "1-1-1-1-1", "ephorte-4711", "{5a0e5c0e-0000-4000-8000}"] {
            assert!(!is_uuid(other), "{other}");
        }
    }
}
