//! What ran out before the case system took it: kept for the operator, who may give it
//! back.
//!
//! Writes:  the message is offered again, at its old place. LEVETID_UTLOPT stays.
//! Refuses: a message that is not kept so.

use sbd::MessageId;
use store::incoming::{self, Expired};
use store::page::{Ask, Page};

use crate::{Error, Point};

/// A page of the messages whose levetid ran out.
pub async fn expired(point: &Point, ask: Ask) -> Result<Page<Expired>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { incoming::expired(tx, &owner, ask).await })
    });
    Ok(work.await?)
}

/// Offer the message to the case system after all.
pub async fn restore(point: &Point, id: &MessageId) -> Result<(), Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { incoming::restore(tx, &owner, &message).await })
    });
    match work.await? {
        true => Ok(()),
        false => Err(Error::MessageNotFound(id.clone())),
    }
}
