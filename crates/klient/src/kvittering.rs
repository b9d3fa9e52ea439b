//! Kvittering: eInnsyn's answer is written beside the file that it answers.
//!
//! Order:   peek → write, sync, move → delete.
//! Refuses: nothing. What answers none of our files goes to the folder `kvittering`.

use noark::kvittering::{Read, read};
use sbd::{BusinessMessage, urn};
use serde_json::json;

use crate::{Error, Klient, ledger};

impl Klient {
    /// Take one kvittering, if one waits; answers whether there was one.
    pub async fn kvittering(&self) -> Result<bool, Error> {
        let filter = [("process", urn::RESPONSE_PROCESS)];
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
        let dokument_id = kvittering.dokument_id.clone().unwrap_or_default();
        let text = kvittering.status.clone().unwrap_or_default();
        let file = ledger::file_of(&self.db, &dokument_id).await?;
        let body = json!({
            "messageId": facts.message_id.to_string(),
            "dokumentId": dokument_id,
            "tilstand": state(&text),
            "status": serde_json::from_str(&text).unwrap_or(json!(text)),
        });
        let body = serde_json::to_vec_pretty(&body).unwrap_or_default();
        match file {
            Some(name) => {
                self.folders.write(
                    "sendt",
                    &format!("{name}.kvittering.json"),
                    &body,
                )?;
            }
            None => {
                let name = format!("{}.json", facts.message_id);
                self.folders.write("kvittering", &name, &body)?;
            }
        }
        self.access_point.delete(&facts.message_id).await?;
        Ok(true)
    }
}

fn state(text: &str) -> &'static str {
    match read(text) {
        Read::Result(result) if result.publisert => "publisert",
        Read::Result(_) => "ikkePublisert",
        Read::Warning(_) => "advarsel",
        Read::Other(_) => "ukjent",
    }
}
