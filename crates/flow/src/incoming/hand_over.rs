//! Hand over: what waits for the case system goes to another access point of ours, by
//! way of the queue that both read.
//!
//! Order:   package → sealed to our own certificate → our own queue; and, when the
//!          other one has it, it is let go of.
//! Writes:  nothing, until the message is gone, its id with it so that it can come back.
//! Refuses: unknown message.
//! Twice:   the other one gets a second copy under the same id, which it knows by that
//!          for as long as the first waits there.

use bytes::Bytes;
use dokumentpakke::{KeyTransport, envelop};
use sbd::{MessageId, payload};
use store::incoming::{self, Form};
use store::{Content, seen};
use transport::{Parcel, queue};

use super::receive::envelope;
use crate::busy::busy;
use crate::{Error, Point, ledger};

/// Put the message on our own queue, with its sender's signature as it is.
pub async fn put_back(point: &Point, id: &MessageId) -> Result<(), Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let read = point.setup.store.read(move |tx| {
        Box::pin(async move {
            let found = incoming::find(tx, &owner, &message).await?;
            let found = found.ok_or(Error::MessageNotFound(message))?;
            let content = incoming::content(tx, found.row).await?;
            Ok::<_, Error>((found, content))
        })
    });
    let (found, content) = read.await?;
    let cms = match found.form {
        Form::None => None,
        Form::Sealed => Some(fetch(point, id, content).await?),
        Form::Package => {
            let asice = fetch(point, id, content).await?;
            let bytes = asice.len();
            let (own, random) = (point.identity(), point.setup.random.clone());
            let seal = move || {
                let to = own.certificate();
                envelop(&asice, to, KeyTransport::Pkcs1v15, &random)
            };
            Some(busy(bytes, seal).await??)
        }
    };
    let parcel = Parcel {
        queue: queue::own(point.orgnr(), point.setup.mode),
        message_id: id.to_string(),
        body: Bytes::from(payload::write(&envelope(&found.sbd)?, cms.as_deref())),
        time_to_live: None,
    };
    Ok(point.setup.transport.send(parcel).await?)
}

/// The other one has it.
pub async fn let_go(point: &Point, id: &MessageId) -> Result<(), Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let now = point.setup.clock.now();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            let found = incoming::find(tx, &owner, &message).await?;
            let found = found.ok_or_else(|| Error::MessageNotFound(message.clone()))?;
            seen::forget(tx, &owner, &message).await?;
            ledger::leave(tx, &owner, &message, now).await?;
            Ok::<_, Error>(incoming::remove(tx, found.row).await?)
        })
    });
    let gone = work.await?;
    point.setup.store.discard(gone).await;
    Ok(())
}

async fn fetch(
    point: &Point,
    id: &MessageId,
    content: Content,
) -> Result<Vec<u8>, Error> {
    let store = &point.setup.store;
    Ok(store.fetch(&point.vault, id.as_str(), content).await?)
}
