//! Visits: who is logged in, by the digest of what their browser carries.

use db::Db;
use jiff::Timestamp;

use crate::Error;

/// Somebody has logged in until then.
pub(crate) async fn begin(
    db: &Db,
    digest: Vec<u8>,
    who: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), Error> {
    let who = who.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "DELETE FROM visit WHERE until <= $1";
            tx.exec(sql, &[now.as_microsecond().into()]).await?;
            let sql = "INSERT INTO visit (digest, who, until) VALUES ($1, $2, $3)";
            let until = until.as_microsecond();
            tx.exec(sql, &[digest.into(), who.into(), until.into()])
                .await?;
            Ok(())
        })
    })
    .await
}

/// Who it is, if the visit is not over.
pub(crate) async fn who(
    db: &Db,
    digest: Vec<u8>,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    db.read(move |tx| {
        Box::pin(async move {
            let sql = "SELECT who FROM visit WHERE digest = $1 AND until > $2";
            let row = tx
                .one(sql, &[digest.into(), now.as_microsecond().into()])
                .await?;
            Ok(row.map(|row| row.text(0).map(str::to_owned)).transpose()?)
        })
    })
    .await
}

/// Somebody has logged out.
pub(crate) async fn end(db: &Db, digest: Vec<u8>) -> Result<(), Error> {
    db.write(move |tx| {
        Box::pin(async move {
            tx.exec("DELETE FROM visit WHERE digest = $1", &[digest.into()])
                .await?;
            Ok(())
        })
    })
    .await
}
