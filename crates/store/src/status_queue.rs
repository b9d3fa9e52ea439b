//! The status queue: statuses that wait until a caller has taken them one by one. They are
//! the pushes of a subscription that is nobody's, and that nobody is sent.

use db::Tx;
use sbd::Orgnr;

use crate::Error;
use crate::page::Ask;
use crate::status::{self, StatusOf};
use crate::subscription::Own;

/// How many are looked at at once for one whose conversation is still there.
const BATCH_MAX: usize = 50;

/// The oldest that waits. One whose conversation was forgotten is passed over.
pub async fn head(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<Option<StatusOf>, Error> {
    let sql = format!(
        "SELECT push.id, message_id, status FROM push
         JOIN subscription ON subscription.id = push.subscription
         WHERE subscription.owner = $1 AND resource = $2 AND state = 'waiting'
             AND push.id > $3
         ORDER BY push.id LIMIT {BATCH_MAX}"
    );
    let mut last = 0_i64;
    loop {
        let values = [
            owner.as_str().into(),
            Own::Queue.resource().into(),
            last.into(),
        ];
        let rows = tx.query(&sql, &values).await?;
        for row in &rows {
            last = row.int(0)?;
            let ask = Ask::all(1).equal("message_id", row.text(1)?);
            let ask = ask.equal("value", row.text(2)?);
            if let Some(found) = status::list(tx, owner, ask).await?.items.pop() {
                return Ok(Some(found));
            }
        }
        if rows.len() < BATCH_MAX {
            return Ok(None);
        }
    }
}

/// Take the status with this number off the queue; answers whether it was on it. The log
/// keeps it.
pub async fn take(tx: &mut Tx<'_>, owner: &Orgnr, id: i64) -> Result<bool, Error> {
    let found = status::list(tx, owner, Ask::all(1).equal("id", id)).await?;
    let Some(found) = found.items.into_iter().next() else {
        return Ok(false);
    };
    let sql =
        "DELETE FROM push WHERE message_id = $1 AND status = $2 AND subscription IN
                   (SELECT id FROM subscription WHERE owner = $3 AND resource = $4)";
    let values = [
        found.message_id.into(),
        found.line.status.to_string().into(),
        owner.as_str().into(),
        Own::Queue.resource().into(),
    ];
    Ok(tx.exec(sql, &values).await? > 0)
}
