//! Hand what waits here over to another access point of the same organisation.
//!
//! What has not left goes in by its API: created, its files attached, held back here,
//! and only then sent there. Each of these steps is known again by what it has left
//! behind, here or there, so that a run which was cut off is taken up where it was.
//!
//! What waits for the case system has no door there: an access point takes nothing in
//! but from its queue. So it is put on that queue, which is ours too, and let go of when
//! the other one lists it.

use std::time::Duration;

use fagsystem::{Error, Fagsystem, Upload};
use flow::outgoing::{self, Stage};
use flow::{Point, incoming};
use sbd::MessageId;
use store::page::Ask;

use super::incoming::Trouble;
use super::{DPE, Left};

/// How long the other one may take to fetch what was put on the queue. The Java one looks
/// every 20 s.
const FETCH_TIME_MAX: Duration = Duration::from_secs(180);
/// Between two looks at what it has fetched.
const LOOK_TIME: Duration = Duration::from_millis(500);

/// What became of what waited here.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// Messages that had not left.
    pub(crate) outgoing: usize,
    /// Messages that waited for the case system.
    pub(crate) incoming: usize,
    /// What is still here.
    pub(crate) left: Vec<Left>,
}

/// Hand everything over that can be.
pub(crate) async fn hand_over(
    point: &Point,
    other: &Fagsystem,
) -> Result<Handed, Trouble> {
    let mut handed = Handed::default();
    for id in outgoing::unsent(point).await? {
        match send(point, other, &id).await? {
            Ok(()) => handed.outgoing += 1,
            Err(why) => handed.left.push((id.to_string(), why)),
        }
    }
    put_back(point, other, &mut handed).await?;
    Ok(handed)
}

/// One that has not left; or why it stays.
async fn send(
    point: &Point,
    other: &Fagsystem,
    id: &MessageId,
) -> Result<Result<(), String>, Trouble> {
    let unsent = outgoing::take_out(point, id).await?;
    if unsent.stage == Stage::HeldBack {
        // It was created there, and whether it was sent we were not told. It is not
        // asked for twice: one that is sent there is gone from its list.
        if other.is_unsent(id).await? {
            return Ok(Err(
                "it was created there, and may be on its way: run it again. If it is \
                 still there when nothing else is, send it by POST \
                 /api/messages/out/ and its id"
                    .into(),
            ));
        }
        outgoing::let_go(point, id).await?;
        return Ok(Ok(()));
    }
    match other.create(&unsent.envelope).await {
        Ok(_) => {}
        Err(error) if error.is("MessageAlreadyExistsException") => {
            if !other.is_unsent(id).await? {
                let why = "a message of its id is known there, and not one that waits";
                return Ok(Err(why.into()));
            }
        }
        Err(error @ Error::Refused { .. }) => return Ok(Err(error.to_string())),
        Err(error) => return Err(error.into()),
    }
    for (head, bytes) in unsent.files {
        let file = Upload {
            name: head.name,
            mime: head.mime,
            bytes,
        };
        match other.attach(id, file).await {
            Ok(()) => {}
            Err(error) if error.is("DuplicateFilenameException") => {}
            Err(error @ Error::Refused { .. }) => return Ok(Err(error.to_string())),
            Err(error) => return Err(error.into()),
        }
    }
    if unsent.stage == Stage::Submitted {
        outgoing::hold_back(point, id).await?;
        other.submit(id).await?;
    }
    outgoing::let_go(point, id).await?;
    Ok(Ok(()))
}

/// What waits for the case system, by way of the queue.
async fn put_back(
    point: &Point,
    other: &Fagsystem,
    handed: &mut Handed,
) -> Result<(), Trouble> {
    let mut waiting = Vec::new();
    let ask = Ask::all(u64::MAX >> 1);
    for sbd in incoming::list(point, ask).await?.items {
        let envelope = sbd::Envelope::parse(sbd.as_bytes());
        let facts = envelope.and_then(|envelope| envelope.facts());
        waiting.push(facts.map_err(flow::Error::from)?.message_id);
    }
    for id in &waiting {
        if !has(other, id).await? {
            incoming::put_back(point, id).await?;
        }
    }
    let mut looks = FETCH_TIME_MAX.as_millis() / LOOK_TIME.as_millis();
    while !waiting.is_empty() && looks > 0 {
        let mut still = Vec::new();
        for id in waiting {
            if has(other, &id).await? {
                incoming::let_go(point, &id).await?;
                handed.incoming += 1;
            } else {
                still.push(id);
            }
        }
        waiting = still;
        if !waiting.is_empty() {
            tokio::time::sleep(LOOK_TIME).await;
        }
        looks -= 1;
    }
    let why = "it is on the queue, and the other one has not fetched it; run it again";
    let left = waiting.iter().map(|id| (id.to_string(), why.to_owned()));
    handed.left.extend(left);
    Ok(())
}

/// Whether it waits there.
async fn has(other: &Fagsystem, id: &MessageId) -> Result<bool, Error> {
    let filter = [DPE[0], ("messageId", id.as_str())];
    Ok(!other.waiting(&filter, 0).await?.is_empty())
}
