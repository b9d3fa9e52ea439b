//! Submit an outgoing message: POST /api/messages/out/{messageId} ends here.
//!
//! Order:   certificate → fits the message service → message → its members → files → levetid → store.
//! Writes:  submitted, and the job `deliver` with it. No status: SENDT follows when
//!          the message service has it.
//! Refuses: too large on the wire, unknown message, a member that is missing, no file, a file that no package can hold,
//!          levetid run out (recorded as LEVETID_UTLOPT).
//!
//! A second submit answers as the first did and sends nothing twice, also when the
//! message has left in between: a caller that was cut off from its answer asks again.

use db::Tx;
use jiff::Timestamp;
use sbd::{BusinessMessage, Envelope, MessageId, MessageType, Orgnr, Status};
use store::job::{self, Birth, Task};
use store::{CONTENT_ROW_BYTES_MAX, conversation, file, outgoing};

use super::deliver::Load;
use super::fit::fits;
use super::hand_over::take_out;
use crate::expiry::DESCRIPTION;
use crate::job::Ready;
use crate::{Error, Point, certificate};

/// Hand the message over to be sent. It is sent when `SENDT` stands in its log.
#[tracing::instrument(name = "send", skip_all, fields(message.id = %id))]
pub async fn submit(point: &Point, id: &MessageId) -> Result<(), Error> {
    certificate::check(point).await?;
    if point.setup.limits.wire_bytes_max.is_some() {
        // One that has left, or never was, is answered below.
        match take_out(point, id).await {
            Ok(unsent) => fits(point, id, &unsent.envelope, &unsent.files).await?,
            Err(Error::MessageNotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let hand = point.hand();
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let (now, birth) = (point.setup.clock.now(), hand.birth());
    let submitted = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move { queue(tx, &owner, &message, birth, now).await })
        })
        .await?;
    match submitted {
        Submitted::Job(ready) => hand.start(point, ready),
        Submitted::Before => {}
        Submitted::TooLate { expired_at } => {
            return Err(Error::LevetidUtlopt {
                message: id.clone(),
                expired_at,
            });
        }
    }
    Ok(())
}

pub(super) enum Submitted {
    Job(Option<Ready>),
    Before,
    TooLate { expired_at: String },
}

/// Inside the caller's transaction: the message is submitted and its job made.
pub(super) async fn queue(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    birth: Birth,
    now: Timestamp,
) -> Result<Submitted, Error> {
    let Some(message) = outgoing::find(tx, owner, id).await? else {
        return match conversation::has(tx, owner, id, Status::Sendt).await? {
            true => Ok(Submitted::Before),
            false => Err(Error::MessageNotFound(id.clone())),
        };
    };
    if message.submitted {
        return Ok(Submitted::Before);
    }
    let envelope = Envelope::parse(message.sbd.as_bytes())?;
    if let Some(member) = missing(&envelope.message) {
        let message = id.clone();
        return Err(Error::MissingMember { message, member });
    }
    let sum = file::sum(tx, message.row).await?;
    if sum.count == 0 && needs_file(envelope.message.kind()) {
        return Err(Error::MissingFile(id.clone()));
    }
    for name in file::names(tx, message.row).await? {
        dokumentpakke::check_name(&name).map_err(|error| Error::BadFilename {
            message: id.clone(),
            reason: error.to_string(),
        })?;
    }
    if message.expires_at.is_some_and(|at| at < now) {
        let number = conversation::number(tx, owner, id).await?;
        if let Some(number) = number {
            let words = Some(DESCRIPTION);
            conversation::record(tx, number, Status::LevetidUtlopt, words, now).await?;
        }
        let expired_at = envelope.facts()?.expires_at.map(|at| at.to_string());
        return Ok(Submitted::TooLate {
            expired_at: expired_at.unwrap_or_default(),
        });
    }
    outgoing::submit(tx, message.row, now).await?;
    let job = job::add(tx, owner, id, Task::Deliver, birth, now).await?;
    let mut ready = job.map(Ready::from);
    // What is small goes along, and need not be asked for again.
    if let Some(ready) = &mut ready
        && sum.bytes < CONTENT_ROW_BYTES_MAX as u64
    {
        ready.load = Some(Box::new(Load {
            envelope,
            expires_at: message.expires_at,
            files: file::list(tx, message.row).await?,
        }));
    }
    Ok(Submitted::Job(ready))
}

/// A member that the type must have. The Java access point documents them and does not
/// look; it is looked at here when the message is sent, never when one is received.
fn missing(message: &BusinessMessage) -> Option<&'static str> {
    let members: &[(&'static str, bool)] = &match message {
        BusinessMessage::Innsynskrav(m) => [
            ("innsynskrav.orgnr", m.orgnr.is_some()),
            ("innsynskrav.epost", m.epost.is_some()),
        ],
        BusinessMessage::Publisering(m) => {
            [("publisering.orgnr", m.orgnr.is_some()), ("", true)]
        }
        BusinessMessage::EinnsynKvittering(m) => [
            ("einnsyn_kvittering.dokumentId", m.dokument_id.is_some()),
            ("einnsyn_kvittering.status", m.status.is_some()),
        ],
        BusinessMessage::Status(_) | BusinessMessage::Other { .. } => return None,
    };
    let absent = members.iter().find(|(_, present)| !present);
    absent.map(|(member, _)| *member)
}

/// > On send: ≥1 file unless type is status / a receipt / avtalt (wire-format §1.9)
fn needs_file(kind: MessageType) -> bool {
    let text = kind.as_str();
    !(text == "status" || text == "avtalt" || text.ends_with("_kvittering"))
}
