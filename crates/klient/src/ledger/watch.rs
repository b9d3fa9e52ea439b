//! What the operator was told of.

use std::collections::BTreeMap;

use db::Db;
use jiff::Timestamp;

use crate::Error;

/// Make the alerts that stand those that are given. Answers the names of those that the
/// operator has not been told of.
pub(crate) async fn stand(
    db: &Db,
    alerts: BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Vec<(String, String)>, Error> {
    db.write(move |tx| {
        Box::pin(async move {
            let known = tx.query("SELECT name FROM alert", &[]).await?;
            for row in &known {
                let name = row.text(0)?;
                if !alerts.contains_key(name) {
                    tx.exec("DELETE FROM alert WHERE name = $1", &[name.into()])
                        .await?;
                }
            }
            for (name, words) in &alerts {
                tx.exec(
                    "INSERT INTO alert (name, since, words) VALUES ($1, $2, $3)
                     ON CONFLICT (name) DO UPDATE SET words = excluded.words",
                    &[name.into(), now.as_microsecond().into(), words.into()],
                )
                .await?;
            }
            let sql = "SELECT name, words FROM alert WHERE told IS NULL ORDER BY name";
            let rows = tx.query(sql, &[]).await?;
            let read =
                |row: &db::Row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
            rows.iter().map(read).collect()
        })
    })
    .await
}

/// The operator has been told.
pub(crate) async fn told(
    db: &Db,
    names: Vec<String>,
    now: Timestamp,
) -> Result<(), Error> {
    db.write(move |tx| {
        Box::pin(async move {
            for name in names {
                let sql = "UPDATE alert SET told = $1 WHERE name = $2";
                tx.exec(sql, &[now.as_microsecond().into(), name.into()])
                    .await?;
            }
            Ok(())
        })
    })
    .await
}

/// The alerts that stand: name and words.
pub(crate) async fn standing(db: &Db) -> Result<Vec<(String, String)>, Error> {
    db.read(|tx| {
        Box::pin(async move {
            let rows = tx
                .query("SELECT name, words FROM alert ORDER BY name", &[])
                .await?;
            let read =
                |row: &db::Row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
            rows.iter().map(read).collect()
        })
    })
    .await
}
