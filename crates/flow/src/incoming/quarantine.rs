//! What came in and could not be read, where the message service has no place for it: kept
//! for the operator, who may look at it and throw it away.

use store::page::{Ask, Page};
use store::quarantine::{self, Quarantined};

use crate::{Error, Point};

/// What its bytes are encrypted for.
pub(super) const SEALED_FOR: &str = "quarantine";

/// A page of what is kept.
pub async fn quarantined(point: &Point, ask: Ask) -> Result<Page<Quarantined>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { quarantine::list(tx, &owner, ask).await })
    });
    Ok(work.await?)
}

/// The one with this number, and its bytes as they came.
pub async fn unread(
    point: &Point,
    id: i64,
) -> Result<Option<(Quarantined, Vec<u8>)>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { quarantine::find(tx, &owner, id).await })
    });
    let Some(mut found) = work.await? else {
        return Ok(None);
    };
    let sealed = std::mem::take(&mut found.sealed);
    let bytes = point.vault.open(SEALED_FOR, sealed)?;
    Ok(Some((found, bytes)))
}

/// Throw it away; answers whether it was there.
pub async fn throw_away(point: &Point, id: i64) -> Result<bool, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { quarantine::remove(tx, &owner, id).await })
    });
    Ok(work.await?)
}
