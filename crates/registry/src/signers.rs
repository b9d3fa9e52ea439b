//! By whose signature a register's answers are believed.

use std::sync::Mutex;

use reqwest::{Client, header};
use secrecy::zeroize::Zeroizing;
use url::Url;

use crate::client::{self, ANSWER_TIME_MAX, Settings};
use crate::jws::Verifier;
use crate::memory::locked;
use crate::question::Answer;
use crate::{Error, record};

/// Whose signature counts.
pub(crate) enum Signers {
    Nobody,
    Pinned(Verifier),
    Published {
        at: Url,
        client: Client,
        known: Mutex<Option<Verifier>>,
    },
}

impl Signers {
    /// Says loudly when nobody's does.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Error> {
        Ok(match (&settings.verifier, &settings.keys_at) {
            (Some(verifier), _) => Self::Pinned(verifier.clone()),
            (None, None) => {
                tracing::warn!("the address register's answers are taken UNSIGNED");
                Self::Nobody
            }
            (None, Some(at)) => {
                let client = outbound::client_within(at, ANSWER_TIME_MAX);
                Self::Published {
                    at: at.clone(),
                    client: client.map_err(|e| Error::Settings(e.to_string()))?,
                    known: Mutex::default(),
                }
            }
        })
    }

    pub(crate) const fn any(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Published keys as they were kept before a restart; false when this is none.
    pub(crate) fn recall(&self, question: &str, keys: &[u8]) -> bool {
        let Self::Published { at, known, .. } = self else {
            return false;
        };
        let text = std::str::from_utf8(keys).ok();
        let text = text.filter(|_| question == at.as_str());
        let verifier = text.and_then(|text| Verifier::from_pem(text).ok());
        let is = verifier.is_some();
        if is {
            *locked(known) = verifier;
        }
        is
    }

    /// Published keys are fetched once, and anew when another signs: where from and what
    /// they are, when an answer is signed by them that was not by those before.
    pub(crate) async fn inquire(
        &self,
        answer: &Answer,
    ) -> Result<Option<(String, Zeroizing<Vec<u8>>)>, Error> {
        let Self::Published { at, client, known } = self else {
            return Ok(None);
        };
        if !answer.signed || self.believed(answer).is_ok() {
            return Ok(None);
        }
        let reply = client.get(at.clone()).header(header::ACCEPT, "*/*");
        let reply = reply.send().await.map_err(client::unreachable)?;
        let (status, keys) = (reply.status(), client::text(reply).await?);
        if !status.is_success() {
            return Err(client::refusal(status, &keys));
        }
        let verifier = Verifier::from_pem(&keys)
            .map_err(|e| Error::Answer(format!("its published keys: {e}")))?;
        verifier.verify(&answer.text, answer.at)?;
        *locked(known) = Some(verifier);
        Ok(Some((at.to_string(), Zeroizing::new(keys.into_bytes()))))
    }

    /// What an answer says, if it is signed as it must be.
    pub(crate) fn believed(&self, answer: &Answer) -> Result<Zeroizing<String>, Error> {
        let verify = |verifier: &Verifier| {
            let body = verifier.verify(&answer.text, answer.at)?;
            let text = String::from_utf8(body).map_err(|e| record::answer(&e))?;
            Ok(Zeroizing::new(text))
        };
        let unsigned = |what: &str| Err(Error::Signature(what.into()));
        match (self, answer.signed) {
            (Self::Nobody, false) => Ok(answer.text.clone()),
            (Self::Nobody, true) => Err(Error::Answer(
                "it is signed, but signed = false is set".into(),
            )),
            (_, false) => unsigned("it is not signed"),
            (Self::Pinned(verifier), true) => verify(verifier),
            (Self::Published { known, .. }, true) => match &*locked(known) {
                Some(verifier) => verify(verifier),
                None => unsigned("its published keys are not known"),
            },
        }
    }
}
