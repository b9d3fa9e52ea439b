//! The files of an outgoing message, in the order in which they came.

use db::{Row, Tx};

use crate::{Content, Error};

/// What is known of a file beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHead {
    /// Its name in the package; unique in the message.
    pub name: String,
    /// A title for people, if the caller gave one.
    pub title: Option<String>,
    /// Media type.
    pub mime: String,
}

/// A file with the place of its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Name, title, type.
    pub head: FileHead,
    /// Where its bytes lie.
    pub content: Content,
}

/// Count and total size of a message's files so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Files.
    pub count: u64,
    /// Bytes in all, before encryption.
    pub bytes: u64,
}

/// Add a file after those that are there; answers false when the name is taken.
pub async fn insert(
    tx: &mut Tx<'_>,
    outgoing: i64,
    file: &StoredFile,
) -> Result<bool, Error> {
    let [content, content_file] = file.content.columns();
    let changed = tx
        .exec(
            "INSERT INTO file
                 (outgoing, number, name, title, mime, size, content, content_file)
             SELECT $1, 1 + count(*), $2, $3, $4, $5, $6, $7
             FROM file WHERE outgoing = $1
             ON CONFLICT DO NOTHING",
            &[
                outgoing.into(),
                file.head.name.as_str().into(),
                file.head.title.as_deref().into(),
                file.head.mime.as_str().into(),
                i64::try_from(file.content.size).unwrap_or(i64::MAX).into(),
                content,
                content_file,
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// How many files the message has and how large they are together.
pub async fn sum(tx: &mut Tx<'_>, outgoing: i64) -> Result<Sum, Error> {
    let sql = "SELECT count(*), CAST(coalesce(sum(size), 0) AS BIGINT) FROM file WHERE outgoing = $1";
    let Some(row) = tx.one(sql, &[outgoing.into()]).await? else {
        return Ok(Sum { count: 0, bytes: 0 });
    };
    Ok(Sum {
        count: row.int(0)?.unsigned_abs(),
        bytes: row.int(1)?.unsigned_abs(),
    })
}

/// Whether the message has a file of this name.
pub async fn exists(tx: &mut Tx<'_>, outgoing: i64, name: &str) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM file WHERE outgoing = $1 AND name = $2";
    Ok(tx
        .one(sql, &[outgoing.into(), name.into()])
        .await?
        .is_some())
}

/// The names of the message's files, first to last.
pub async fn names(tx: &mut Tx<'_>, outgoing: i64) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM file WHERE outgoing = $1 ORDER BY number";
    let rows = tx.query(sql, &[outgoing.into()]).await?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// All files of the message, first to last.
pub async fn list(tx: &mut Tx<'_>, outgoing: i64) -> Result<Vec<StoredFile>, Error> {
    let sql = "SELECT name, title, mime, size, content, content_file FROM file
               WHERE outgoing = $1 ORDER BY number";
    tx.query(sql, &[outgoing.into()])
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The contents that lie in files of their own.
pub(crate) async fn spilled(
    tx: &mut Tx<'_>,
    outgoing: i64,
) -> Result<Vec<Content>, Error> {
    let sql = "SELECT size, content, content_file FROM file
               WHERE outgoing = $1 AND content_file IS NOT NULL";
    let rows = tx.query(sql, &[outgoing.into()]).await?;
    rows.iter().map(|row| Content::from_row(row, 0)).collect()
}

fn read(row: &Row) -> Result<StoredFile, Error> {
    let head = FileHead {
        name: row.text(0)?.to_owned(),
        title: row.maybe_text(1)?.map(str::to_owned),
        mime: row.text(2)?.to_owned(),
    };
    Ok(StoredFile {
        head,
        content: Content::from_row(row, 3)?,
    })
}
