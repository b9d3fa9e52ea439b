//! Create, attach and submit at once: POST /api/messages/out/multipart ends here, and so
//! does what comes by BEST/EDU.
//!
//! Order:   as `accept`, `attach`, `submit`, with one commit for all of them.
//! Writes:  message, OPPRETTET, files, and the job `deliver`; the archive's own id.
//! Refuses: what each of them refuses; then nothing is kept, but for a message without
//!          files, which stays created (as in the Java access point).

use db::Tx;
use sbd::{Envelope, Orgnr};
use store::conversation;
use store::file::FileHead;
use store::melding::{self, Melding};

use super::accept::{self, Draft};
use super::attach::{self, NewFile};
use super::fit::fits;
use super::submit::{self, Submitted};
use crate::{Error, Point, certificate};

/// Accept the message with its files and hand it over to be sent.
#[tracing::instrument(name = "send", skip_all, fields(message.id))]
pub async fn send_whole(
    point: &Point,
    envelope: Envelope,
    files: Vec<NewFile>,
) -> Result<Envelope, Error> {
    send(point, envelope, files, None).await
}

/// The same, noting what it was to the archive that it came from.
#[tracing::instrument(name = "send", skip_all, fields(message.id))]
pub(crate) async fn send_melding(
    point: &Point,
    envelope: Envelope,
    files: Vec<NewFile>,
    melding: Melding,
) -> Result<Envelope, Error> {
    send(point, envelope, files, Some(melding)).await
}

async fn send(
    point: &Point,
    envelope: Envelope,
    files: Vec<NewFile>,
    melding: Option<Melding>,
) -> Result<Envelope, Error> {
    let draft = accept::complete(point, envelope).await?;
    let id = draft.new.message_id.clone();
    tracing::Span::current().record("message.id", id.as_str());
    unique(&draft, &files)?;
    if files.is_empty() {
        // Quirk 1: without files it is created, and only then refused.
        let envelope = accept::keep(point, draft).await?;
        return submit::submit(point, &id).await.map(|()| envelope);
    }
    certificate::check(point).await?;
    let laid = files.iter().map(|file| {
        let head = FileHead {
            name: file.name.clone(),
            title: file.title.clone(),
            mime: file.mime.clone(),
        };
        (head, file.bytes.clone())
    });
    fits(point, &id, &draft.envelope, &laid.collect::<Vec<_>>()).await?;
    let mut stored = Vec::with_capacity(files.len());
    for file in files {
        stored.push(attach::keep(point, &id, file).await?);
    }
    let spare = stored
        .iter()
        .flat_map(|file| file.content.spare())
        .collect();
    let (hand, envelope) = (point.hand(), draft.envelope.clone());
    let (owner, birth) = (point.orgnr().clone(), hand.birth());
    let (now, max) = (
        point.setup.clock.now(),
        point.setup.limits.message_bytes_max,
    );
    let submitted = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                accept::insert(tx, &owner, &draft, now).await?;
                if let Some(melding) = &melding {
                    note(tx, &owner, &draft, melding).await?;
                }
                for file in &stored {
                    attach::add(tx, &owner, &id, file, max).await?;
                }
                submit::queue(tx, &owner, &id, birth, now).await
            })
        })
        .await;
    match submitted {
        Ok(Submitted::Job(ready)) => {
            hand.start(point, ready);
        }
        Ok(_) => {}
        Err(error) => {
            point.setup.store.discard(spare).await;
            return Err(error);
        }
    }
    Ok(envelope)
}

/// What the message was to the archive, under an id that no other message has.
async fn note(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    draft: &Draft,
    melding: &Melding,
) -> Result<(), Error> {
    let id = &draft.new.message_id;
    let number = conversation::number(tx, owner, id).await?;
    let number = number.ok_or_else(|| Error::MessageNotFound(id.clone()))?;
    match melding::insert(tx, owner, number, melding).await? {
        true => Ok(()),
        false => Err(Error::AlreadyExists(id.clone())),
    }
}

/// No name twice.
fn unique(draft: &Draft, files: &[NewFile]) -> Result<(), Error> {
    let id = &draft.new.message_id;
    let mut twice = Vec::new();
    for file in files {
        if files.iter().filter(|other| other.name == file.name).count() > 1 {
            twice.push(file.name.as_str());
        }
    }
    if twice.is_empty() {
        return Ok(());
    }
    // Every occurrence is named, as the Java access point does: "a.txt, a.txt".
    Err(Error::DuplicateFilename {
        message: id.clone(),
        name: twice.join(", "),
    })
}
