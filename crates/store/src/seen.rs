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
