//! Pop: GET /api/messages/in/pop/{messageId} ends here.
//!
//! Writes:  nothing, but for the lock of a slow caller, which is held for longer.
//! Refuses: unknown message, message that no peek holds, package that is not good
//!          (the message stays, and a key that is added later opens it).

use jiff::Timestamp;
use sbd::MessageId;
use store::incoming::{Form, Incoming};

use super::find::locked;
use super::open::{Opened, open};
use super::receive::{envelope, signers};
use crate::time::after;
use crate::{Error, Point};

/// What lies with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Popped {
    /// The ASiC-E container, byte for byte as it was sent.
    Package {
        /// Its bytes.
        asice: Vec<u8>,
        /// What is to be said of its signature.
        verdict: String,
    },
    /// The message is of a type that carries no files.
    Nothing,
}

/// The package of a message that a peek holds; that of this token, where the caller has
/// one. May be asked for again and again.
#[tracing::instrument(name = "pop", skip_all, fields(message.id = %id))]
pub async fn pop(
    point: &Point,
    id: &MessageId,
    token: Option<&str>,
) -> Result<Popped, Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let token = token.map(str::to_owned);
    let now = point.setup.clock.now();
    let (found, content) = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move {
                let found = locked(tx, &owner, &message, token.as_deref(), now).await?;
                let content = store::incoming::content(tx, found.row).await?;
                Ok::<_, Error>((found, content))
            })
        })
        .await?;
    if found.kind.as_str().ends_with("_kvittering") {
        return Ok(Popped::Nothing);
    }
    extend(point, &found, now).await?;
    let form = found.form;
    let signers = signers(&envelope(&found.sbd)?.facts()?);
    let remark = found.remark.unwrap_or_default();
    let bytes = point
        .setup
        .store
        .fetch(&point.vault, id.as_str(), content)
        .await?;
    let unreadable = |reason| Error::Unreadable {
        message: id.clone(),
        reason,
    };
    match form {
        Form::Package => Ok(Popped::Package {
            asice: bytes,
            verdict: remark,
        }),
        Form::None => Err(unreadable("the sender sent no package with it".into())),
        Form::Sealed => match open(point, bytes, signers).await? {
            Opened::Package { asice, verdict } => {
                Ok(Popped::Package { asice, verdict })
            }
            Opened::Sealed { reason, .. } => Err(unreadable(reason)),
        },
    }
}

/// Whoever pops is at work on it: half of the time before others get it is left to them.
async fn extend(point: &Point, found: &Incoming, now: Timestamp) -> Result<(), Error> {
    let time = point.setup.limits.lock_time;
    if found.locked_until >= after(now, time / 2) {
        return Ok(());
    }
    let (held, until) = (found.clone(), after(now, time));
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { store::incoming::extend(tx, &held, until).await })
    });
    Ok(work.await?)
}
