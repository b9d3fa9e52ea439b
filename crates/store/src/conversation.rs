//! Conversations: what is known of one message, with its statuses.

use std::collections::BTreeMap;

use db::{Row, Tx, Value};
use jiff::Timestamp;
use sbd::{MessageId, Orgnr, Status, WireTime};

use crate::error::typed;
use crate::page::{Ask, Page};
use crate::status::{self, StatusLine};
use crate::{Error, correspondence, id, incoming, page, push};

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
    pub expiry: Option<String>,
    pub finished: bool,
    pub last_update: Timestamp,
    /// In the order in which they were recorded.
    pub statuses: Vec<StatusLine>,
}

/// The table as the REST API sees it. What a message is about lies apart.
const SHOWN: &str = "(
    SELECT c.id, owner, message_id, COALESCE(conversation_id, message_id) AS conversation_id,
        direction, sender, sender_identifier, receiver, receiver_identifier, process,
        document_type, service, '' AS title, expiry, expires_at, finished, last_update
    FROM conversation AS c LEFT JOIN correspondence ON correspondence.id = c.correspondence
) AS shown";

const COLUMNS: &str = "id, message_id, conversation_id, direction, sender, \
    sender_identifier, receiver, receiver_identifier, process, document_type, service, \
    expiry, expires_at, finished, last_update";

/// Columns that are as the REST API sees them in the table itself.
const PLAIN: [&str; 6] = [
    "id",
    "owner",
    "message_id",
    "expires_at",
    "finished",
    "last_update",
];

