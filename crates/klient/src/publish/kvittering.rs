//! Kvittering: eInnsyn's answer is noted in the ledger and beside the file that it
//! answers.
//!
//! Order:   peek → ledger → result beside the file → delete.
//! Refuses: nothing. What answers none of our files goes to the folder kvittering, or is
//!          left to others where several clients share the access point.

use fagsystem::WAITING_MAX;
use noark::kvittering::{Read, read};
use sbd::{BusinessMessage, EinnsynKvittering, MessageId, urn};
use serde_json::{Value, json};

use crate::files::Folder;
use crate::ledger::part::{self, Part, State};
use crate::ledger::published;
use crate::{Error, Klient};

/// Pages of the in-tray that are looked through for our own.
const PAGES_MAX: u64 = 1000;

impl Klient {
    /// Take one kvittering, if one waits; answers whether there was one.
    pub async fn kvittering(&self) -> Result<bool, Error> {
        if !self.settings.publish.kvittering {
            return Ok(false);
        }
        let Some(id) = self.next_kvittering().await? else {
            return Ok(false);
        };
        let mut filter = vec![("process", urn::RESPONSE_PROCESS)];
        if let Some(id) = &id {
            filter.push(("messageId", id.as_str()));
        }
        let Some(envelope) = self.access_point.peek(&filter).await? else {
            return Ok(false);
        };
        let facts = envelope.facts().map_err(|e| Error::Message {
            id: "?".into(),
            what: e.to_string(),
        })?;
        let BusinessMessage::EinnsynKvittering(kvittering) = &envelope.message else {
            return Err(Error::Message {
                id: facts.message_id.to_string(),
                what: "it is no einnsyn_kvittering".into(),
            });
        };
        self.hear(&facts.message_id, kvittering).await?;
        self.access_point.delete(&facts.message_id).await?;
        Ok(true)
    }

    /// Which to take: any, or where others share the access point, one that answers us.
    /// The outer option says whether there is one.
    async fn next_kvittering(&self) -> Result<Option<Option<MessageId>>, Error> {
        if !self.settings.shared {
            return Ok(Some(None));
        }
        let filter = [("process", urn::RESPONSE_PROCESS)];
        for page in 0..PAGES_MAX {
            let waiting = self.access_point.waiting(&filter, page).await?;
            let last = waiting.len() < WAITING_MAX;
            for envelope in waiting {
                let Ok(facts) = envelope.facts() else {
                    continue;
                };
                if let BusinessMessage::EinnsynKvittering(kvittering) =
                    &envelope.message
                    && self.part_of(kvittering).await?.is_some()
                {
                    return Ok(Some(Some(facts.message_id)));
                }
            }
            if last {
                break;
            }
        }
        Ok(None)
    }

    async fn part_of(
        &self,
        kvittering: &EinnsynKvittering,
    ) -> Result<Option<Part>, Error> {
        let text = kvittering.status.clone().unwrap_or_default();
        let conversation = match read(&text) {
            Read::Warning(warning) => warning.conversation_id,
            _ => None,
        };
        let iri = kvittering.dokument_id.as_deref().unwrap_or_default();
        part::answered(&self.db, iri, conversation.as_deref()).await
    }

    async fn hear(
        &self,
        id: &MessageId,
        kvittering: &EinnsynKvittering,
    ) -> Result<(), Error> {
        let text = kvittering.status.clone().unwrap_or_default();
        let said = read(&text);
        let word = json!({
            "fra": "eInnsyn",
            "messageId": id.to_string(),
            "dokumentId": kvittering.dokument_id,
            "utfall": outcome(&said),
            "status": serde_json::from_str(&text).unwrap_or_else(|_| json!(text)),
        });
        let Some(part) = self.part_of(kvittering).await? else {
            let body = serde_json::to_vec_pretty(&word).unwrap_or_default();
            let name = format!("{id}.json");
            return Ok(self.folders.write(Folder::Kvittering, &name, &body)?);
        };
        if heard_before(&part, id) {
            return self.settle(&part.file).await;
        }
        if let Read::Warning(warning) = &said {
            let of = warning.valideringsfeil.clone();
            self.db
                .write(move |tx| {
                    Box::pin(async move { published::complained(tx, &of).await })
                })
                .await?;
        }
        let state = match &said {
            // That it is not published is what was asked for.
            Read::Result(_) if part.withdraws => part.state,
            Read::Result(result) if result.publisert => State::Publisert,
            Read::Result(_) => State::Avvist,
            _ => part.state,
        };
        self.note(&part, state, Some(word)).await
    }
}

/// Cut short between ledger and delete.
fn heard_before(part: &Part, id: &MessageId) -> bool {
    let words: Vec<Value> = serde_json::from_str(&part.words).unwrap_or_default();
    words.iter().any(|word| word["messageId"] == id.as_str())
}

fn outcome(said: &Read) -> &'static str {
    match said {
        Read::Result(result) if result.publisert => "publisert",
        Read::Result(_) => "ikkePublisert",
        Read::Warning(_) => "advarsel",
        Read::Other(_) => "ukjent",
    }
}
