//! Retention: what is forgotten, and when. Nothing, unless the operator says so.
//!
//! Writes:  finished conversations are gone with their statuses; expired messages that
//!          nobody asked for are gone, each with a line in the log; blobs without a row.
//!
//! The ids of incoming messages stay, so that none comes back.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{conversation, incoming};

use crate::{Error, Point};

/// Rows that go in one transaction.
const BATCH_MAX: u32 = 500;
/// A blob without a row is younger than this while its row is on its way.
const BLOB_TIME_MIN: Duration = Duration::from_secs(60 * 60);

/// Forget what is old enough.
pub(crate) async fn purge(point: &Point) -> Result<(), Error> {
    let (limits, now) = (&point.setup.limits, point.setup.clock.now());
    if let Some(time) = limits.conversations_kept {
        conversations(point, before(now, time)).await?;
    }
    if let Some(time) = limits.expired_kept {
        expired(point, before(now, time)).await?;
    }
    let blobs = point.setup.store.sweep(before(now, BLOB_TIME_MIN)).await?;
    if blobs > 0 {
        tracing::info!(blobs, "blobs that belonged to nothing are removed");
    }
    Ok(())
}

async fn conversations(point: &Point, until: Timestamp) -> Result<(), Error> {
    loop {
        let owner = point.orgnr().clone();
        let work = point.setup.store.write(move |tx| {
            Box::pin(
                async move { conversation::purge(tx, &owner, until, BATCH_MAX).await },
            )
        });
        if work.await? < u64::from(BATCH_MAX) {
            return Ok(());
        }
    }
}

async fn expired(point: &Point, until: Timestamp) -> Result<(), Error> {
    loop {
        let owner = point.orgnr().clone();
        let work = point.setup.store.write(move |tx| {
            Box::pin(async move { incoming::purge(tx, &owner, until, BATCH_MAX).await })
        });
        let gone = work.await?;
        let count = gone.len();
        for (id, contents) in gone {
            tracing::warn!(
                message.id = id,
                "an expired message that nobody asked for is removed for good"
            );
            point.setup.store.discard(contents).await;
        }
        if count < BATCH_MAX as usize {
            return Ok(());
        }
    }
}

fn before(now: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}
