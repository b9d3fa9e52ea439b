//! Receive one message from the message service: what a peer sent ends here.
//!
//! Order:   parse → status? → levetid → open → store → only then complete the lock.
//! Writes:  message, INNKOMMENDE_MOTTATT and the job `report MOTTATT`, in one commit.
//! Refuses: what is no message of ours to read: dead-lettered with the reason, so that
//!          it blocks nothing and is not lost.
//! Twice:   harmless. The message id is remembered for good, also after the case
//!          system has deleted the message.

use db::Tx;
use jiff::Timestamp;
use sbd::payload::Payload;
use sbd::{BusinessMessage, Envelope, Facts, Orgnr, Status, payload};
use store::conversation::{self, Direction, NewConversation};
use store::incoming::{self, Form, NewIncoming};
use store::job::{self, Birth, Job, Task};
use store::{Content, quarantine, seen};
use transport::{DeadLettered, Received};

use super::open::{Opened, open};
use super::quarantine::SEALED_FOR;
use crate::route::DPE;
use crate::{Error, Point, expiry};

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It waits for the case system.
    Kept,
    /// It told of one of our own messages.
    Status,
    /// It was taken before.
    Duplicate,
    /// Its levetid had run out.
    TooLate,
    /// It could not be read.
    Refused,
}

/// Take one delivery. Ok once its lock may be, and has been, given back for good.
pub(crate) async fn receive(
    point: &Point,
    received: &Received,
) -> Result<Taken, Error> {
    let taken = match read(&received.body) {
        Ok((parsed, facts)) => sort(point, parsed, facts).await?,
        Err(reason) => return refuse(point, received, &reason).await,
    };
    point.setup.transport.complete(&received.lock).await?;
    Ok(taken)
}

fn read(body: &[u8]) -> Result<(Payload, Facts), sbd::Error> {
    let parsed = payload::parse(body)?;
    let facts = parsed.sbd.facts()?;
    Ok((parsed, facts))
}

#[tracing::instrument(name = "receive", skip_all, fields(message.id = %facts.message_id))]
async fn sort(point: &Point, parsed: Payload, facts: Facts) -> Result<Taken, Error> {
    // A status is a fact however late it comes: its own levetid is not looked at.
    // (The Java access point records LEVETID_UTLOPT over a late LEVERT.)
    if let BusinessMessage::Status(message) = &parsed.sbd.message {
        return note(point, facts, message.status).await;
    }
    let message = parsed.sbd.message.clone();
    let new = lay(point, parsed, &facts).await?;
    take(point, facts, &message, new).await
}

/// Take a message whose content lies on its place.
pub(super) async fn take(
    point: &Point,
    facts: Facts,
    message: &BusinessMessage,
    new: NewIncoming,
) -> Result<Taken, Error> {
    let now = point.setup.clock.now();
    if facts.expires_at.as_ref().is_some_and(|at| at.at() < now) {
        return too_late(point, facts, new, now).await;
    }
    keep(point, facts, message, new, now).await
}

/// Record a status of one of our own messages.
async fn note(point: &Point, facts: Facts, status: Status) -> Result<Taken, Error> {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let id = facts.message_id.clone();
    let known = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move { record(tx, &owner, &facts, status, now).await })
        })
        .await?;
    if !known {
        tracing::warn!(message.id = %id, %status, "a status of an unknown message");
    }
    Ok(Taken::Status)
}

async fn record(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    facts: &Facts,
    status: Status,
    now: Timestamp,
) -> Result<bool, Error> {
    let id = &facts.message_id;
    let Some(number) = conversation::ours(tx, owner, id).await? else {
        return Ok(false);
    };
    // It has arrived, so it was sent: an answer may overtake our own note of that.
    if store::outgoing::find(tx, owner, id).await?.is_some() {
        conversation::record(tx, number, Status::Sendt, None, now).await?;
    }
    conversation::record(tx, number, status, None, now).await?;
    Ok(true)
}

/// It came too late: neither offered nor told of (as in the Java one), but kept for the
/// operator, who may offer it after all.
async fn too_late(
    point: &Point,
    facts: Facts,
    mut new: NewIncoming,
    now: Timestamp,
) -> Result<Taken, Error> {
    new.expired = true;
    let (owner, spare) = (point.orgnr().clone(), new.content.spare());
    let kept = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                if !seen::note(tx, &owner, &facts.message_id).await? {
                    return Ok(false);
                }
                let number = meet(tx, &owner, &facts, now).await?;
                incoming::insert(tx, &owner, &new, now).await?;
                expiry::mark(tx, &owner, number, &facts.message_id, now).await?;
                Ok::<_, Error>(true)
            })
        })
        .await;
    if !matches!(kept, Ok(true)) {
        point.setup.store.discard(spare).await;
    }
    kept.map(|_| Taken::TooLate)
}

async fn keep(
    point: &Point,
    facts: Facts,
    message: &BusinessMessage,
    new: NewIncoming,
    now: Timestamp,
) -> Result<Taken, Error> {
    let hand = point.reporter();
    let birth = hand.birth();
    let (owner, spare) = (point.orgnr().clone(), new.content.spare());
    let archive = point.reservation(message, now);
    let inserted = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                let inserted = insert(tx, &owner, &facts, &new, birth, now).await?;
                if let (Inserted::New(_), Some(archive)) = (&inserted, archive) {
                    archive.reserve(tx, &owner, &facts.message_id).await?;
                }
                Ok(inserted)
            })
        })
        .await;
    match inserted {
        Ok(Inserted::New(job)) => {
            hand.start(point, job.map(Into::into));
            Ok(Taken::Kept)
        }
        Ok(Inserted::Before) => {
            point.setup.store.discard(spare).await;
            Ok(Taken::Duplicate)
        }
        Err(error) => {
            point.setup.store.discard(spare).await;
            Err(error)
        }
    }
}

