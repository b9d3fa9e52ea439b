//! What came in, could not be read, and could not be dead-lettered where it came from.

use db::Tx;
use jiff::Timestamp;
use sbd::Orgnr;

use crate::Error;

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
