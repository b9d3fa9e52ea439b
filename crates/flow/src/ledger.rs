//! Read what is known of messages: conversations and their statuses.

use db::Tx;
use jiff::Timestamp;
use sbd::{MessageId, Orgnr, Status};
use store::conversation::{self, Conversation, Direction, Told};
use store::page::{Ask, Page};
use store::seen;
use store::status::{self, StatusOf};
use store::status_queue;

use crate::{Error, Point};

/// What waits in this access point, for health and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Messages that have not left.
    pub outgoing: u64,
    /// Messages that the case system has not taken.
    pub incoming: u64,
    /// Jobs.
    pub jobs: u64,
    /// How often the most tried job has failed.
    pub attempts: u64,
    /// Deliveries that could not be read.
    pub quarantined: u64,
}

/// A page of conversations.
pub async fn conversations(
    point: &Point,
    ask: Ask,
) -> Result<Page<Conversation>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { conversation::list(tx, &owner, ask).await })
    });
    Ok(work.await?)
}

/// The conversation with this number.
pub async fn by_number(
    point: &Point,
    number: i64,
) -> Result<Option<Conversation>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { conversation::find(tx, &owner, "id", number).await })
    });
    Ok(work.await?)
}

/// The conversation about this message.
pub async fn by_message(
    point: &Point,
    id: &MessageId,
) -> Result<Option<Conversation>, Error> {
    let (owner, id) = (point.orgnr().clone(), id.to_string());
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { conversation::find(tx, &owner, "message_id", id).await })
    });
    Ok(work.await?)
}

/// Forget the conversation with this number and its statuses.
pub async fn forget_number(point: &Point, number: i64) -> Result<bool, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { conversation::forget(tx, &owner, "id", number).await })
    });
    Ok(work.await?)
}

/// Forget the conversation about this message and its statuses.
pub async fn forget_message(point: &Point, id: &MessageId) -> Result<bool, Error> {
    let (owner, id) = (point.orgnr().clone(), id.to_string());
    let work = point.setup.store.write(move |tx| {
        Box::pin(
            async move { conversation::forget(tx, &owner, "message_id", id).await },
        )
    });
    Ok(work.await?)
}

/// Take over conversations that another access point of ours had. Answers of how many
/// something was new.
///
/// A message that came to us and that its case system has taken there is never taken
/// again here; of one that is ours by now, we know better.
pub async fn copy(point: &Point, all: Vec<Told>) -> Result<usize, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            let mut new = 0;
            for told in &all {
                new += usize::from(copy_one(tx, &owner, told).await?);
            }
            Ok::<_, Error>(new)
        })
    });
    work.await
}

async fn copy_one(tx: &mut Tx<'_>, owner: &Orgnr, told: &Told) -> Result<bool, Error> {
    let id = &told.new.message_id;
    if told.new.direction == Direction::Incoming {
        if seen::has(tx, owner, id).await? {
            return Ok(false);
        }
        let taken = |line: &(Status, _, _)| line.0 == Status::InnkommendeLevert;
        if told.lines.iter().any(taken) {
            seen::note(tx, owner, id).await?;
        }
    }
    Ok(conversation::copy(tx, owner, told).await?)
}

/// The message has gone to another access point of ours, which tells of it from now on.
pub(crate) async fn leave(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    now: Timestamp,
) -> Result<(), Error> {
    conversation::withdraw(tx, owner, id).await?;
    if let Some(number) = conversation::number(tx, owner, id).await? {
        let words = Some("Overført til et annet integrasjonspunkt");
        conversation::record(tx, number, Status::Annet, words, now).await?;
    }
    Ok(())
}

/// A page of statuses.
pub async fn statuses(point: &Point, ask: Ask) -> Result<Page<StatusOf>, Error> {
    let owner = point.orgnr().clone();
    let work = point
        .setup
        .store
        .read(move |tx| Box::pin(async move { status::list(tx, &owner, ask).await }));
    Ok(work.await?)
}

/// The oldest status in the queue, if there is a queue.
pub async fn next_status(point: &Point) -> Result<Option<StatusOf>, Error> {
    let owner = point.orgnr().clone();
    let work = point
        .setup
        .store
        .read(move |tx| Box::pin(async move { status_queue::head(tx, &owner).await }));
    Ok(work.await?)
}

/// Take the status with this number off the queue; answers whether it was on it.
pub async fn take_status(point: &Point, number: i64) -> Result<bool, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { status_queue::take(tx, &owner, number).await })
    });
    Ok(work.await?)
}

/// Count what waits.
pub async fn waiting(point: &Point) -> Result<Waiting, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move {
            let (jobs, attempts) = store::job::count(tx, &owner).await?;
            Ok::<_, Error>(Waiting {
                outgoing: store::outgoing::count(tx, &owner).await?,
                incoming: store::incoming::count(tx, &owner).await?,
                jobs,
                attempts,
                quarantined: store::quarantine::count(tx, &owner).await?,
            })
        })
    });
    work.await
}
