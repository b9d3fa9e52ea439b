//! Remove: DELETE /api/messages/in/{messageId} ends here.
//!
//! Writes:  the message is gone, INNKOMMENDE_LEVERT, and the job `report LEVERT`.
//! Refuses: unknown message, message that no peek holds.
//!
//! A message whose package cannot be opened was delivered to nobody: removing it
//! records FEIL and reports FEIL, so that no sender reads LEVERT of it.

use db::Tx;
use jiff::Timestamp;
use sbd::{Envelope, MessageId, Orgnr, Status};
use store::incoming::{Form, Incoming};
use store::job::{self, Birth, Job, Task};
use store::{conversation, incoming};

use super::find::locked;
use super::receive::envelope;
use crate::{Error, Point};

/// The case system has the message: let go of it. Answers its SBD.
pub async fn remove(point: &Point, id: &MessageId) -> Result<Envelope, Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let found = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move { incoming::find(tx, &owner, &message).await })
        })
        .await?;
    let found = locked(point, id, found)?;
    let removed = envelope(&found.sbd)?;
    let (hand, content) = (point.reporter(), found.content.clone());
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let (now, birth) = (point.setup.clock.now(), hand.birth());
    let job = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move { take(tx, &owner, &message, found, birth, now).await })
        })
        .await?;
    hand.start(point, job);
    point.setup.store.discard(vec![content]).await;
    Ok(removed)
}

async fn take(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    message: Incoming,
    birth: Birth,
    now: Timestamp,
) -> Result<Option<Job>, Error> {
    if !incoming::remove(tx, message.row).await? {
        return Err(Error::MessageNotFound(id.clone()));
    }
    let (here, there, words) = match message.form {
        Form::Sealed => (Status::Feil, Status::Feil, message.remark.as_deref()),
        _ => (Status::InnkommendeLevert, Status::Levert, None),
    };
    if let Some(number) = conversation::number(tx, owner, id).await? {
        conversation::record(tx, number, here, words, now).await?;
    }
    let task = Task::Report {
        status: there,
        sbd: message.sbd,
    };
    Ok(job::add(tx, owner, id, task, birth, now).await?)
}
