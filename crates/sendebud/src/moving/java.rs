//! The other access point, by its API: who we are to it, what waits there, and what its
//! refusals mean.

use fagsystem::{Error, Fagsystem, Listed};
use sbd::Envelope;
use url::Url;

use super::DPE;

/// What is with the other access point.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Ids of what its case system has not taken.
    pub(crate) incoming: Vec<String>,
    /// Ids of what has not left it.
    pub(crate) outgoing: Vec<String>,
    /// How many conversations it knows.
    pub(crate) conversations: u64,
}

/// Look at what is there. Changes nothing.
pub(crate) async fn waiting(other: &Fagsystem) -> Result<Waiting, Error> {
    let (mut incoming, mut outgoing) = (Vec::new(), Vec::new());
    for page in 0.. {
        let listed = other.incoming(&DPE, page).await?;
        if add(&mut incoming, &listed) {
            break;
        }
    }
    for page in 0.. {
        let listed = other.unsent(&DPE, page).await?;
        if add(&mut outgoing, &listed) {
            break;
        }
    }
    Ok(Waiting {
        incoming,
        outgoing,
        conversations: other.conversations(&DPE, 0).await?.total,
    })
}

/// Answers whether it was the last page.
fn add(all: &mut Vec<String>, page: &Listed<Envelope>) -> bool {
    all.extend(page.items.iter().map(id_of));
    page.last || page.items.is_empty()
}

/// A message's id, for people.
pub(crate) fn id_of(envelope: &Envelope) -> String {
    let head = envelope.header.document_identification.as_ref();
    let id = head.and_then(|head| head.instance_identifier.clone());
    id.unwrap_or_else(|| "a message without an id".into())
}

/// The error, and what to do about it.
pub(crate) fn explained(error: Error, api: &Url) -> anyhow::Error {
    let advice = match &error {
        Error::Unreachable(_) => {
            "is it running, and is it http or https? What was moved so far is safe; run \
             it again"
        }
        Error::Refused {
            status: 401 | 403, ..
        } => {
            "its difi.security.user.name and password are needed; --user and \
             --password-file give others"
        }
        Error::Refused { status: 404, .. } | Error::Answer(_) => {
            "is it an integrasjonspunkt's API? Give --api without a path: \
             http://localhost:9093"
        }
        Error::Refused { .. } => "its log says more; run it again",
    };
    anyhow::anyhow!("{api}: {error}; {advice}")
}
