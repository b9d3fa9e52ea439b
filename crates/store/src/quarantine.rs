//! What came in, could not be read, and could not be dead-lettered where it came from.

use db::Tx;
use jiff::Timestamp;
use sbd::Orgnr;

use crate::Error;
use crate::page::{Ask, Page};
use crate::status::moment;

/// A delivery that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Its number.
    pub id: i64,
    /// Why, in one word.
    pub reason: String,
    /// Why, in words.
    pub description: String,
    /// When it was received.
    pub at: Timestamp,
    /// Its bytes, encrypted; empty in a list.
    pub sealed: Vec<u8>,
}

/// The column behind a property, for sorting.
pub fn column(property: &str) -> Option<&'static str> {
    Some(match property {
        "id" => "id",
        "reason" => "reason",
        "received" => "at",
        _ => return None,
    })
}

/// Keep the bytes, encrypted by the caller, with the reason in words.
pub async fn keep(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    reason: &str,
    description: &str,
    sealed: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO quarantine (owner, reason, description, content, at)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            owner.as_str().into(),
            reason.into(),
            description.into(),
            sealed.into(),
            now.as_microsecond().into(),
        ],
    )
    .await?;
    Ok(())
}

/// A page of them.
pub async fn list(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: Ask,
) -> Result<Page<Quarantined>, Error> {
    let columns = "id, reason, description, at";
    ask.equal("owner", owner.as_str())
        .run(tx, columns, "quarantine", |row| {
            Ok(Quarantined {
                id: row.int(0)?,
                reason: row.text(1)?.to_owned(),
                description: row.text(2)?.to_owned(),
                at: moment(row.int(3)?),
                sealed: Vec::new(),
            })
        })
        .await
}

/// The one with this number, with its bytes.
pub async fn find(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: i64,
) -> Result<Option<Quarantined>, Error> {
    let ask = Ask::all(1).equal("id", id);
    let Some(found) = list(tx, owner, ask).await?.items.pop() else {
        return Ok(None);
    };
    let sql = "SELECT content FROM quarantine WHERE id = $1";
    let row = tx.one(sql, &[id.into()]).await?;
    let sealed = row.map(|row| Ok::<_, Error>(row.blob(0)?.to_vec()));
    Ok(Some(Quarantined {
        sealed: sealed.transpose()?.unwrap_or_default(),
        ..found
    }))
}

/// Remove it for good; answers whether it was there.
pub async fn remove(tx: &mut Tx<'_>, owner: &Orgnr, id: i64) -> Result<bool, Error> {
    let sql = "DELETE FROM quarantine WHERE owner = $1 AND id = $2";
    Ok(tx.exec(sql, &[owner.as_str().into(), id.into()]).await? > 0)
}

/// How many lie there.
pub async fn count(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM quarantine WHERE owner = $1";
    let row = tx.one(sql, &[owner.as_str().into()]).await?;
    Ok(row
        .map(|r| r.int(0))
        .transpose()?
        .unwrap_or(0)
        .unsigned_abs())
}
