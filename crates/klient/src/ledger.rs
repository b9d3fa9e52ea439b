//! What was begun and what is done: the memory that makes every step repeatable.

use db::{Db, Migration};
use jiff::Timestamp;

use crate::Error;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "ledger",
    sql: "
        -- A file on its way: the ids that it is sent under, chosen before it is sent.
        CREATE TABLE publication (
            name TEXT PRIMARY KEY,           -- in behandles, later in sendt
            message_id TEXT NOT NULL,
            conversation_id TEXT NOT NULL,
            sent INTEGER NOT NULL DEFAULT 0,
            at INTEGER NOT NULL
        ) STRICT;
        -- Which file published what, to put kvitteringer beside it.
        CREATE TABLE published (
            iri TEXT PRIMARY KEY,
            name TEXT NOT NULL
        ) STRICT;
        -- Orders that were mailed, by what they ask for.
        CREATE TABLE mailed (
            key TEXT PRIMARY KEY,
            at INTEGER NOT NULL
        ) STRICT;",
}];

/// A file on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publication {
    pub(crate) message_id: String,
    pub(crate) conversation_id: String,
    pub(crate) sent: bool,
}

/// Begin a publication, or find it begun.
pub(crate) async fn begin(
    db: &Db,
    name: &str,
    new: Publication,
    iris: Vec<String>,
    now: Timestamp,
) -> Result<Publication, Error> {
    let name = name.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            tx.exec(
                "INSERT INTO publication (name, message_id, conversation_id, at)
                 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                &[
                    name.as_str().into(),
                    new.message_id.into(),
                    new.conversation_id.into(),
                    now.as_microsecond().into(),
                ],
            )
            .await?;
            for iri in iris {
                tx.exec(
                    "INSERT INTO published (iri, name) VALUES ($1, $2)
                     ON CONFLICT (iri) DO UPDATE SET name = excluded.name",
                    &[iri.into(), name.as_str().into()],
                )
                .await?;
            }
            let sql = "SELECT message_id, conversation_id, sent FROM publication
                       WHERE name = $1";
            let row = tx
                .one(sql, &[name.into()])
                .await?
                .ok_or(db::Error::Closed)?;
            Ok(Publication {
                message_id: row.text(0)?.to_owned(),
                conversation_id: row.text(1)?.to_owned(),
                sent: row.truth(2)?,
            })
        })
    })
    .await
}

/// The access point has it.
pub(crate) async fn sent(db: &Db, name: &str) -> Result<(), Error> {
    let name = name.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE publication SET sent = 1 WHERE name = $1";
            tx.exec(sql, &[name.into()]).await?;
            Ok(())
        })
    })
    .await
}

/// The file that published this, if one of ours did.
pub(crate) async fn file_of(db: &Db, iri: &str) -> Result<Option<String>, Error> {
    let iri = iri.to_owned();
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT name FROM published WHERE iri = $1";
            let row = tx.one(sql, &[iri.into()]).await?;
            Ok(row.map(|r| r.text(0).map(str::to_owned)).transpose()?)
        })
    })
    .await
}

/// Whether an order of this key was mailed.
pub(crate) async fn was_mailed(db: &Db, key: &str) -> Result<bool, Error> {
    let key = key.to_owned();
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT 1 FROM mailed WHERE key = $1";
            Ok(tx.one(sql, &[key.into()]).await?.is_some())
        })
    })
    .await
}

/// An order of this key was mailed.
pub(crate) async fn mailed(db: &Db, key: &str, now: Timestamp) -> Result<(), Error> {
    let key = key.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            let sql =
                "INSERT INTO mailed (key, at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            tx.exec(sql, &[key.into(), now.as_microsecond().into()])
                .await?;
            Ok(())
        })
    })
    .await
}
