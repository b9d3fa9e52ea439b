//! Attach a file to an outgoing message: PUT /api/messages/out/{messageId} ends here.
//!
//! Order:   message → size → store.
//!          Names are looked at when the message is submitted.
//! Writes:  file. No job.
//! Refuses: unknown or submitted message, a name twice, too many bytes.

use bytes::Bytes;
use db::Tx;
use sbd::{MessageId, Orgnr};
use store::file::{self, FileHead, StoredFile};
use store::{CONTENT_ROW_BYTES_MAX, Content};

use crate::{Error, Point};

/// A file as the caller gives it.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its name in the package.
    pub name: String,
    /// A title for people.
    pub title: Option<String>,
    /// Media type.
    pub mime: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Attach the file. Fails when the message is not ours to change any longer, has a file
/// of this name, or would become too large.
#[tracing::instrument(name = "attach", skip_all, fields(message.id = %id))]
pub async fn attach(point: &Point, id: &MessageId, file: NewFile) -> Result<(), Error> {
    let max = point.setup.limits.message_bytes_max;
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let size = file.bytes.len() as u64;
    // Asked first without the bytes, so that no file is written of what is refused.
    if file.bytes.len() >= CONTENT_ROW_BYTES_MAX {
        let asked = file.name.clone();
        let room = point.setup.store.read(move |tx| {
            Box::pin(async move {
                room(tx, &owner, &message, &asked, size, max)
                    .await
                    .map(drop)
            })
        });
        room.await?;
    }
    let file = keep(point, id, file).await?;
    let (owner, message, spare) =
        (point.orgnr().clone(), id.clone(), file.content.spare());
    let added = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move { add(tx, &owner, &message, &file, max).await })
        })
        .await;
    if added.is_err() {
        point.setup.store.discard(spare).await;
    }
    added
}

/// Encrypt the file and put a large one on disk.
pub(super) async fn keep(
    point: &Point,
    id: &MessageId,
    file: NewFile,
) -> Result<StoredFile, Error> {
    let content = point
        .setup
        .store
        .keep(&point.vault, id.as_str(), &file.bytes)
        .await?;
    let head = FileHead {
        name: file.name,
        title: file.title,
        mime: file.mime,
    };
    Ok(StoredFile { head, content })
}

/// Add the file to its message inside the caller's transaction.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    file: &StoredFile,
    max: u64,
) -> Result<(), Error> {
    let (name, Content { size, .. }) = (&file.head.name, &file.content);
    let row = room(tx, owner, id, name, *size, max).await?;
    if file::insert(tx, row, file).await? {
        return Ok(());
    }
    Err(Error::DuplicateFilename {
        message: id.clone(),
        name: name.clone(),
    })
}

/// The message's row, if it is open and has room for the file.
async fn room(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    name: &str,
    size: u64,
    max: u64,
) -> Result<i64, Error> {
    let found = store::outgoing::find(tx, owner, id).await?;
    let open = found.filter(|message| !message.submitted);
    let row = open.ok_or_else(|| Error::MessageNotFound(id.clone()))?.row;
    if file::exists(tx, row, name).await? {
        let name = name.to_owned();
        return Err(Error::DuplicateFilename {
            message: id.clone(),
            name,
        });
    }
    let bytes = file::sum(tx, row).await?.bytes.saturating_add(size);
    if bytes > max {
        return Err(Error::TooLarge {
            message: id.clone(),
            bytes,
            max,
        });
    }
    Ok(row)
}
