//! Fetch what waits at another access point, as its case system would.
//!
//! Order for each: peek there → pop there → kept here → only then deleted there. Cut off
//! anywhere, the message is still there, and is known here by its id if it was kept.
//!
//! Only what our own peek has locked is taken: what another holds is that one's.

use std::collections::BTreeSet;

use fagsystem::{Error, Fagsystem};
use flow::incoming::{Adopted, adopt};
use flow::{Error as Refused, Point};
use sbd::MessageId;

use super::java::{id_of, waiting};
use super::{DPE, Left};

/// What became of what waited.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// Waits here now.
    pub(crate) kept: usize,
    /// Was here from an earlier run.
    pub(crate) before: usize,
    /// Its levetid had run out: kept for the operator.
    pub(crate) late: usize,
    /// Left there.
    pub(crate) left: Vec<Left>,
    /// Ids of what is locked there by another, or by a run that was cut off.
    pub(crate) held: Vec<String>,
}

/// Fetch everything that can be.
pub(crate) async fn fetch(
    point: &Point,
    other: &Fagsystem,
) -> Result<Fetched, Trouble> {
    let mut fetched = Fetched::default();
    let mut left = BTreeSet::new();
    while let Some(envelope) = other.peek(&DPE).await? {
        let id = id_of(&envelope);
        // Its lock has run out and it is at the front again: all others were there.
        if left.contains(&id) {
            break;
        }
        let Ok(message_id) = id.parse::<MessageId>() else {
            left.insert(id.clone());
            fetched.left.push((id, "its id is none of ours".into()));
            continue;
        };
        let took = one(point, other, &envelope, &message_id).await?;
        match took {
            Ok(Adopted::Kept) => fetched.kept += 1,
            Ok(Adopted::Before) => fetched.before += 1,
            Ok(Adopted::TooLate) => fetched.late += 1,
            Err(why) => {
                left.insert(id.clone());
                fetched.left.push((id, why));
            }
        }
    }
    let there = waiting(other).await?.incoming.into_iter();
    fetched.held = there.filter(|id| !left.contains(id)).collect();
    Ok(fetched)
}

/// What ends a run: the other side, or our own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    There(#[from] Error),
    #[error(transparent)]
    Here(#[from] Refused),
}

/// One message; or why it is left where it is.
async fn one(
    point: &Point,
    other: &Fagsystem,
    envelope: &sbd::Envelope,
    id: &MessageId,
) -> Result<Result<Adopted, String>, Trouble> {
    let package = match other.pop(id).await {
        // Its levetid ran out there, this moment.
        Err(Error::Refused { status: 404, .. }) => {
            return Ok(Err("it is gone by itself".into()));
        }
        // > padding wrong: 500 with an empty body (rest-api §1.10)
        Err(error @ Error::Refused { .. }) => return Ok(Err(error.to_string())),
        answer => answer?,
    };
    let package = package.map(|bytes| bytes.to_vec());
    let adopted = match adopt(point, envelope, package).await {
        Ok(adopted) => adopted,
        Err(Refused::Unreadable { reason, .. }) => return Ok(Err(reason)),
        Err(Refused::Envelope(error)) => return Ok(Err(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    match other.delete(id).await {
        Ok(()) => {}
        // Its lock ran out meanwhile: the next peek has it, and we know it by its id.
        Err(error) if error.is("MessageNotLockedException") => {}
        Err(error) if error.is("MessageNotFoundException") => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Ok(adopted))
}
