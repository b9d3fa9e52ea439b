//! Orders: which came, who has them, who asked before.

use aws_lc_rs::digest;
use db::{Db, Tx};
use jiff::Timestamp;

use super::part::time;
use crate::Error;

/// What is kept of an order: nobody's name or address.
#[derive(Debug, Clone)]
pub(crate) struct Krav {
    /// Its id, the owner and the documents: what it is known by if it comes again.
    pub(crate) key: String,
    pub(crate) came: Timestamp,
    /// When an answer is due.
    pub(crate) due: Timestamp,
    /// The citizen's address; only a digest of it is kept.
    pub(crate) requester: String,
    /// Keys of the documents.
    pub(crate) documents: Vec<String>,
    /// Whether the citizen's address cannot be read.
    pub(crate) unanswerable: bool,
}

/// What came before that is like an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// How many other orders the same citizen has sent.
    pub(crate) same_requester: i64,
    /// How many others have asked for one of the documents.
    pub(crate) same_document: i64,
}

/// Enter an order, unless it is known; answers when an answer is due.
pub(crate) async fn enter(db: &Db, krav: Krav) -> Result<Timestamp, Error> {
    db.write(move |tx| {
        Box::pin(async move {
            let requester = digest_of(tx, &krav.requester).await?;
            let key = krav.key.as_str();
            tx.exec(
                "INSERT INTO krav (key, came, due, requester, unanswerable)
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                &[
                    key.into(),
                    krav.came.as_microsecond().into(),
                    krav.due.as_microsecond().into(),
                    requester.into(),
                    krav.unanswerable.into(),
                ],
            )
            .await?;
            for document in krav.documents {
                let sql = "INSERT INTO krav_document (document, key) VALUES ($1, $2)
                           ON CONFLICT DO NOTHING";
                tx.exec(sql, &[document.into(), key.into()]).await?;
            }
            let row = tx
                .one("SELECT due FROM krav WHERE key = $1", &[key.into()])
                .await?;
            let row = row.ok_or_else(|| Error::Ledger("an order is gone".into()))?;
            Ok(time(row.int(0)?))
        })
    })
    .await
}

/// What came since then that is like this order.
pub(crate) async fn before(
    db: &Db,
    krav: &Krav,
    since: Timestamp,
) -> Result<Before, Error> {
    let krav = krav.clone();
    db.read(move |tx| {
        Box::pin(async move {
            let requester = digest_of(tx, &krav.requester).await?;
            let (key, since) = (krav.key.as_str(), since.as_microsecond());
            let sql = "SELECT count(*) FROM krav
                       WHERE requester = $1 AND came >= $2 AND key <> $3";
            let values = [requester.into(), since.into(), key.into()];
            let row = tx.one(sql, &values).await?;
            let same_requester = row.map_or(Ok(0), |row| row.int(0))?;
            let sql = "SELECT count(DISTINCT o.key) FROM krav_document d
                       JOIN krav_document o ON o.document = d.document AND o.key <> d.key
                       JOIN krav k ON k.key = o.key AND k.came >= $1
                       WHERE d.key = $2";
            let row = tx.one(sql, &[since.into(), key.into()]).await?;
            let same_document = row.map_or(Ok(0), |row| row.int(0))?;
            Ok(Before {
                same_requester,
                same_document,
            })
        })
    })
    .await
}

async fn digest_of(tx: &mut Tx<'_>, text: &str) -> Result<String, Error> {
    let row = tx.one("SELECT value FROM salt", &[]).await?;
    let row = row.ok_or_else(|| Error::Ledger("the salt is gone".into()))?;
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(row.blob(0)?);
    hash.update(text.trim().to_lowercase().as_bytes());
    let hash = hash.finish();
    Ok(hash.as_ref().iter().map(|b| format!("{b:02x}")).collect())
}

/// Whether a target has said yes to an order.
pub(crate) async fn has(db: &Db, key: &str, target: &str) -> Result<bool, Error> {
    let (key, target) = (key.to_owned(), target.to_owned());
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT 1 FROM delivery WHERE key = $1 AND target = $2";
            Ok(tx.one(sql, &[key.into(), target.into()]).await?.is_some())
        })
    })
    .await
}

/// A target has said yes; a person takes it from that place, if there is one.
pub(crate) async fn delivered(
    db: &Db,
    key: &str,
    target: &str,
    place: Option<String>,
    now: Timestamp,
) -> Result<(), Error> {
    let (key, target) = (key.to_owned(), target.to_owned());
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "INSERT INTO delivery (key, target, at, place)
                       VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
            let at = now.as_microsecond();
            tx.exec(sql, &[key.into(), target.into(), at.into(), place.into()])
                .await?;
            Ok(())
        })
    })
    .await
}

/// All targets have it.
pub(crate) async fn done(db: &Db, key: &str, now: Timestamp) -> Result<(), Error> {
    let key = key.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE krav SET done = $1 WHERE key = $2 AND done IS NULL";
            tx.exec(sql, &[now.as_microsecond().into(), key.into()])
                .await?;
            Ok(())
        })
    })
    .await
}

/// A delivery that nobody has taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Untaken {
    pub(crate) key: String,
    pub(crate) target: String,
    pub(crate) place: String,
    pub(crate) came: Timestamp,
    pub(crate) due: Timestamp,
}

/// Deliveries that a person takes from a place, and has not, as far as we know.
pub(crate) async fn untaken(db: &Db) -> Result<Vec<Untaken>, Error> {
    db.read(|tx| {
        Box::pin(async move {
            let sql = "SELECT d.key, d.target, d.place, k.came, k.due
                       FROM delivery d JOIN krav k ON k.key = d.key
                       WHERE d.place IS NOT NULL AND d.taken IS NULL
                       ORDER BY k.due LIMIT 1000";
            let rows = tx.query(sql, &[]).await?;
            let read = |row: &db::Row| {
                Ok(Untaken {
                    key: row.text(0)?.to_owned(),
                    target: row.text(1)?.to_owned(),
                    place: row.text(2)?.to_owned(),
                    came: time(row.int(3)?),
                    due: time(row.int(4)?),
                })
            };
            rows.iter().map(read).collect()
        })
    })
    .await
}

/// Orders that not every target has, and that came before then.
pub(crate) async fn unfinished(db: &Db, before: Timestamp) -> Result<i64, Error> {
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT count(*) FROM krav WHERE done IS NULL AND came < $1";
            let row = tx.one(sql, &[before.as_microsecond().into()]).await?;
            Ok(row.map_or(Ok(0), |row| row.int(0))?)
        })
    })
    .await
}

/// How many orders name an address that no answer can be sent to.
pub(crate) async fn unanswerable(db: &Db) -> Result<i64, Error> {
    db.read(|tx| {
        Box::pin(async move {
            let sql = "SELECT count(*) FROM krav WHERE unanswerable";
            let row = tx.one(sql, &[]).await?;
            Ok(row.map_or(Ok(0), |row| row.int(0))?)
        })
    })
    .await
}

/// Somebody has taken it.
pub(crate) async fn taken(db: &Db, one: &Untaken, now: Timestamp) -> Result<(), Error> {
    let (key, target) = (one.key.clone(), one.target.clone());
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE delivery SET taken = $1 WHERE key = $2 AND target = $3";
            let at = now.as_microsecond();
            tx.exec(sql, &[at.into(), key.into(), target.into()])
                .await?;
            Ok(())
        })
    })
    .await
}
