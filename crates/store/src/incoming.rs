//! Incoming messages: from kept until the case system has deleted them.
//!
//! Those in the queue and those that have expired have an index each. Where one message is
//! asked for by its id, `+expired` keeps PostgreSQL from reading the queue in its order to
//! find it, which looks as cheap while the queue is empty.

use db::{Row, Tx};
use jiff::Timestamp;
use sbd::{MessageId, MessageType, Orgnr};

use crate::error::typed;
use crate::page::{Ask, Page};
use crate::{Content, Error, status};

/// What lies with the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The ASiC-E container, opened and checked at receipt.
    Package,
    /// The dokumentpakke as it came: it could not be opened (yet).
    Sealed,
    /// Nothing came.
    None,
}

impl Form {
    fn as_str(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Sealed => "sealed",
            Self::None => "none",
        }
    }
}

impl std::str::FromStr for Form {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "package" => Ok(Self::Package),
            "sealed" => Ok(Self::Sealed),
            "none" => Ok(Self::None),
            _ => Err(()),
        }
    }
}

/// A message to be kept for the case system.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §1.8")]
pub struct NewIncoming {
    pub message_id: MessageId,
    pub conversation_id: String,
    pub process: String,
    pub kind: MessageType,
    pub sender_identifier: String,
    pub receiver_identifier: String,
    pub service: &'static str,
    pub sbd: String,
    pub expires_at: Option<Timestamp>,
    /// Its levetid had run out when it came: kept, not offered.
    pub expired: bool,
    pub form: Form,
    /// The signature's verdict, or why the package could not be opened.
    pub remark: Option<String>,
    pub content: Content,
}

/// A message as it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Number of the row.
    pub row: i64,
    /// The SBD as JSON.
    pub sbd: String,
    /// The type of the business message.
    pub kind: MessageType,
    /// Until when a peek holds it; the past when nobody does.
    pub locked_until: Timestamp,
    /// What that peek was told, for a caller that wants to be sure that it is its own.
    pub lock_token: Option<String>,
    /// What lies with it.
    pub form: Form,
    /// The signature's verdict, or why the package could not be opened.
    pub remark: Option<String>,
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
        "lastUpdated" => "received_at",
        "lockTimeout" => "locked_until",
        _ => return None,
    })
}

/// Keep the message behind those that are there.
pub async fn insert(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    new: &NewIncoming,
    now: Timestamp,
) -> Result<(), Error> {
    let [content, content_file] = new.content.columns();
    let inserted = tx
        .one(
            "INSERT INTO incoming (owner, message_id, conversation_id, process, kind,
             sender_identifier, receiver_identifier, service, sbd, received_at,
             expires_at, form, remark, size, content_file, expired)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT DO NOTHING RETURNING id",
            &[
                owner.as_str().into(),
                new.message_id.as_str().into(),
                new.conversation_id.as_str().into(),
                new.process.as_str().into(),
                new.kind.as_str().into(),
                new.sender_identifier.as_str().into(),
                new.receiver_identifier.as_str().into(),
                new.service.into(),
                new.sbd.as_str().into(),
                now.as_microsecond().into(),
                new.expires_at.map(Timestamp::as_microsecond).into(),
                new.form.as_str().into(),
                new.remark.as_deref().into(),
                i64::try_from(new.content.size).unwrap_or(i64::MAX).into(),
                content_file,
                new.expired.into(),
            ],
        )
        .await?;
    if let Some(row) = inserted
        && !content.is_null()
    {
        let sql = "INSERT INTO incoming_content (incoming, content) VALUES ($1, $2)";
        tx.exec(sql, &[row.int(0)?.into(), content]).await?;
    }
    Ok(())
}

/// Lock the first free message that the filter lets through; answers its SBD.
pub async fn lock(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: &Ask,
    now: Timestamp,
    until: Timestamp,
    token: &str,
) -> Result<Option<String>, Error> {
    let Some((row, sbd)) = next(tx, owner, ask, now).await? else {
        return Ok(None);
    };
    let sql = "UPDATE incoming SET locked_until = $1, lock_token = $2 WHERE id = $3";
    let values = [until.as_microsecond().into(), token.into(), row.into()];
    tx.exec(sql, &values).await?;
    Ok(Some(sbd))
}

