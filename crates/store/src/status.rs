//! Statuses: the lines in a message's log.

use db::{Row, Tx};
use jiff::Timestamp;
use sbd::{Orgnr, Status};

use crate::Error;
use crate::error::typed;
use crate::page::{Ask, Page};

/// One line: what became of the message, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusLine {
    /// Number, ascending in the order of recording.
    pub id: i64,
    /// The value.
    pub status: Status,
    /// Words for people, where there are any.
    pub description: Option<String>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A line together with the conversation that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusOf {
    /// The line.
    pub line: StatusLine,
    /// The conversation's number.
    pub conversation: i64,
    /// The conversation's id on the wire.
    pub conversation_id: String,
    /// The message's id.
    pub message_id: String,
}

/// The column behind a property of the REST API's status, for sorting.
pub fn column(property: &str) -> Option<&'static str> {
    Some(match property {
        "id" => "id",
        "status" => "value",
        "lastUpdate" => "at",
        "description" => "description",
        "messageId" => "message_id",
        "conversationId" => "conversation_id",
        "convId" => "conversation",
        _ => return None,
    })
}

/// A page of the organisation's statuses.
pub async fn list(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: Ask,
) -> Result<Page<StatusOf>, Error> {
    let from = "(SELECT status.id, value, description, at, conversation, owner,
                     conversation_id, message_id
                 FROM status
                 JOIN conversation ON conversation.id = status.conversation) AS line";
    let columns =
        "id, value, description, at, conversation, conversation_id, message_id";
    let read = |row: &Row| {
        Ok(StatusOf {
            line: line(row)?,
            conversation: row.int(4)?,
            conversation_id: row.text(5)?.to_owned(),
            message_id: row.text(6)?.to_owned(),
        })
    };
    ask.equal("owner", owner.as_str())
        .run(tx, columns, from, read)
        .await
}

pub(crate) async fn of(
    tx: &mut Tx<'_>,
    conversation: i64,
) -> Result<Vec<StatusLine>, Error> {
    let sql = "SELECT id, value, description, at FROM status
               WHERE conversation = $1 ORDER BY id";
    tx.query(sql, &[conversation.into()])
        .await?
        .iter()
        .map(line)
        .collect()
}

/// Put LEVERT behind what came after it: of two status messages that are fetched at
/// once, the later may be recorded first.
pub(crate) async fn end_after(tx: &mut Tx<'_>, conversation: i64) -> Result<(), Error> {
    let sql = "DELETE FROM status WHERE conversation = $1 AND value = 'LEVERT'
               RETURNING id, value, description, at";
    for row in tx.query(sql, &[conversation.into()]).await? {
        let end = line(&row)?;
        let words = end.description.as_deref();
        insert(tx, conversation, end.status, words, end.at).await?;
    }
    Ok(())
}

pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    conversation: i64,
    status: Status,
    description: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx
        .exec(
            "INSERT INTO status (conversation, value, description, at)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            &[
                conversation.into(),
                status.to_string().into(),
                description.into(),
                now.as_microsecond().into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

fn line(row: &Row) -> Result<StatusLine, Error> {
    Ok(StatusLine {
        id: row.int(0)?,
        status: typed(row.text(1)?, "a status")?,
        description: row.maybe_text(2)?.map(str::to_owned),
        at: moment(row.int(3)?),
    })
}

/// A column of microseconds as a moment. Ours are always in range.
pub(crate) fn moment(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or_default()
}
