//! Outgoing messages: from created until they have left.

use db::{Row, Tx};
use jiff::Timestamp;
use sbd::{MessageId, Orgnr};

use crate::page::{Ask, Page};
use crate::{Content, Error, file, status};

/// An outgoing message to be kept.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §1.6")]
pub struct NewOutgoing {
    pub message_id: MessageId,
    pub conversation_id: String,
    pub process: String,
    pub sender_identifier: String,
    pub receiver_identifier: String,
    pub service: &'static str,
    /// The completed SBD as JSON.
    pub sbd: String,
    pub expires_at: Option<Timestamp>,
}

/// An outgoing message as it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Number of the row, for its files.
    pub row: i64,
    /// The SBD as JSON.
    pub sbd: String,
    /// Whether the caller has asked for it to be sent.
    pub submitted: bool,
    /// When its levetid runs out.
    pub expires_at: Option<Timestamp>,
}

/// The column behind a property of the REST API, for filters and sorting.
pub fn column(property: &str) -> Option<&'static str> {
    Some(match property {
        "id" => "id",
        "messageId" => "message_id",
        "conversationId" => "conversation_id",
        "process" | "processIdentifier" => "process",
        "senderIdentifier" => "sender_identifier",
        "receiverIdentifier" => "receiver_identifier",
        "serviceIdentifier" => "service",
        "lastUpdated" => "last_updated",
        _ => return None,
    })
}

const COLUMNS: &str = "id, sbd, submitted, expires_at";

/// Keep the message; answers its row, or none when the id is taken.
pub async fn insert(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    new: &NewOutgoing,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let row = tx
        .one(
            "INSERT INTO outgoing (owner, message_id, conversation_id, process,
                 sender_identifier, receiver_identifier, service, sbd, expires_at,
                 last_updated)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT DO NOTHING RETURNING id",
            &[
                owner.as_str().into(),
                new.message_id.as_str().into(),
                new.conversation_id.as_str().into(),
                new.process.as_str().into(),
                new.sender_identifier.as_str().into(),
                new.receiver_identifier.as_str().into(),
                new.service.into(),
                new.sbd.as_str().into(),
                new.expires_at.map(Timestamp::as_microsecond).into(),
                now.as_microsecond().into(),
            ],
        )
        .await?;
    Ok(row.map(|r| r.int(0)).transpose()?)
}

/// The message with this id.
pub async fn find(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<Option<Outgoing>, Error> {
    let sql = format!(
        "SELECT id, sbd, submitted, expires_at FROM outgoing
         WHERE owner = $1 AND message_id = $2{}",
        tx.for_update()
    );
    let row = tx
        .one(&sql, &[owner.as_str().into(), id.as_str().into()])
        .await?;
    row.as_ref().map(read).transpose()
}

/// A page of the organisation's outgoing messages.
pub async fn list(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: Ask,
) -> Result<Page<Outgoing>, Error> {
    ask.equal("owner", owner.as_str())
        .run(tx, COLUMNS, "outgoing", read)
        .await
}

/// How many wait to leave.
pub async fn count(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM outgoing WHERE owner = $1";
    let row = tx.one(sql, &[owner.as_str().into()]).await?;
    Ok(row
        .map(|r| r.int(0))
        .transpose()?
        .unwrap_or(0)
        .unsigned_abs())
}

/// Note that the caller wants it sent; answers whether that is new.
pub async fn submit(tx: &mut Tx<'_>, row: i64, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE outgoing SET submitted = 1, last_updated = $1
               WHERE id = $2 AND submitted = 0";
    Ok(tx
        .exec(sql, &[now.as_microsecond().into(), row.into()])
        .await?
        == 1)
}

/// Remove the message and its files; answers the contents to discard after the commit.
pub async fn remove(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<Vec<Content>, Error> {
    let Some(outgoing) = find(tx, owner, id).await? else {
        return Ok(Vec::new());
    };
    let spilled = file::spilled(tx, outgoing.row).await?;
    tx.exec("DELETE FROM outgoing WHERE id = $1", &[outgoing.row.into()])
        .await?;
    Ok(spilled)
}

fn read(row: &Row) -> Result<Outgoing, Error> {
    Ok(Outgoing {
        row: row.int(0)?,
        sbd: row.text(1)?.to_owned(),
        submitted: row.truth(2)?,
        expires_at: row.maybe_int(3)?.map(status::moment),
    })
}
