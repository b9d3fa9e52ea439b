//! Send the parts that may be sent.

use std::collections::BTreeSet;

use fagsystem::{Correspondence, Upload, publisering};
use noark::{document, withdrawn_by};
use sbd::urn;
use serde_json::json;

use crate::ledger::part::{self, Part, State};
use crate::ledger::published;
use crate::{Error, Klient};

/// Media type of what eInnsyn is sent, and the name that it goes by.
const MIME: &str = "application/ld+json";
const FILE_NAME: &str = "payload.jsonld";

impl Klient {
    /// Send what may be sent; answers whether there was any.
    pub(super) async fn send_ready(&self) -> Result<bool, Error> {
        let ready = part::ready(&self.db, self.clock.now()).await?;
        for part in &ready {
            self.send_part(part).await?;
        }
        Ok(!ready.is_empty())
    }

    async fn send_part(&self, part: &Part) -> Result<(), Error> {
        let payload = part::payload(&self.db, &part.file, part.number).await?;
        match self.send_message(part, payload.clone()).await {
            // Sent before we were cut short: one request stores and sends, or neither.
            Err(error) if error.is("MessageAlreadyExistsException") => {}
            Err(error) if error.fault() == fault::Fault::Caller => {
                let word = json!({"fra": "aksesspunktet", "tekst": error.to_string()});
                return self.note(part, State::Avvist, Some(word)).await;
            }
            sent => sent?,
        }
        let said = document(&payload).map_err(|e| Error::Ledger(e.to_string()))?;
        let now = self.clock.now();
        let sent = part.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if sent.withdraws {
                        let all = withdrawn_by(&said).into_iter();
                        let iris: Vec<_> = all.map(|(iri, _)| iri).collect();
                        published::withdrawn(tx, &iris).await?;
                    } else {
                        let nodes = said.graph.nodes().iter().map(|n| n.name);
                        let named = nodes.filter(|name| !said.graph.is_blank(*name));
                        let objects: BTreeSet<_> =
                            named.map(|n| said.graph.name(n).to_owned()).collect();
                        published::now(tx, &sent, objects).await?;
                    }
                    part::sent(tx, &sent, now).await
                })
            })
            .await?;
        self.settle(&part.file).await
    }

    async fn send_message(
        &self,
        part: &Part,
        payload: Vec<u8>,
    ) -> Result<(), fagsystem::Error> {
        let receiver = &self.settings.receiver;
        let who = Correspondence {
            sender: self.settings.sender().clone(),
            receiver: receiver.clone(),
            message_id: part.message_id.parse().expect("made from a UUID"),
            conversation_id: part.conversation_id.clone(),
            expires: None,
        };
        let process = self.process(part).await?;
        let message = publisering(&who, &self.settings.orgnr, process);
        let file = Upload {
            name: FILE_NAME.into(),
            mime: MIME.into(),
            bytes: payload.into(),
        };
        let sent = self.access_point.multipart(&message, vec![file]).await;
        sent.map(drop)
    }

    /// Meetings go under their own process where the receiver still lists it.
    async fn process(&self, part: &Part) -> Result<&'static str, fagsystem::Error> {
        if !part.meeting {
            return Ok(urn::JOURNALPOST_PROCESS);
        }
        let receiver = self.settings.receiver.as_str();
        let known = self.access_point.capabilities(receiver).await?;
        let listed = known.iter().any(|c| c.process == urn::MEETING_PROCESS);
        Ok(match listed {
            true => urn::MEETING_PROCESS,
            false => urn::JOURNALPOST_PROCESS,
        })
    }
}
