//! Every incoming message id ever taken, so that a redelivery is recognised even after
//! the case system has deleted the message and the operator its conversation.

use db::Tx;
use sbd::{MessageId, Orgnr};

use crate::{Error, id};

/// Note the id; answers whether it is new.
pub async fn note(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
) -> Result<bool, Error> {
    let changed = tx
        .exec(
            "INSERT INTO seen (owner, message_id) VALUES ($1, $2)
             ON CONFLICT DO NOTHING",
            &[owner.as_str().into(), id::stored(message.as_str())],
        )
        .await?;
    Ok(changed == 1)
}

/// Whether the id was noted before.
pub async fn has(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM seen WHERE owner = $1 AND message_id = $2";
    let values = [owner.as_str().into(), id::stored(message.as_str())];
    Ok(tx.one(sql, &values).await?.is_some())
}

/// The message has gone to another access point of ours: should it ever come back, it is
/// to be taken.
pub async fn forget(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message: &MessageId,
) -> Result<(), Error> {
    let sql = "DELETE FROM seen WHERE owner = $1 AND message_id = $2";
    let values = [owner.as_str().into(), id::stored(message.as_str())];
    tx.exec(sql, &values).await?;
    Ok(())
}
