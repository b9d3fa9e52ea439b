//! Conversations: what is known of one message, with its statuses.

use std::collections::BTreeMap;

use db::{Row, Tx, Value};
use jiff::Timestamp;
use sbd::{MessageId, Orgnr, Status};

use crate::error::typed;
use crate::page::{Ask, Page};
use crate::status::{self, StatusLine};
use crate::{Error, page, push};

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From our case system.
    Outgoing,
    /// To it.
    Incoming,
}

impl Direction {
    /// As the REST API and the table spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outgoing => "OUTGOING",
            Self::Incoming => "INCOMING",
        }
    }
}

impl std::str::FromStr for Direction {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "OUTGOING" => Ok(Self::Outgoing),
            "INCOMING" => Ok(Self::Incoming),
            _ => Err(()),
        }
    }
}

/// What is noted of a message when it is first met.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §6.2")]
pub struct NewConversation {
    pub message_id: MessageId,
    pub conversation_id: String,
    pub direction: Direction,
    pub sender: String,
    pub sender_identifier: String,
    pub receiver: String,
    pub receiver_identifier: String,
    pub process: String,
    pub document_type: String,
    pub service: &'static str,
    /// As on the wire, with its offset, and the moment it means.
    pub expiry: Option<(String, Timestamp)>,
}

/// A conversation as the REST API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §6.2")]
pub struct Conversation {
    pub id: i64,
    pub message_id: String,
    pub conversation_id: String,
    pub direction: Direction,
    pub sender: String,
    pub sender_identifier: String,
    pub receiver: String,
    pub receiver_identifier: String,
    pub process: String,
    pub document_type: String,
    pub service: String,
    pub reference: String,
    pub title: String,
    pub expiry: Option<String>,
    pub finished: bool,
    pub last_update: Timestamp,
    /// In the order in which they were recorded.
    pub statuses: Vec<StatusLine>,
}

const COLUMNS: &str = "id, message_id, conversation_id, direction, sender, \
    sender_identifier, receiver, receiver_identifier, process, document_type, service, \
    reference, title, expiry, finished, last_update";

/// The column behind a property of the REST API's conversation, for sorting.
pub fn column(property: &str) -> Option<&'static str> {
    Some(match property {
        "id" => "id",
        "messageId" => "message_id",
        "conversationId" => "conversation_id",
        "direction" => "direction",
        "sender" => "sender",
        "senderIdentifier" => "sender_identifier",
        "receiver" => "receiver",
        "receiverIdentifier" => "receiver_identifier",
        "processIdentifier" => "process",
        "documentIdentifier" => "document_type",
        "serviceIdentifier" => "service",
        "messageReference" => "reference",
        "messageTitle" => "title",
        "expiry" => "expires_at",
        "finished" => "finished",
        "lastUpdate" => "last_update",
        _ => return None,
    })
}

/// Note the message unless it is known; answers the conversation's number and whether
/// it is new.
pub async fn open(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    new: &NewConversation,
    now: Timestamp,
) -> Result<(i64, bool), Error> {
    let (text, at) = new.expiry.clone().unzip();
    let inserted = tx
        .one(
            "INSERT INTO conversation (owner, message_id, conversation_id, direction,
                 sender, sender_identifier, receiver, receiver_identifier, process,
                 document_type, service, reference, title, expiry, expires_at,
                 last_update)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $3, '', $12, $13, $14)
             ON CONFLICT DO NOTHING RETURNING id",
            &[
                owner.as_str().into(),
                new.message_id.as_str().into(),
                new.conversation_id.as_str().into(),
                new.direction.as_str().into(),
                new.sender.as_str().into(),
                new.sender_identifier.as_str().into(),
                new.receiver.as_str().into(),
                new.receiver_identifier.as_str().into(),
                new.process.as_str().into(),
                new.document_type.as_str().into(),
                new.service.into(),
                text.into(),
                at.map(Timestamp::as_microsecond).into(),
                now.as_microsecond().into(),
            ],
        )
        .await?;
    if let Some(row) = inserted {
        return Ok((row.int(0)?, true));
    }
    let known = number(tx, owner, &new.message_id).await?;
    Ok((known.ok_or(db::Error::Closed)?, false))
}

/// The number of the conversation about this message.
pub async fn number(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM conversation WHERE owner = $1 AND message_id = $2";
    let row = tx
        .one(sql, &[owner.as_str().into(), id.as_str().into()])
        .await?;
    Ok(row.map(|r| r.int(0)).transpose()?)
}

/// The number of the conversation about this message of ours; one about a message that
/// came to us is none.
pub async fn ours(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM conversation
               WHERE owner = $1 AND message_id = $2 AND direction = 'OUTGOING'";
    let values = [owner.as_str().into(), id.as_str().into()];
    Ok(tx.one(sql, &values).await?.map(|r| r.int(0)).transpose()?)
}

/// Whether the status stands in the message's log.
pub async fn has(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    status: Status,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM conversation
               JOIN status ON status.conversation = conversation.id
               WHERE owner = $1 AND message_id = $2 AND value = $3";
    let values = [
        owner.as_str().into(),
        id.as_str().into(),
        status.to_string().into(),
    ];
    Ok(tx.one(sql, &values).await?.is_some())
}

