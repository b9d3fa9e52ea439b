//! Hand over: what has not left goes to another access point of ours, by its API.
//!
//! Order:   read → (it is created there) → held back here → (it is sent there) → gone.
//! Writes:  the job `deliver` is gone; then message and files.
//! Twice:   harmless. A message that is submitted and has no job is one that was held
//!          back before.

use bytes::Bytes;
use sbd::{Envelope, MessageId};
use store::file::FileHead;
use store::page::Ask;
use store::{file, job, outgoing};

use crate::{Error, Point, ledger};

/// A message that has not left.
#[derive(Debug, Clone)]
pub struct Unsent {
    /// Its envelope.
    pub envelope: Envelope,
    /// Its files, in their order.
    pub files: Vec<(FileHead, Bytes)>,
    /// How far it is.
    pub stage: Stage,
}

/// How far a message is that has not left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its caller has not asked for it to be sent.
    Draft,
    /// It is to be sent.
    Submitted,
    /// It was to be sent, and is held back: another access point may have sent it.
    HeldBack,
}

/// The ids of all that have not left, in their order.
pub async fn unsent(point: &Point) -> Result<Vec<MessageId>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move {
            let page = outgoing::list(tx, &owner, Ask::all(u64::MAX >> 1)).await?;
            let id = |one: &outgoing::Outgoing| {
                Ok(Envelope::parse(one.sbd.as_bytes())?.facts()?.message_id)
            };
            page.items.iter().map(id).collect::<Result<_, Error>>()
        })
    });
    work.await
}

/// One of them, with its files.
pub async fn take_out(point: &Point, id: &MessageId) -> Result<Unsent, Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move {
            let found = outgoing::find(tx, &owner, &message).await?;
            let found = found.ok_or_else(|| Error::MessageNotFound(message.clone()))?;
            let files = file::list(tx, found.row).await?;
            let stage = match found.submitted {
                false => Stage::Draft,
                true if job::delivers(tx, &owner, &message).await? => Stage::Submitted,
                true => Stage::HeldBack,
            };
            Ok::<_, Error>((found.sbd, files, stage))
        })
    });
    let (sbd, stored, stage) = work.await?;
    let mut files = Vec::with_capacity(stored.len());
    for one in stored {
        let store = &point.setup.store;
        let bytes = store.fetch(&point.vault, id.as_str(), one.content).await?;
        files.push((one.head, Bytes::from(bytes)));
    }
    let envelope = Envelope::parse(sbd.as_bytes())?;
    Ok(Unsent {
        envelope,
        files,
        stage,
    })
}

/// From now on it is not sent from here.
pub async fn hold_back(point: &Point, id: &MessageId) -> Result<(), Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { job::cancel(tx, &owner, &message).await })
    });
    Ok(work.await?)
}

/// The other one has it.
pub async fn let_go(point: &Point, id: &MessageId) -> Result<(), Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let now = point.setup.clock.now();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            job::cancel(tx, &owner, &message).await?;
            ledger::leave(tx, &owner, &message, now).await?;
            Ok::<_, Error>(outgoing::remove(tx, &owner, &message).await?)
        })
    });
    let gone = work.await?;
    point.setup.store.discard(gone).await;
    Ok(())
}
