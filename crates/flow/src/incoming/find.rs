//! Look at what waits for the case system.

use db::Tx;
use jiff::Timestamp;
use sbd::{MessageId, Orgnr};
use store::incoming::Incoming;
use store::page::{Ask, Page};

use crate::{Error, Point};

/// A page of the waiting messages, locked ones too, as SBDs in JSON.
pub async fn list(point: &Point, ask: Ask) -> Result<Page<String>, Error> {
    let owner = point.orgnr().clone();
    let page = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move { store::incoming::list(tx, &owner, ask).await })
        })
        .await?;
    Ok(page)
}

/// The message, if a peek holds it now.
pub(super) async fn locked(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    now: Timestamp,
) -> Result<Incoming, Error> {
    let found = store::incoming::find(tx, owner, id).await?;
    let found = found.ok_or_else(|| Error::MessageNotFound(id.clone()))?;
    if found.locked_until <= now {
        return Err(Error::NotLocked(id.clone()));
    }
    Ok(found)
}
