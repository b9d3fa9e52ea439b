//! Levetid: what has not been delivered in time is marked, and offered no longer.
//!
//! Writes:  LEVETID_UTLOPT; an outgoing message is removed with its job, an incoming
//!          one is kept for the operator.

use jiff::Timestamp;
use sbd::{MessageId, Orgnr, Status};
use store::{Content, conversation, incoming, job, outgoing};

use crate::{Error, Point};

/// What the Java access point writes beside the status.
pub(crate) const DESCRIPTION: &str =
    "Levetiden for meldingen er utgått. Må sendes på nytt";
/// Conversations looked at in one transaction.
const BATCH_MAX: u32 = 100;

/// Mark everything whose levetid has run out.
pub(crate) async fn expire(point: &Point) -> Result<(), Error> {
    loop {
        let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
        let (count, gone) = point
            .setup
            .store
            .write(move |tx| Box::pin(async move { batch(tx, &owner, now).await }))
            .await?;
        point.setup.store.discard(gone).await;
        if count < BATCH_MAX as usize {
            return Ok(());
        }
    }
}

async fn batch(
    tx: &mut db::Tx<'_>,
    owner: &Orgnr,
    now: Timestamp,
) -> Result<(usize, Vec<Content>), Error> {
    let expired = conversation::expired(tx, owner, now, BATCH_MAX).await?;
    let mut gone = Vec::new();
    for (conversation, id) in &expired {
        gone.extend(mark(tx, owner, *conversation, id, now).await?);
    }
    Ok((expired.len(), gone))
}

/// Mark one message; answers contents to discard after the commit.
pub(crate) async fn mark(
    tx: &mut db::Tx<'_>,
    owner: &Orgnr,
    conversation: i64,
    id: &MessageId,
    now: Timestamp,
) -> Result<Vec<Content>, Error> {
    let (status, words) = (Status::LevetidUtlopt, Some(DESCRIPTION));
    conversation::record(tx, conversation, status, words, now).await?;
    incoming::expire(tx, owner, id).await?;
    job::cancel(tx, owner, id).await?;
    Ok(outgoing::remove(tx, owner, id).await?)
}
