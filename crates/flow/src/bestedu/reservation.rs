//! What comes for the archive is kept for it from the moment it comes: another caller that
//! peeks does not get it first.
//!
//! Writes:  a lock, in the commit that keeps the message; gone once the archive has taken
//!          it, or will not be told of it any more.

use std::time::Duration;

use db::Tx;
use jiff::Timestamp;
use sbd::{BusinessMessage, EinnsynKvittering, MessageId, Orgnr};
use store::incoming;

use super::home::of_kvittering;
use crate::time::after;
use crate::{Error, Point};

/// At least as long as an archive is tried.
const RESERVED_TIME: Duration = Duration::from_secs(15 * 24 * 60 * 60);

/// A message that may be the archive's.
#[derive(Clone)]
pub(crate) struct Reservation {
    /// What it answers; an innsynskrav is the archive's whatever it is about.
    kvittering: Option<EinnsynKvittering>,
    until: Timestamp,
}

impl Point {
    /// Whether a message that comes may be the archive's.
    pub(crate) fn reservation(
        &self,
        message: &BusinessMessage,
        now: Timestamp,
    ) -> Option<Reservation> {
        let archive = self.bestedu()?.archive.as_ref()?;
        let kvittering = match message {
            BusinessMessage::Innsynskrav(_) if archive.innsynskrav => None,
            BusinessMessage::EinnsynKvittering(kvittering) => Some(kvittering.clone()),
            _ => return None,
        };
        let until = after(now, RESERVED_TIME);
        Some(Reservation { kvittering, until })
    }
}

impl Reservation {
    /// Keep it for the archive, if it is the archive's.
    pub(crate) async fn reserve(
        self,
        tx: &mut Tx<'_>,
        owner: &Orgnr,
        id: &MessageId,
    ) -> Result<(), Error> {
        if let Some(kvittering) = &self.kvittering
            && of_kvittering(tx, owner, kvittering).await?.is_none()
        {
            return Ok(());
        }
        Ok(incoming::reserve(tx, owner, id, self.until).await?)
    }
}

/// The archive did not take it now; it stays the archive's.
pub(super) async fn renew(point: &Point, id: &MessageId) -> Result<(), Error> {
    let (owner, id) = (point.orgnr().clone(), id.clone());
    let until = after(point.setup.clock.now(), RESERVED_TIME);
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { incoming::reserve(tx, &owner, &id, until).await })
    });
    Ok(work.await?)
}
