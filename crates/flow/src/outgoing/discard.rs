//! Discard an outgoing message: DELETE /api/messages/out/{messageId} ends here.
//!
//! Writes:  the message, its files and its job are gone. The conversation stays, so the
//!          id cannot be used again (as in the Java access point), but it has no levetid
//!          any more that could run out.
//! Refuses: nothing; what is unknown or has left is left alone.

use sbd::MessageId;
use store::{conversation, job};

use crate::{Error, Point};

/// Drop the message if it has not left yet.
pub async fn discard(point: &Point, id: &MessageId) -> Result<(), Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let gone = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                if store::outgoing::find(tx, &owner, &message).await?.is_some() {
                    conversation::withdraw(tx, &owner, &message).await?;
                }
                job::cancel(tx, &owner, &message).await?;
                store::outgoing::remove(tx, &owner, &message).await
            })
        })
        .await
        .map_err(Error::Store)?;
    point.setup.store.discard(gone).await;
    Ok(())
}
