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

/// The message, if a peek holds it now: the peek that was told this token, or any peek
/// where the caller names none.
pub(super) async fn locked(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Incoming, Error> {
    let found = store::incoming::find(tx, owner, id).await?;
    let found = found.ok_or_else(|| Error::MessageNotFound(id.clone()))?;
    let another = token.is_some() && token != found.lock_token.as_deref();
    if found.locked_until <= now || another {
        return Err(Error::NotLocked(id.clone()));
    }
    Ok(found)
}
