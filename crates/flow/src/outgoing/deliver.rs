//! Deliver an outgoing message to the message service: the job `deliver` ends here.
//!
//! Order:   message → levetid → receiver → pack → send → store.
//! Writes:  SENDT; message, files and job are gone.
//! Refuses: nothing at once. What passes is tried again; what does not becomes FEIL
//!          with its reason.
//! Twice:   harmless. A second run finds no message. One that was cut between sending
//!          and committing sends a second copy under the same message id, which the
//!          receiver knows by its id.

use bytes::Bytes;
use dokumentpakke::{Attachment, Certificate, KeyTransport, Sealing};
use jiff::Timestamp;
use sbd::{Envelope, Facts, MessageId, Orgnr, Status, payload};
use store::file::{FileHead, StoredFile};
use store::job::Job;
use store::{conversation, file, job, outgoing};
use transport::Parcel;

use crate::busy::busy;
use crate::{Error, Point, expiry, route};

/// What a delivery needs of the store. Whoever submits a small message has it at hand.
#[derive(Debug)]
pub(crate) struct Load {
    pub(super) envelope: Envelope,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) files: Vec<StoredFile>,
}

pub(crate) async fn deliver(
    point: &Point,
    job: &Job,
    load: Option<Box<Load>>,
) -> Result<(), Error> {
    let load = match load {
        None => read(point, &job.message_id).await?,
        Some(load) => Some(*load),
    };
    let Some(load) = load else {
        return settle(point, job, End::Gone).await;
    };
    let now = point.setup.clock.now();
    if load.expires_at.is_some_and(|at| at < now) {
        return settle(point, job, End::TooLate).await;
    }
    let (envelope, files) = (load.envelope, load.files);
    let facts = envelope.facts()?;
    let record = route::record(point, &facts).await?;
    let queue = route::queue(point, &facts, &envelope.message, &record)?;
    let package = match (files.is_empty(), record.certificate) {
        (true, _) => None,
        (false, Some(to)) => {
            let files = decrypt(point, &job.message_id, files).await?;
            Some(pack(point, &facts, &envelope, files, to).await?)
        }
        (false, None) => {
            return Err(Error::Record("it has no certificate to encrypt to".into()));
        }
    };
    let parcel = Parcel {
        queue,
        message_id: job.message_id.to_string(),
        body: Bytes::from(payload::write(&envelope, package.as_deref())),
        time_to_live: None,
    };
    point.setup.transport.send(parcel).await?;
    settle(point, job, End::Sent).await
}

/// It cannot be delivered, ever: FEIL, with the reason for whoever reads the log.
pub(crate) async fn give_up(
    point: &Point,
    job: &Job,
    reason: String,
) -> Result<(), Error> {
    settle(point, job, End::Failed(reason)).await
}

#[derive(Clone)]
enum End {
    Sent,
    TooLate,
    Failed(String),
    Gone,
}

/// Commit what came of the job, and the end of the job, together.
async fn settle(point: &Point, job: &Job, end: End) -> Result<(), Error> {
    let (owner, id, row) = (point.orgnr().clone(), job.message_id.clone(), job.row);
    let now = point.setup.clock.now();
    let (followed, gone) = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                let left = outgoing::find(tx, &owner, &id).await?.is_none();
                let followed = job::done(tx, &owner, &id, row).await?;
                let (status, words) = match &end {
                    End::Sent => (Status::Sendt, None),
                    // Another node has sent it, or its caller has withdrawn it.
                    _ if left => return Ok((followed, Vec::new())),
                    End::TooLate => (Status::LevetidUtlopt, Some(expiry::DESCRIPTION)),
                    End::Failed(reason) => (Status::Feil, Some(reason.as_str())),
                    End::Gone => return Ok((followed, Vec::new())),
                };
                let number = conversation::number(tx, &owner, &id).await?;
                if let Some(number) = number {
                    conversation::record(tx, number, status, words, now).await?;
                }
                let gone = outgoing::remove(tx, &owner, &id).await?;
                Ok::<_, Error>((followed, gone))
            })
        })
        .await?;
    point.setup.store.discard(gone).await;
    if followed {
        point.wake.notify_one();
    }
    Ok(())
}

async fn read(point: &Point, id: &MessageId) -> Result<Option<Load>, Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    point
        .setup
        .store
        .read(move |tx| Box::pin(async move { rows(tx, &owner, &message).await }))
        .await
}

async fn rows(
    tx: &mut db::Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<Option<Load>, Error> {
    let Some(message) = outgoing::find(tx, owner, id).await? else {
        return Ok(None);
    };
    Ok(Some(Load {
        envelope: Envelope::parse(message.sbd.as_bytes())?,
        expires_at: message.expires_at,
        files: file::list(tx, message.row).await?,
    }))
}

async fn decrypt(
    point: &Point,
    id: &MessageId,
    files: Vec<StoredFile>,
) -> Result<Vec<(FileHead, Vec<u8>)>, Error> {
    let mut clear = Vec::with_capacity(files.len());
    for StoredFile { head, content } in files {
        let store = &point.setup.store;
        let bytes = store.fetch(&point.vault, id.as_str(), content).await?;
        clear.push((head, bytes));
    }
    Ok(clear)
}

/// Sign and encrypt.
pub(super) async fn pack(
    point: &Point,
    facts: &Facts,
    envelope: &Envelope,
    mut files: Vec<(FileHead, Vec<u8>)>,
    recipient: Certificate,
) -> Result<Vec<u8>, Error> {
    // > the file whose name equals hoveddokument goes first (wire-format §3.1)
    if let Some(first) = envelope.message.hoveddokument() {
        files.sort_by_key(|(head, _)| head.name != first);
    }
    let (sender, receiver) = (facts.sender.clone(), facts.receiver.clone());
    let (signer, random) = (point.identity(), point.setup.random.clone());
    // > keyEncryptionScheme is null for DPE: PKCS#1 v1.5 (wire-format §4.1)
    let oaep = point.setup.judging.oaep_to.iter();
    let transport = match oaep
        .clone()
        .any(|orgnr| Some(orgnr.as_str()) == recipient.orgnr())
    {
        true => KeyTransport::OaepSha256,
        false => KeyTransport::Pkcs1v15,
    };
    let now = point.setup.clock.now();
    let bytes = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let packed = busy(bytes, move || {
        let attachments: Vec<Attachment<'_>> = files
            .iter()
            .map(|(head, bytes)| Attachment {
                name: &head.name,
                mime: &head.mime,
                bytes,
            })
            .collect();
        let sealing = Sealing {
            sender: sender.as_str(),
            receiver: receiver.as_str(),
            signer: &signer,
            recipient: &recipient,
            key_transport: transport,
            now,
        };
        dokumentpakke::seal(&sealing, &attachments, &random)
    });
    packed.await?.map_err(Error::Package)
}
