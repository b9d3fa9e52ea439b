//! Statuses: the lines in a message's log.

use db::{Row, Tx, Value};
use jiff::Timestamp;
use sbd::{Orgnr, Status};

use crate::page::{Ask, Page};
use crate::{Error, id};

/// Statuses as they lie, in the order of their names, with room between.
const CODES: [(i64, Status); 10] = [
    (10, Status::Annet),
    (20, Status::Feil),
    (30, Status::InnkommendeLevert),
    (40, Status::InnkommendeMottatt),
    (50, Status::Lest),
    (60, Status::Levert),
    (70, Status::LevetidUtlopt),
    (80, Status::Mottatt),
    (90, Status::Opprettet),
    (100, Status::Sendt),
];
/// No status lies so.
const NO_CODE: i64 = 0;

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
                     COALESCE(conversation_id, message_id) AS conversation_id,
                     message_id
                 FROM status
                 JOIN conversation ON conversation.id = status.conversation) AS line";
    let columns =
        "id, value, description, at, conversation, conversation_id, message_id";
    let read = |row: &Row| {
        Ok(StatusOf {
            line: line(row)?,
            conversation: row.int(4)?,
            conversation_id: id::shown(row.blob(5)?)?,
            message_id: id::shown(row.blob(6)?)?,
        })
    };
    ask.equal("owner", owner.as_str())
        .stored(lies)
        .run(tx, columns, from, read)
        .await
}

/// A value as it lies in this column.
pub(crate) fn lies(column: &str, value: Value) -> Value {
    match (column, value) {
        ("message_id" | "conversation_id", Value::Text(text)) => id::stored(&text),
        ("value", Value::Text(text)) => text.parse().map_or(NO_CODE, code).into(),
        (_, value) => value,
    }
}

/// The status as it lies.
pub(crate) fn code(status: Status) -> i64 {
    let known = CODES.iter().find(|(_, known)| *known == status);
    known.map_or(NO_CODE, |(code, _)| *code)
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
    let sql = "DELETE FROM status WHERE conversation = $1 AND value = $2
               RETURNING id, value, description, at";
    let values = [conversation.into(), code(Status::Levert).into()];
    for row in tx.query(sql, &values).await? {
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
                code(status).into(),
                description.into(),
                now.as_microsecond().into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

fn line(row: &Row) -> Result<StatusLine, Error> {
    let lies = row.int(1)?;
    let known = CODES.iter().find(|(code, _)| *code == lies);
    Ok(StatusLine {
        id: row.int(0)?,
        status: known.map(|(_, status)| *status).ok_or_else(|| Error::Row {
            expected: "a status",
            got: lies.to_string(),
        })?,
        description: row.maybe_text(2)?.map(str::to_owned),
        at: moment(row.int(3)?),
    })
}

/// A column of microseconds as a moment. Ours are always in range.
pub(crate) fn moment(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Lists that are sorted by status are sorted by its name.
    #[test]
    fn codes_are_in_the_order_of_the_names() {
        let mut names = CODES.map(|(_, status)| status.as_str());
        names.sort_unstable();
        assert_eq!(names, CODES.map(|(_, status)| status.as_str()));
        assert!(CODES.is_sorted_by_key(|(code, _)| *code));
        assert!(
            CODES
                .iter()
                .all(|(c, status)| code(*status) == *c && *c != NO_CODE)
        );
    }
}
