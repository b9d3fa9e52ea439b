//! An innsynskrav as the archive gets it: a Melding with order.xml as its document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bestedu::melding::{Avsmot, Dokument, Journpost, NOARK};
use bestedu::soap::{Address, PutMessage};
use bestedu::{Melding, Payload};
use dokumentpakke::asice::{self, File};
use noark::order::Order;
use sbd::{BusinessMessage, Envelope, MessageId};

use super::home::ours;
use crate::Point;
use crate::incoming::{self, Popped};
use crate::push::Failed;

/// The files of an innsynskrav by their names, oldest first (einnsyn §1.1), each with
/// what the archive is told of it.
const FILES: &[(&str, &str, &str, &str)] = &[
    ("order.xml", "order.xml", "application/xml", "RA-XML"),
    ("oep.xml", "order.xml", "application/xml", "RA-XML"),
    ("emailtext", "innsynskrav.txt", "text/plain", "RA-TEKST"),
];

/// What is handed over of a message that is held. A package that is not good is given up:
/// it stays where it is, for whoever runs the access point.
pub(super) async fn message(
    point: &Point,
    id: &MessageId,
    token: &str,
    envelope: &Envelope,
) -> Result<PutMessage, Failed> {
    let facts = envelope.facts().map_err(ours)?;
    let popped = incoming::pop(point, id, Some(token)).await;
    let package = match popped {
        Ok(Popped::Package { asice, .. }) => asice,
        Ok(Popped::Nothing) => return Err(Failed::Forbidden("it has no files".into())),
        Err(error @ crate::Error::Unreadable { .. }) => {
            return Err(Failed::Forbidden(error.to_string()));
        }
        Err(error) => return Err(ours(error)),
    };
    let container = asice::read(&package);
    let container = container.map_err(|e| Failed::Forbidden(e.to_string()))?;
    let owner = match &envelope.message {
        BusinessMessage::Innsynskrav(innsynskrav) => innsynskrav.orgnr.clone(),
        _ => None,
    };
    Ok(PutMessage {
        conversation_id: facts.conversation_id.to_string(),
        content_namespace: NOARK.to_owned(),
        sender: Address {
            orgnr: facts.sender.organisation().to_owned(),
            name: Some("eInnsyn".to_owned()),
            ..Address::default()
        },
        receiver: Address {
            orgnr: owner.unwrap_or_else(|| point.orgnr().to_string()),
            ..Address::default()
        },
        payload: Payload::Melding(Box::new(melding(&container.files))),
    })
}

fn melding(files: &[File]) -> Melding {
    let known = FILES.iter().filter_map(|(name, shown, mime, format)| {
        let file = files.iter().find(|file| file.name == *name)?;
        Some((file, shown, mime, format))
    });
    let documents = (1..)
        .zip(known)
        .map(|(n, (file, shown, mime, format))| Dokument {
            dl_rnr: text(n),
            dl_type: text(if n == 1 { "H" } else { "V" }),
            db_tittel: text("Innsynskrav"),
            db_status: text("F"),
            ve_variant: text("P"),
            ve_dokformat: text(format),
            base64: text(STANDARD.encode(&file.bytes)),
            ve_filnavn: text(shown),
            ve_mime_type: text(mime),
            ..Dokument::default()
        });
    let order = files.iter().find(|file| FILES[0].0 == file.name);
    let order = order.and_then(|file| Order::read(&file.bytes).ok());
    let subject = match &order {
        Some(order) => format!("Innsynskrav {}", order.id),
        None => "Innsynskrav".to_owned(),
    };
    let post = Journpost {
        jp_ndoktype: text("I"),
        jp_dokdato: order.as_ref().and_then(|order| text(&order.date)),
        jp_innhold: text(&subject),
        avsmot: vec![Avsmot {
            am_ihtype: text("0"),
            am_navn: text("eInnsyn"),
            // Where the answer goes: never to `innsynskrav.epost`, the body's own mailbox.
            am_epostadr: order.and_then(|order| text(order.epost)),
            ..Avsmot::default()
        }],
        dokument: documents.collect(),
        ..Journpost::default()
    };
    Melding {
        journpost: Some(post),
        noarksak: None,
    }
}

fn text(text: impl ToString) -> Option<String> {
    Some(text.to_string()).filter(|text| !text.is_empty())
}
