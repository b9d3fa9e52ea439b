//! Pop: GET /api/messages/in/pop/{messageId} ends here.
//!
//! Writes:  nothing.
//! Refuses: unknown message, message that no peek holds, package that is not good
//!          (the message stays, and a key that is added later opens it).

use sbd::MessageId;
use store::incoming::Form;

use super::find::locked;
use super::open::{Opened, open};
use super::receive::{envelope, signers};
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

/// The package of a message that a peek holds. May be asked for again and again.
pub async fn pop(point: &Point, id: &MessageId) -> Result<Popped, Error> {
    let (owner, message) = (point.orgnr().clone(), id.clone());
    let now = point.setup.clock.now();
    let (found, content) = point
        .setup
        .store
        .read(move |tx| {
            Box::pin(async move {
                let found = locked(tx, &owner, &message, now).await?;
                let content = store::incoming::content(tx, found.row).await?;
                Ok::<_, Error>((found, content))
            })
        })
        .await?;
    if found.kind.as_str().ends_with("_kvittering") {
        return Ok(Popped::Nothing);
    }
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
