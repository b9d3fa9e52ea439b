//! Wash: what may not be kept or found any longer goes.
//!
//! Writes: into the search index what has no row there; out of it, a year after
//!         publication, the names; files that came in
//!         out of the table of imports, orders out of the tables. A little at a time.
//! Twice:  the second time there is nothing left to take.

use db::Tx;
use jiff::SignedDuration;

use crate::archive::index;
use crate::{Error, Portal};

/// Rows that one commit takes.
const ROWS_MAX: i64 = 200;
/// > guest orders are deleted after 180 days (einnsyn §1.6)
const ORDER_TIME_MAX: SignedDuration = SignedDuration::from_hours(24 * 180);
/// How long the link in the mail can be used.
pub(crate) const VERIFY_TIME_MAX: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Portal {
    /// Take away some of what is due; answers whether there was any.
    pub async fn wash(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        let before = |time: SignedDuration| {
            let then = now.checked_sub(time).unwrap_or_default();
            then.as_microsecond()
        };
        let named_after = self.named_after();
        let payload = before(self.settings.payload_time());
        let (old, unverified) = (before(ORDER_TIME_MAX), before(VERIFY_TIME_MAX));
        let taken = self.db.write::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let mut taken = names(tx, named_after).await?;
                taken += unindexed(tx, named_after).await?;
                let sql = "UPDATE import SET payload = NULL WHERE id IN (
                               SELECT id FROM import
                               WHERE payload IS NOT NULL AND at < $1 LIMIT $2)";
                taken += tx.exec(sql, &[payload.into(), ROWS_MAX.into()]).await?;
                let sql = "DELETE FROM bestilling WHERE id IN (
                               SELECT id FROM bestilling WHERE at < $1
                                   OR (secret IS NOT NULL AND at < $2) LIMIT $3)";
                let values = [old.into(), unverified.into(), ROWS_MAX.into()];
                taken += tx.exec(sql, &values).await?;
                Ok(taken)
            })
        });
        Ok(taken.await? > 0)
    }
}

/// A registrering without a row in the index gets one: key 0 is how a change of the
/// tables says that the index is to be written anew.
async fn unindexed(tx: &mut Tx<'_>, named_after: i64) -> Result<u64, db::Error> {
    let sql = "SELECT id FROM registrering WHERE key = 0 LIMIT $1";
    let rows = tx.query(sql, &[ROWS_MAX.into()]).await?;
    for row in &rows {
        index(tx, row.int(0)?, named_after).await?;
    }
    Ok(rows.len() as u64)
}

/// > afterwards only the washed one (einnsyn §4.3)
async fn names(tx: &mut Tx<'_>, named_after: i64) -> Result<u64, db::Error> {
    let sql = "SELECT id FROM registrering WHERE named = 1 AND published < $1
               LIMIT $2";
    let rows = tx
        .query(sql, &[named_after.into(), ROWS_MAX.into()])
        .await?;
    for row in &rows {
        index(tx, row.int(0)?, named_after).await?;
    }
    Ok(rows.len() as u64)
}