/// Add a status, once for each value, and lay a push for whoever asked to be told;
/// answers whether it is new. For `flow` alone.
pub async fn record(
    tx: &mut Tx<'_>,
    conversation: i64,
    status: Status,
    description: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    // Two nodes may have heard of one message at once.
    let held = tx.for_update();
    if !held.is_empty() {
        let sql = format!("SELECT 1 FROM conversation WHERE id = $1{held}");
        tx.one(&sql, &[conversation.into()]).await?;
    }
    if !status::insert(tx, conversation, status, description, now).await? {
        return Ok(false);
    }
    if status == Status::Mottatt {
        status::end_after(tx, conversation).await?;
    }
    // In the transaction that opens the conversation there is nothing to change.
    tx.exec(
        "UPDATE conversation SET last_update = $1,
             finished = CASE WHEN finished < $2 THEN $2 ELSE finished END
         WHERE id = $3 AND (last_update <> $1 OR finished < $2)",
        &[
            now.as_microsecond().into(),
            status.is_final().into(),
            conversation.into(),
        ],
    )
    .await?;
    push::announce(tx, conversation, status, description, now).await?;
    Ok(true)
}

/// A page of the organisation's conversations with their statuses.
pub async fn list(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: Ask,
) -> Result<Page<Conversation>, Error> {
    let ask = ask.equal("owner", owner.as_str());
    let mut page = ask.run(tx, COLUMNS, "conversation", read).await?;
    for conversation in &mut page.items {
        conversation.statuses = status::of(tx, conversation.id).await?;
    }
    Ok(page)
}

/// The one conversation for which the column has this value.
pub async fn find(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    column: &'static str,
    value: impl Into<Value>,
) -> Result<Option<Conversation>, Error> {
    let ask = page::Ask::all(1).equal(column, value);
    Ok(list(tx, owner, ask).await?.items.pop())
}

/// Forget a conversation and its statuses; the message itself is left alone.
pub async fn forget(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    column: &'static str,
    value: impl Into<Value>,
) -> Result<bool, Error> {
    let sql = format!("DELETE FROM conversation WHERE owner = $1 AND {column} = $2");
    Ok(tx
        .exec(&sql, &[owner.as_str().into(), value.into()])
        .await?
        > 0)
}

/// The message was withdrawn before it was sent: nothing waits for its levetid.
pub async fn withdraw(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<(), Error> {
    let sql = "UPDATE conversation SET expires_at = NULL
               WHERE owner = $1 AND message_id = $2";
    tx.exec(sql, &[owner.as_str().into(), id.as_str().into()])
        .await?;
    Ok(())
}

/// Unfinished conversations whose levetid has run out: number and message id.
pub async fn expired(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    now: Timestamp,
    limit: u32,
) -> Result<BTreeMap<i64, MessageId>, Error> {
    let sql = format!(
        "SELECT id, message_id FROM conversation
         WHERE finished = 0 AND expires_at < $1 AND owner = $2
         ORDER BY expires_at LIMIT $3{}",
        tx.skip_locked()
    );
    let values = [
        now.as_microsecond().into(),
        owner.as_str().into(),
        limit.into(),
    ];
    let rows = tx.query(&sql, &values).await?;
    rows.iter()
        .map(|r| Ok((r.int(0)?, typed(r.text(1)?, "a message id")?)))
        .collect()
}

/// Forget finished conversations that have not changed since; answers how many.
pub async fn purge(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    before: Timestamp,
    limit: u32,
) -> Result<u64, Error> {
    // What still waits, for the case system or for the operator, keeps its log.
    let sql = "DELETE FROM conversation WHERE id IN (
                   SELECT id FROM conversation
                   WHERE owner = $1 AND last_update < $2 AND finished = 1
                     AND NOT EXISTS (SELECT 1 FROM incoming
                         WHERE incoming.owner = $1
                           AND incoming.message_id = conversation.message_id)
                   ORDER BY last_update LIMIT $3)";
    let values = [
        owner.as_str().into(),
        before.as_microsecond().into(),
        limit.into(),
    ];
    Ok(tx.exec(sql, &values).await?)
}

fn read(row: &Row) -> Result<Conversation, Error> {
    Ok(Conversation {
        id: row.int(0)?,
        message_id: row.text(1)?.to_owned(),
        conversation_id: row.text(2)?.to_owned(),
        direction: typed(row.text(3)?, "a direction")?,
        sender: row.text(4)?.to_owned(),
        sender_identifier: row.text(5)?.to_owned(),
        receiver: row.text(6)?.to_owned(),
        receiver_identifier: row.text(7)?.to_owned(),
        process: row.text(8)?.to_owned(),
        document_type: row.text(9)?.to_owned(),
        service: row.text(10)?.to_owned(),
        reference: row.text(11)?.to_owned(),
        title: row.text(12)?.to_owned(),
        expiry: row.maybe_text(13)?.map(str::to_owned),
        finished: row.truth(14)?,
        last_update: status::moment(row.int(15)?),
        statuses: Vec::new(),
    })
}
