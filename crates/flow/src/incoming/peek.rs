//! Peek: GET /api/messages/in/peek ends here.
//!
//! Writes:  a lock on the first free message, in the order of arrival.
//! Refuses: nothing; an empty in-tray is an answer.

use store::page::Ask;

use crate::time::after;
use crate::{Error, Point};

/// A message that is the caller's for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// Its SBD as JSON.
    pub sbd: String,
    /// What tells this lock from later ones.
    pub token: String,
}

/// Lock the next message that the filter lets through.
pub async fn peek(point: &Point, ask: Ask) -> Result<Option<Peeked>, Error> {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let token = point.setup.random.uuid().simple().to_string();
    let name = token.clone();
    let until = after(now, point.setup.limits.lock_time);
    let locked = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::incoming::lock(tx, &owner, &ask, now, until, &name).await
            })
        })
        .await?;
    Ok(locked.map(|sbd| Peeked { sbd, token }))
}

/// The SBD of the message that a peek would lock now, left unlocked.
pub async fn look(point: &Point, ask: Ask) -> Result<Option<String>, Error> {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let next = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move { store::incoming::next(tx, &owner, &ask, now).await })
        })
        .await?;
    Ok(next.map(|(_, sbd)| sbd))
}
