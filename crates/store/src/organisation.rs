//! The organisations that this store serves, each with its wrapped data key.

use db::Tx;
use jiff::Timestamp;
use sbd::Orgnr;

use crate::Error;

/// A data key as it lies in the database: wrapped by the organisation's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The wrapped key.
    pub bytes: Vec<u8>,
    /// Serial number of the certificate that wraps it.
    pub wrapped_by: String,
}

/// The organisation's wrapped data key, if it has one.
pub async fn key(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<Option<WrappedKey>, Error> {
    let sql = "SELECT data_key, wrapped_by FROM organisation WHERE orgnr = $1";
    let Some(row) = tx.one(sql, &[owner.as_str().into()]).await? else {
        return Ok(None);
    };
    let (bytes, wrapped_by) = (row.blob(0)?.to_vec(), row.text(1)?.to_owned());
    Ok(Some(WrappedKey { bytes, wrapped_by }))
}

/// Keep the wrapped key unless there is one; answers the one that is kept then. Of
/// nodes that start together, one makes the key that all of them use.
pub async fn first_key(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    key: WrappedKey,
    now: Timestamp,
) -> Result<WrappedKey, Error> {
    let sql = "INSERT INTO organisation (orgnr, data_key, wrapped_by, created_at)
               VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let values = [
        owner.as_str().into(),
        key.bytes.as_slice().into(),
        key.wrapped_by.as_str().into(),
        now.as_microsecond().into(),
    ];
    tx.exec(sql, &values).await?;
    let kept = self::key(tx, owner).await?;
    Ok(kept.unwrap_or(key))
}

/// Replace the former wrapping of the same key.
pub async fn rewrap(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    key: &WrappedKey,
) -> Result<(), Error> {
    let sql = "UPDATE organisation SET data_key = $1, wrapped_by = $2 WHERE orgnr = $3";
    let values = [
        key.bytes.as_slice().into(),
        key.wrapped_by.as_str().into(),
        owner.as_str().into(),
    ];
    tx.exec(sql, &values).await?;
    Ok(())
}
