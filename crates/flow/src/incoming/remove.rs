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
use store::{Content, conversation, incoming};

use super::find::locked;
use super::receive::envelope;
use crate::{Error, Point};

/// The case system has the message: let go of it. Answers its SBD. A caller that names
/// a token removes nothing that another has locked since.
#[tracing::instrument(name = "delete", skip_all, fields(message.id = %id))]
pub async fn remove(
    point: &Point,
    id: &MessageId,
    token: Option<&str>,
) -> Result<Envelope, Error> {
    let hand = point.reporter();
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let token = token.map(str::to_owned);
    let (now, birth) = (point.setup.clock.now(), hand.birth());
    let taken = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                let token = token.as_deref();
                let held = locked(tx, &owner, &message, token, now).await?;
                take(tx, &owner, &message, held, birth, now).await
            })
        })
        .await?;
    hand.start(point, taken.job.map(Into::into));
    point.setup.store.discard(taken.gone).await;
    Ok(taken.envelope)
}

struct Taken {
    envelope: Envelope,
    job: Option<Job>,
    gone: Vec<Content>,
}

async fn take(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    message: Incoming,
    birth: Birth,
    now: Timestamp,
) -> Result<Taken, Error> {
    let envelope = envelope(&message.sbd)?;
    let gone = incoming::remove(tx, message.row).await?;
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
    let job = job::add(tx, owner, id, task, birth, now).await?;
    Ok(Taken {
        envelope,
        job,
        gone,
    })
}
