//! Adopt: what waited for the case system at another access point of ours ends here.
//!
//! Order:   known already? → judge → store → only then may the other one forget it.
//! Writes:  message, INNKOMMENDE_MOTTATT and the job `report MOTTATT`, in one commit.
//! Refuses: a container that is damaged, or that another than its sender has signed. It
//!          stays where it is.
//! Twice:   harmless. The message id is remembered for good, and the sender, who has
//!          heard of MOTTATT from the other one, records each value once.

use sbd::{Envelope, MessageType};
use store::incoming::Form;
use store::{Content, seen};

use super::open::opened;
use super::receive::{Taken, drawn, signers, take};
use crate::{Error, Point};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// It waits here.
    Kept,
    /// It was taken before.
    Before,
    /// Its levetid has run out: kept for the operator.
    TooLate,
}

/// Take a message with the container that the other access point has decrypted.
pub async fn adopt(
    point: &Point,
    envelope: &Envelope,
    asice: Option<Vec<u8>>,
) -> Result<Adopted, Error> {
    let facts = envelope.facts()?;
    let (owner, id) = (point.orgnr().clone(), facts.message_id.clone());
    let known = point
        .setup
        .store
        .read(move |tx| Box::pin(async move { seen::has(tx, &owner, &id).await }));
    if known.await? {
        return Ok(Adopted::Before);
    }
    let unreadable = |reason| Error::Unreadable {
        message: facts.message_id.clone(),
        reason,
    };
    let (form, remark, content) = match asice {
        None if facts.kind == MessageType::EinnsynKvittering => {
            (Form::None, None, Content::none())
        }
        // > cannot be decrypted: 204, nothing removed (rest-api §1.10)
        None => return Err(unreadable("no package was given out with it".into())),
        Some(asice) => {
            let judged = opened(point, asice, signers(&facts)).await?;
            let (asice, verdict) = judged.map_err(unreadable)?;
            let id = facts.message_id.as_str();
            let content = point.setup.store.keep(&point.vault, id, &asice).await?;
            (Form::Package, Some(verdict), content)
        }
    };
    let new = drawn(&facts, envelope, form, remark, content);
    Ok(match take(point, facts, &envelope.message, new).await? {
        Taken::Duplicate => Adopted::Before,
        Taken::TooLate => Adopted::TooLate,
        Taken::Kept | Taken::Status | Taken::Refused => Adopted::Kept,
    })
}
