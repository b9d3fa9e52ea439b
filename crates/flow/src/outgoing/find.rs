//! Look at outgoing messages that have not left yet.

use sbd::{Envelope, MessageId};
use store::page::{Ask, Page};

use crate::{Error, Point};

/// The message with this id, created and not yet sent.
pub async fn find(point: &Point, id: &MessageId) -> Result<Envelope, Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let found = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move { store::outgoing::find(tx, &owner, &message).await })
        })
        .await?;
    let found = found.ok_or_else(|| Error::MessageNotFound(id.clone()))?;
    Ok(Envelope::parse(found.sbd.as_bytes())?)
}

/// A page of the messages that have not left yet, as SBDs in JSON.
pub async fn list(point: &Point, ask: Ask) -> Result<Page<String>, Error> {
    let owner = point.orgnr().clone();
    let page = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move { store::outgoing::list(tx, &owner, ask).await })
        })
        .await?;
    Ok(page.map(|message| message.sbd))
}
