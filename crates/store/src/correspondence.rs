//! Who writes to whom about what: the same for very many messages, so it lies once.

use aws_lc_rs::digest::{Context, SHA256};
use db::{Tx, Value};

use crate::Error;
use crate::conversation::NewConversation;

/// The number of the message's correspondence; the first message of one makes it.
pub(crate) async fn number(
    tx: &mut Tx<'_>,
    new: &NewConversation,
) -> Result<i64, Error> {
    let parts = [
        new.direction.as_str(),
        &new.sender,
        &new.sender_identifier,
        &new.receiver,
        &new.receiver_identifier,
        &new.process,
        &new.document_type,
        new.service,
    ];
    let digest = [Value::Blob(digest(parts))];
    let known = "SELECT id FROM correspondence WHERE digest = $1";
    if let Some(row) = tx.one(known, &digest).await? {
        return Ok(row.int(0)?);
    }
    let values = [digest.to_vec(), parts.map(Value::from).to_vec()].concat();
    let made = tx
        .one(
            "INSERT INTO correspondence (digest, direction, sender, sender_identifier,
                 receiver, receiver_identifier, process, document_type, service)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT DO NOTHING RETURNING id",
            &values,
        )
        .await?;
    // Another node may have made it at the same moment.
    let row = match made {
        Some(row) => Some(row),
        None => tx.one(known, &digest).await?,
    };
    Ok(row.ok_or(db::Error::Closed)?.int(0)?)
}

/// What may be long has an index that is not.
fn digest(parts: [&str; 8]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().to_vec()
}