/// The column behind a property of the REST API's conversation, for sorting.
pub fn column(property: &str) -> Option<&'static str> {
    Some(match property {
        "id" => "id",
        "messageId" => "message_id",
        "conversationId" | "messageReference" => "conversation_id",
        "direction" => "direction",
        "sender" => "sender",
        "senderIdentifier" => "sender_identifier",
        "receiver" => "receiver",
        "receiverIdentifier" => "receiver_identifier",
        "processIdentifier" => "process",
        "documentIdentifier" => "document_type",
        "serviceIdentifier" => "service",
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
    let text = text.filter(|text| at.map(wire).as_ref() != Some(text));
    let (message, whole) = (new.message_id.as_str(), new.conversation_id.as_str());
    let about = correspondence::number(tx, new).await?;
    let inserted = tx
        .one(
            "INSERT INTO conversation (owner, message_id, conversation_id,
                 correspondence, expiry, expires_at, last_update)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING RETURNING id",
            &[
                owner.as_str().into(),
                id::stored(message),
                (whole != message).then(|| id::stored(whole)).into(),
                about.into(),
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

/// A conversation as another access point of ours knew it.
#[derive(Debug, Clone)]
pub struct Told {
    /// What was noted of the message.
    pub new: NewConversation,
    /// Its statuses, with words and times.
    pub lines: Vec<(Status, Option<String>, Timestamp)>,
    /// When the last of them was recorded.
    pub last_update: Timestamp,
}

/// Take over what another access point knew: what is known here already stays. History
/// is told to no subscriber. Answers whether anything was new. For `flow` alone.
pub async fn copy(tx: &mut Tx<'_>, owner: &Orgnr, told: &Told) -> Result<bool, Error> {
    let (number, mut any) = open(tx, owner, &told.new, told.last_update).await?;
    let mut finished = false;
    for (status, words, at) in &told.lines {
        any |= status::insert(tx, number, *status, words.as_deref(), *at).await?;
        finished |= status.is_final();
    }
    let sql = "UPDATE conversation SET finished = 1, last_update = $1
               WHERE id = $2 AND finished = 0 AND $3 <> 0";
    let at = told.last_update.as_microsecond();
    tx.exec(sql, &[at.into(), number.into(), finished.into()])
        .await?;
    Ok(any)
}

/// The number of the conversation about this message.
pub async fn number(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
) -> Result<Option<i64>, Error> {
    let sql = "SELECT id FROM conversation WHERE owner = $1 AND message_id = $2";
    let row = tx
        .one(sql, &[owner.as_str().into(), id::stored(message.as_str())])
        .await?;
    Ok(row.map(|r| r.int(0)).transpose()?)
}

/// The number of the conversation about this message of ours; one about a message that
/// came to us is none.
pub async fn ours(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
) -> Result<Option<i64>, Error> {
    let sql = "SELECT c.id FROM conversation AS c
               JOIN correspondence ON correspondence.id = c.correspondence
               WHERE owner = $1 AND message_id = $2 AND direction = 'OUTGOING'";
    let values = [owner.as_str().into(), id::stored(message.as_str())];
    Ok(tx.one(sql, &values).await?.map(|r| r.int(0)).transpose()?)
}

/// Whether the status stands in the message's log.
pub async fn has(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
    status: Status,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM conversation
               JOIN status ON status.conversation = conversation.id
               WHERE owner = $1 AND message_id = $2 AND value = $3";
    let values = [
        owner.as_str().into(),
        id::stored(message.as_str()),
        status::code(status).into(),
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
    let ask = ask.equal("owner", owner.as_str()).stored(status::lies);
    // Most are counted in an index, without a look at what they are about.
    let counted = match ask.asks_only_for(&PLAIN) {
        true => "conversation",
        false => SHOWN,
    };
    let mut page = ask.run_counting(tx, counted, COLUMNS, SHOWN, read).await?;
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
    let value = status::lies(column, value.into());
    Ok(tx.exec(&sql, &[owner.as_str().into(), value]).await? > 0)
}

/// The message was withdrawn before it was sent: nothing waits for its levetid, which is
/// still shown.
pub async fn withdraw(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
) -> Result<(), Error> {
    let Some(found) = find(tx, owner, "message_id", message.as_str()).await? else {
        return Ok(());
    };
    let sql = "UPDATE conversation SET expires_at = NULL, expiry = $1 WHERE id = $2";
    tx.exec(sql, &[found.expiry.into(), found.id.into()])
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
        .map(|r| Ok((r.int(0)?, typed(&id::shown(r.blob(1)?)?, "a message id")?)))
        .collect()
}

/// Forget finished conversations that have not changed since; answers how many. What
/// still waits, for the case system or for the operator, keeps its log.
pub async fn purge(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    before: Timestamp,
    limit: u32,
) -> Result<u64, Error> {
    let (mut gone, mut after) = (0, (i64::MIN, i64::MIN));
    loop {
        let sql = "SELECT id, message_id, last_update FROM conversation
                   WHERE owner = $1 AND last_update < $2 AND finished = 1
                     AND (last_update, id) > ($3, $4)
                   ORDER BY last_update, id LIMIT $5";
        let values = [
            owner.as_str().into(),
            before.as_microsecond().into(),
            after.0.into(),
            after.1.into(),
            limit.into(),
        ];
        let rows = tx.query(sql, &values).await?;
        for row in &rows {
            let message = typed(&id::shown(row.blob(1)?)?, "a message id")?;
            if !incoming::holds(tx, owner, &message).await? {
                let sql = "DELETE FROM conversation WHERE id = $1";
                gone += tx.exec(sql, &[row.int(0)?.into()]).await?;
            }
            after = (row.int(2)?, row.int(0)?);
        }
        if gone > 0 || rows.is_empty() {
            return Ok(gone);
        }
    }
}

/// As the wire shows the moment, if it shows it as clocks in Norway do.
fn wire(at: Timestamp) -> String {
    WireTime::oslo(at).as_str().to_owned()
}

fn read(row: &Row) -> Result<Conversation, Error> {
    let expires_at = row.maybe_int(12)?.map(status::moment);
    let expiry = row.maybe_text(11)?.map(str::to_owned);
    Ok(Conversation {
        id: row.int(0)?,
        message_id: id::shown(row.blob(1)?)?,
        conversation_id: id::shown(row.blob(2)?)?,
        direction: typed(row.text(3)?, "a direction")?,
        sender: row.text(4)?.to_owned(),
        sender_identifier: row.text(5)?.to_owned(),
        receiver: row.text(6)?.to_owned(),
        receiver_identifier: row.text(7)?.to_owned(),
        process: row.text(8)?.to_owned(),
        document_type: row.text(9)?.to_owned(),
        service: row.text(10)?.to_owned(),
        expiry: expiry.or_else(|| expires_at.map(wire)),
        finished: row.truth(13)?,
        last_update: status::moment(row.int(14)?),
        statuses: Vec::new(),
    })
}