/// The lock of a message that waits for the archive, which is told of it in its turn.
const RESERVED: &str = "bestedu";

/// Keep a message for the archive; no caller gets a lock on it.
pub async fn reserve(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
    until: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE incoming SET locked_until = $1, lock_token = $2
               WHERE owner = $3 AND message_id = $4";
    let values = [
        until.as_microsecond().into(),
        RESERVED.into(),
        owner.as_str().into(),
        message.as_str().into(),
    ];
    tx.exec(sql, &values).await?;
    Ok(())
}

/// Lock a message that is kept for the archive, or that nobody has; answers whether it is
/// ours now.
pub async fn seize(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
    now: Timestamp,
    until: Timestamp,
    token: &str,
) -> Result<bool, Error> {
    let sql = "UPDATE incoming SET locked_until = $1, lock_token = $2
               WHERE owner = $3 AND message_id = $4 AND +expired = 0
                   AND (locked_until <= $5 OR lock_token = $6)";
    let values = [
        until.as_microsecond().into(),
        token.into(),
        owner.as_str().into(),
        message.as_str().into(),
        now.as_microsecond().into(),
        RESERVED.into(),
    ];
    Ok(tx.exec(sql, &values).await? == 1)
}

/// Keep a message, or any, for the archive no longer.
pub async fn release(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: Option<&MessageId>,
) -> Result<(), Error> {
    let all = "UPDATE incoming SET locked_until = 0
               WHERE owner = $1 AND lock_token = $2";
    let values = [owner.as_str().into(), RESERVED.into()];
    match message {
        None => tx.exec(all, &values).await?,
        Some(message) => {
            let sql = format!("{all} AND message_id = $3");
            let values = [&values[..], &[message.as_str().into()]].concat();
            tx.exec(&sql, &values).await?
        }
    };
    Ok(())
}

/// Hold a message for longer, unless another has locked it since.
pub async fn extend(
    tx: &mut Tx<'_>,
    held: &Incoming,
    until: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE incoming SET locked_until = $1
               WHERE id = $2 AND locked_until = $3";
    let values = [
        until.as_microsecond().into(),
        held.row.into(),
        held.locked_until.as_microsecond().into(),
    ];
    tx.exec(sql, &values).await?;
    Ok(())
}

/// The first free message that the filter lets through: its row and its SBD.
pub async fn next(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: &Ask,
    now: Timestamp,
) -> Result<Option<(i64, String)>, Error> {
    let free = ask
        .clone()
        .equal("owner", owner.as_str())
        .within("expired = 0")
        .when("locked_until <=", now.as_microsecond());
    let first = free.first(tx, "id, sbd", "incoming", |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned()))
    });
    first.await
}

