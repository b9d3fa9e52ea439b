//! Tell the archive: how its messages ended, what eInnsyn says of them, and what people
//! ask to see.
//!
//! Order:   what is it about? → is it the archive's? → PutMessage → for what came: remove.
//! Writes:  for a kvittering and an innsynskrav: gone, INNKOMMENDE_LEVERT, and the job
//!          `report LEVERT`; but only once the archive has said OK.
//! Refuses: nothing. What is not the archive's is passed over, and left to others.
//! Twice:   harmless. The second carries the same conversationId and says the same.

use bestedu::soap::{Address, PutMessage, TYPES};
use bestedu::{AppReceipt, Outcome, Payload};
use db::Tx;
use noark::kvittering::{Read, Warning, read};
use reqwest::StatusCode;
use sbd::{BusinessMessage, EinnsynKvittering, Envelope, MessageId, Orgnr, Status};
use store::melding::{self, Known, Named};
use store::push::Event;

use super::{Archive, innsynskrav, reservation};
use crate::incoming;
use crate::push::Failed;
use crate::time::after;
use crate::{Error, Point};

/// Tell of one status; answers what the archive answered, or none when it was nothing to
/// the archive.
pub(crate) async fn tell(
    point: &Point,
    event: &Event,
) -> Result<Option<StatusCode>, Failed> {
    let archive = point.bestedu().and_then(|bestedu| bestedu.archive.as_ref());
    let Some(archive) = archive else {
        return Ok(None);
    };
    let Ok(id) = event.message_id.parse::<MessageId>() else {
        return Ok(None);
    };
    match event.status {
        Status::InnkommendeMottatt => came(point, archive, &id).await,
        _ => ended(point, archive, &id, event).await,
    }
}

/// A message of the archive's has come to an end.
async fn ended(
    point: &Point,
    archive: &Archive,
    id: &MessageId,
    event: &Event,
) -> Result<Option<StatusCode>, Failed> {
    let (owner, id) = (point.orgnr().clone(), id.clone());
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { melding::of_message(tx, &owner, &id).await })
    });
    let Some(known) = work.await.map_err(ours)? else {
        return Ok(None);
    };
    let outcome = match event.status {
        Status::Levert => Outcome::Ok,
        _ => Outcome::Error,
    };
    let words = match event.status {
        Status::Levert => "Publiseringen er levert til eInnsyn",
        Status::LevetidUtlopt => "Levetiden løp ut før eInnsyn hadde tatt imot",
        _ => "Publiseringen kom ikke fram til eInnsyn",
    };
    let words = match &event.description {
        Some(more) if outcome == Outcome::Error => format!("{words}: {more}"),
        _ => words.to_owned(),
    };
    let code = event.status.to_string();
    let receipt = AppReceipt::saying(outcome, &code, words);
    archive.put(point, &home(&known, receipt)).await.map(Some)
}

/// A receipt on its way home: what was the receiver is now the sender.
fn home(known: &Known, receipt: AppReceipt) -> PutMessage {
    let address = |named: &Named| Address {
        orgnr: named.orgnr.clone(),
        reference: named.reference.clone(),
        ..Address::default()
    };
    PutMessage {
        conversation_id: known.melding.given_id.clone(),
        content_namespace: TYPES.to_owned(),
        sender: address(&known.melding.receiver),
        receiver: address(&known.melding.sender),
        payload: Payload::AppReceipt(receipt),
    }
}

/// A message has come.
async fn came(
    point: &Point,
    archive: &Archive,
    id: &MessageId,
) -> Result<Option<StatusCode>, Failed> {
    let Some(envelope) = waiting(point, id).await? else {
        return Ok(None);
    };
    let known = match &envelope.message {
        BusinessMessage::Innsynskrav(_) if archive.innsynskrav => None,
        BusinessMessage::EinnsynKvittering(kvittering) => {
            let Some(known) = answered(point, kvittering).await? else {
                return Ok(None);
            };
            Some((known, kvittering))
        }
        _ => return Ok(None),
    };
    let token = hold(point, id).await?;
    let put = match known {
        Some((known, kvittering)) => Ok(home(&known, heard(kvittering))),
        None => innsynskrav::message(point, id, &token, &envelope).await,
    };
    let told = match put {
        Ok(message) => archive.put(point, &message).await,
        Err(failed) => Err(failed),
    };
    match told {
        Ok(answer) => {
            let removed = incoming::remove(point, id, Some(&token)).await;
            removed.map_err(ours)?;
            Ok(Some(answer))
        }
        Err(failed) => {
            reservation::renew(point, id).await.map_err(ours)?;
            Err(failed)
        }
    }
}