/// Open the package and put what came on its place, before the row that names it.
async fn lay(
    point: &Point,
    parsed: Payload,
    facts: &Facts,
) -> Result<NewIncoming, Error> {
    let id = facts.message_id.as_str();
    let (form, remark, content) = match parsed.asic {
        None => (Form::None, None, Content::none()),
        Some(cms) => match open(point, cms, signers(facts)).await? {
            Opened::Package { asice, verdict } => {
                let content = point.setup.store.keep(&point.vault, id, &asice).await?;
                (Form::Package, Some(verdict), content)
            }
            Opened::Sealed { cms, reason } => {
                tracing::error!(
                    message.id = id,
                    sender.orgnr = facts.sender.organisation(),
                    reason,
                    "a package is not good; the message is kept as it came"
                );
                let content = point.setup.store.keep(&point.vault, id, &cms).await?;
                (Form::Sealed, Some(reason), content)
            }
        },
    };
    Ok(drawn(facts, &parsed.sbd, form, remark, content))
}

/// The row of a message.
pub(super) fn drawn(
    facts: &Facts,
    sbd: &Envelope,
    form: Form,
    remark: Option<String>,
    content: Content,
) -> NewIncoming {
    NewIncoming {
        message_id: facts.message_id.clone(),
        conversation_id: facts.conversation_id.to_string(),
        process: facts.process.clone(),
        kind: facts.kind,
        // > incoming senderIdentifier is the primary one (wire-format §1.3)
        sender_identifier: facts.sender.organisation().to_owned(),
        receiver_identifier: facts.receiver.organisation().to_owned(),
        service: DPE,
        sbd: sbd.to_json(),
        expires_at: facts.expires_at.as_ref().map(sbd::WireTime::at),
        expired: false,
        form,
        remark,
        content,
    }
}

/// Who may sign what a sender sends: itself, and whoever it acts for.
pub(super) fn signers(facts: &Facts) -> Vec<String> {
    let sender = &facts.sender;
    let all = [Some(sender.organisation()), sender.part()];
    all.into_iter().flatten().map(str::to_owned).collect()
}

enum Inserted {
    /// With the job that tells of it, if it is ours to run at once.
    New(Option<Job>),
    Before,
}

/// Message, statuses and job; none of it when the message was taken before.
async fn insert(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    facts: &Facts,
    new: &NewIncoming,
    birth: Birth,
    now: Timestamp,
) -> Result<Inserted, Error> {
    if !seen::note(tx, owner, &facts.message_id).await? {
        return Ok(Inserted::Before);
    }
    let number = meet(tx, owner, facts, now).await?;
    let status = Status::InnkommendeMottatt;
    conversation::record(tx, number, status, None, now).await?;
    incoming::insert(tx, owner, new, now).await?;
    let task = Task::Report {
        status: Status::Mottatt,
        sbd: new.sbd.clone(),
    };
    Ok(Inserted::New(
        job::add(tx, owner, &facts.message_id, task, birth, now).await?,
    ))
}

/// The conversation about the message, begun with OPPRETTET if it is new.
async fn meet(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    facts: &Facts,
    now: Timestamp,
) -> Result<i64, Error> {
    let new = NewConversation {
        message_id: facts.message_id.clone(),
        conversation_id: facts.conversation_id.to_string(),
        direction: Direction::Incoming,
        sender: facts.sender.as_str().to_owned(),
        // rest/05 step 39: the organisation acted for, unlike in the message itself.
        sender_identifier: facts.sender.part_or_primary().to_owned(),
        receiver: facts.receiver.as_str().to_owned(),
        receiver_identifier: facts.receiver.organisation().to_owned(),
        process: facts.process.clone(),
        document_type: facts.document_type.clone(),
        service: DPE,
        expiry: facts
            .expires_at
            .as_ref()
            .map(|at| (at.to_string(), at.at())),
    };
    let (number, _) = conversation::open(tx, owner, &new, now).await?;
    conversation::record(tx, number, Status::Opprettet, None, now).await?;
    Ok(number)
}

/// Dead-letter it where it came from; where that is impossible, keep it ourselves.
async fn refuse(
    point: &Point,
    received: &Received,
    error: &sbd::Error,
) -> Result<Taken, Error> {
    let (reason, words) = ("UnreadableMessage", error.to_string());
    tracing::error!(reason = words, "a received message cannot be read");
    let transport = &point.setup.transport;
    let answer = transport
        .dead_letter(&received.lock, reason, &words)
        .await?;
    if answer == DeadLettered::Unsupported {
        let sealed = point.vault.seal(SEALED_FOR, &received.body);
        let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
        point
            .setup
            .store
            .write(move |tx| {
                Box::pin(async move {
                    quarantine::keep(tx, &owner, reason, &words, &sealed, now).await
                })
            })
            .await?;
        transport.complete(&received.lock).await?;
    }
    Ok(Taken::Refused)
}

/// The SBD of a kept message, as it was when it was kept.
pub(super) fn envelope(sbd: &str) -> Result<Envelope, Error> {
    Ok(Envelope::parse(sbd.as_bytes())?)
}