/// The message with this id, unless its levetid has run out.
pub async fn find(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<Option<Incoming>, Error> {
    let sql = format!(
        "SELECT id, sbd, kind, locked_until, form, remark, lock_token
         FROM incoming WHERE owner = $1 AND message_id = $2 AND +expired = 0{}",
        tx.for_update()
    );
    let row = tx
        .one(&sql, &[owner.as_str().into(), id.as_str().into()])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Whether it is here, offered or kept for the operator.
pub(crate) async fn holds(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM incoming WHERE owner = $1 AND message_id = $2";
    let values = [owner.as_str().into(), id.as_str().into()];
    Ok(tx.one(sql, &values).await?.is_some())
}

/// Where the bytes lie that came with the message in this row.
pub async fn content(tx: &mut Tx<'_>, row: i64) -> Result<Content, Error> {
    let sql = "SELECT size, content, content_file
               FROM incoming LEFT JOIN incoming_content ON incoming = id WHERE id = $1";
    let row = tx.one(sql, &[row.into()]).await?;
    row.map_or(Ok(Content::none()), |row| Content::from_row(&row, 0))
}

/// A page of SBDs of the organisation's waiting messages, locked ones too.
pub async fn list(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: Ask,
) -> Result<Page<String>, Error> {
    let ask = ask.equal("owner", owner.as_str()).within("expired = 0");
    ask.run(tx, "sbd", "incoming", |row| Ok(row.text(0)?.to_owned()))
        .await
}

/// How many wait for the case system.
pub async fn count(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM incoming WHERE owner = $1 AND expired = 0";
    let row = tx.one(sql, &[owner.as_str().into()]).await?;
    Ok(row
        .map(|r| r.int(0))
        .transpose()?
        .unwrap_or(0)
        .unsigned_abs())
}

/// Remove the message; answers what is to be discarded after the commit.
pub async fn remove(tx: &mut Tx<'_>, row: i64) -> Result<Vec<Content>, Error> {
    let sql = "DELETE FROM incoming WHERE id = $1 RETURNING size, NULL, content_file";
    let gone = tx.one(sql, &[row.into()]).await?;
    let gone = gone.map(|row| Content::from_row(&row, 0)).transpose()?;
    Ok(gone.map_or(Vec::new(), |content| content.spare()))
}

/// Levetid ran out: keep it for the operator, offer it no longer.
pub async fn expire(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<bool, Error> {
    let sql = "UPDATE incoming SET expired = 1
               WHERE owner = $1 AND message_id = $2 AND +expired = 0";
    Ok(tx
        .exec(sql, &[owner.as_str().into(), id.as_str().into()])
        .await?
        == 1)
}

/// A message that came too late, or waited for too long, and is kept for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §6.2")]
pub struct Expired {
    pub message_id: String,
    pub conversation_id: String,
    pub kind: String,
    pub process: String,
    pub sender_identifier: String,
    pub received_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// A page of them, first come first.
pub async fn expired(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: Ask,
) -> Result<Page<Expired>, Error> {
    let columns = "message_id, conversation_id, kind, process, sender_identifier, \
        received_at, expires_at";
    let ask = ask.equal("owner", owner.as_str()).within("expired = 1");
    let read = |row: &Row| {
        Ok(Expired {
            message_id: row.text(0)?.to_owned(),
            conversation_id: row.text(1)?.to_owned(),
            kind: row.text(2)?.to_owned(),
            process: row.text(3)?.to_owned(),
            sender_identifier: row.text(4)?.to_owned(),
            received_at: status::moment(row.int(5)?),
            expires_at: row.maybe_int(6)?.map(status::moment),
        })
    };
    ask.run(tx, columns, "incoming", read).await
}

/// Offer it again, at its old place; answers whether it was there.
pub async fn restore(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<bool, Error> {
    let sql = "UPDATE incoming SET expired = 0, locked_until = 0
               WHERE owner = $1 AND message_id = $2 AND +expired = 1";
    let values = [owner.as_str().into(), id.as_str().into()];
    Ok(tx.exec(sql, &values).await? == 1)
}

/// Remove what ran out before this time and nobody has asked for; answers the ids, and
/// what is to be discarded after the commit.
pub async fn purge(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<(String, Vec<Content>)>, Error> {
    let sql = "DELETE FROM incoming WHERE id IN (
                   SELECT id FROM incoming
                   WHERE owner = $1 AND expired = 1 AND expires_at < $2
                   ORDER BY id LIMIT $3)
               RETURNING message_id, size, NULL, content_file";
    let values = [
        owner.as_str().into(),
        before.as_microsecond().into(),
        limit.into(),
    ];
    let gone = tx.query(sql, &values).await?;
    gone.iter()
        .map(|row| {
            let spare = Content::from_row(row, 1)?.spare();
            Ok((row.text(0)?.to_owned(), spare))
        })
        .collect()
}

fn read(row: &Row) -> Result<Incoming, Error> {
    Ok(Incoming {
        row: row.int(0)?,
        sbd: row.text(1)?.to_owned(),
        kind: typed(row.text(2)?, "a message type")?,
        locked_until: status::moment(row.int(3)?),
        form: typed(row.text(4)?, "a form")?,
        remark: row.maybe_text(5)?.map(str::to_owned),
        lock_token: row.maybe_text(6)?.map(str::to_owned),
    })
}