/// The envelope of a message that still waits; none when somebody has taken it.
async fn waiting(point: &Point, id: &MessageId) -> Result<Option<Envelope>, Failed> {
    let (owner, id) = (point.orgnr().clone(), id.clone());
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move {
            let found = store::incoming::find(tx, &owner, &id).await?;
            let envelope = found.map(|found| Envelope::parse(found.sbd.as_bytes()));
            Ok::<_, Error>(envelope.transpose()?)
        })
    });
    work.await.map_err(ours)
}

/// Lock it while the archive has it in hand; somebody else may have it now.
async fn hold(point: &Point, id: &MessageId) -> Result<String, Failed> {
    let (owner, id) = (point.orgnr().clone(), id.clone());
    let token = point.setup.random.uuid().simple().to_string();
    let now = point.setup.clock.now();
    let (until, name) = (after(now, point.setup.limits.lock_time), token.clone());
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            store::incoming::seize(tx, &owner, &id, now, until, &name).await
        })
    });
    match work.await.map_err(ours)? {
        true => Ok(token),
        false => Err(Failed::Closed(
            "another caller holds the message".to_owned(),
        )),
    }
}

/// The message of the archive's that a kvittering is about: by the entry, or by the
/// conversation that a warning names.
async fn answered(
    point: &Point,
    kvittering: &EinnsynKvittering,
) -> Result<Option<Known>, Failed> {
    let (owner, kvittering) = (point.orgnr().clone(), kvittering.clone());
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { of_kvittering(tx, &owner, &kvittering).await })
    });
    work.await.map_err(ours)
}

/// The same, in the caller's transaction.
pub(super) async fn of_kvittering(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    kvittering: &EinnsynKvittering,
) -> Result<Option<Known>, store::Error> {
    let iri = kvittering.dokument_id.as_deref().unwrap_or_default();
    if let Some(known) = melding::of_iri(tx, owner, iri).await? {
        return Ok(Some(known));
    }
    let named = match said(kvittering) {
        Read::Warning(warning) => warning.conversation_id,
        _ => None,
    };
    match named.and_then(|id| id.parse::<MessageId>().ok()) {
        Some(id) => melding::of_message(tx, owner, &id).await,
        None => Ok(None),
    }
}

fn said(kvittering: &EinnsynKvittering) -> Read {
    read(kvittering.status.as_deref().unwrap_or_default())
}

/// What eInnsyn says, as a receipt.
fn heard(kvittering: &EinnsynKvittering) -> AppReceipt {
    match said(kvittering) {
        Read::Result(result) if result.publisert => {
            let words = format!("Publisert i eInnsyn {}", result.publisert_datotid);
            AppReceipt::saying(Outcome::Ok, "publisert", words.trim_end())
        }
        Read::Result(result) => {
            let words = "Ikke publisert i eInnsyn";
            let words = match result.feilmelding {
                Some(more) => format!("{words}: {more}"),
                None => words.to_owned(),
            };
            AppReceipt::saying(Outcome::Error, "ikkePublisert", words)
        }
        Read::Warning(warning) => warned(&warning),
        Read::Other(text) => AppReceipt::saying(Outcome::Warning, "kvittering", text),
    }
}

fn warned(warning: &Warning) -> AppReceipt {
    let receipt = AppReceipt::ok().of(Outcome::Warning);
    let code = &warning.alvorlighetsgrad;
    if warning.valideringsfeil.is_empty() {
        return receipt.and(code, "eInnsyn har en merknad, uten å si hvilken");
    }
    let all = warning.valideringsfeil.iter();
    all.fold(receipt, |receipt, complaint| {
        let attribute = complaint.attributt.rsplit('/').next().unwrap_or_default();
        receipt.and(code, format!("{attribute}: {}", complaint.feilmelding))
    })
}

/// What failed on our side is tried again.
pub(super) fn ours(error: impl Into<Error>) -> Failed {
    Failed::Closed(error.into().to_string())
}
