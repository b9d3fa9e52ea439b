//! Files: where each belongs, and what it waits for.

use db::{Db, Row, Tx};
use jiff::Timestamp;

use super::part::{self, NewPart};
use crate::Error;
use crate::files::Folder;

/// A file of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) folder: Folder,
    pub(crate) came: Timestamp,
    pub(crate) release: Timestamp,
    /// Why a person must let it go.
    pub(crate) held: Option<String>,
    /// The person who did.
    pub(crate) approved: Option<String>,
    /// What was found in it: JSON.
    pub(crate) judged: String,
}

const COLUMNS: &str = "name, state, came, release, held, approved, judged";

fn read(row: &Row) -> Result<File, Error> {
    Ok(File {
        name: row.text(0)?.to_owned(),
        folder: Folder::of(row.text(1)?)?,
        came: super::part::time(row.int(2)?),
        release: super::part::time(row.int(3)?),
        held: row.maybe_text(4)?.map(str::to_owned),
        approved: row.maybe_text(5)?.map(str::to_owned),
        judged: row.text(6)?.to_owned(),
    })
}

/// Enter a file and its parts, all or nothing; one that is known stays as it is.
pub(crate) async fn enter(
    db: &Db,
    file: File,
    parts: Vec<NewPart>,
) -> Result<(), Error> {
    db.write(move |tx| {
        Box::pin(async move {
            let new = tx
                .exec(
                    "INSERT INTO file (name, state, came, release, held, approved, judged)
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                    &[
                        file.name.as_str().into(),
                        file.folder.as_str().into(),
                        file.came.as_microsecond().into(),
                        file.release.as_microsecond().into(),
                        file.held.into(),
                        file.approved.into(),
                        file.judged.into(),
                    ],
                )
                .await?;
            if new == 1 {
                part::enter(tx, &file.name, parts, file.came).await?;
            }
            Ok(())
        })
    })
    .await
}

/// A file by its name.
pub(crate) async fn find(db: &Db, name: &str) -> Result<Option<File>, Error> {
    let name = name.to_owned();
    db.read(move |tx| {
        Box::pin(async move {
            let sql = format!("SELECT {COLUMNS} FROM file WHERE name = $1");
            tx.one(&sql, &[name.into()])
                .await?
                .as_ref()
                .map(read)
                .transpose()
        })
    })
    .await
}

/// The files of a folder, newest first.
pub(crate) async fn of_folder(
    db: &Db,
    folder: Folder,
    most: i64,
) -> Result<Vec<File>, Error> {
    db.read(move |tx| {
        Box::pin(async move {
            let sql = format!(
                "SELECT {COLUMNS} FROM file WHERE state = $1
                 ORDER BY came DESC, name LIMIT $2"
            );
            let rows = tx
                .query(&sql, &[folder.as_str().into(), most.into()])
                .await?;
            rows.iter().map(read).collect()
        })
    })
    .await
}

/// Where it belongs from now on.
pub(crate) async fn moved(
    tx: &mut Tx<'_>,
    name: &str,
    to: Folder,
) -> Result<(), Error> {
    let sql = "UPDATE file SET state = $1 WHERE name = $2";
    tx.exec(sql, &[to.as_str().into(), name.into()]).await?;
    Ok(())
}

/// Let a file go that somebody held back; says whether one was held.
pub(crate) async fn approve(db: &Db, name: &str, by: &str) -> Result<bool, Error> {
    let (name, by) = (name.to_owned(), by.to_owned());
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE file SET approved = $1, state = 'sending'
                       WHERE name = $2 AND held IS NOT NULL AND approved IS NULL
                         AND state IN ('sending', 'karantene')";
            Ok(tx.exec(sql, &[by.into(), name.into()]).await? == 1)
        })
    })
    .await
}

/// When a file last came, of those that were not refused.
pub(crate) async fn latest(db: &Db) -> Result<Option<Timestamp>, Error> {
    db.read(|tx| {
        Box::pin(async move {
            let sql = "SELECT max(changed) FROM part
                       WHERE state IN ('sendt', 'mottatt', 'levert', 'publisert')";
            let row = tx.one(sql, &[]).await?;
            let at = row.map(|r| r.maybe_int(0)).transpose()?.flatten();
            Ok(at.map(part::time))
        })
    })
    .await
}
