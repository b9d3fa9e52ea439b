//! Every incoming message id ever taken, so that a redelivery is recognised even after
//! the case system has deleted the message and the operator its conversation.

use db::Tx;
use jiff::Timestamp;
use sbd::{MessageId, Orgnr};

use crate::Error;

/// Note the id; answers whether it is new.
pub async fn note(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    now: Timestamp,
) -> Result<bool, Error> {
    let changed = tx
        .exec(
            "INSERT INTO seen (owner, message_id, at) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            &[
                owner.as_str().into(),
                id.as_str().into(),
                now.as_microsecond().into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}
