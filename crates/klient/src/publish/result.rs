//! The result of a file, as it is written beside it.

use noark::Language;
use serde_json::{Value, json};

use crate::ledger::file::File;
use crate::ledger::part;
use crate::{Error, Klient};

/// The language of results: the one of the people who read them.
pub(super) const LANGUAGE: Language = Language::Bokmaal;

impl Klient {
    /// Everything that is known of a file.
    pub(crate) async fn result(&self, file: &File) -> Result<Vec<u8>, Error> {
        let judged: Value = serde_json::from_str(&file.judged).unwrap_or_default();
        let mut parts = Vec::new();
        for part in part::of_file(&self.db, &file.name).await? {
            let words: Value = serde_json::from_str(&part.words).unwrap_or_default();
            parts.push(json!({
                "iri": part.iri,
                "trekkes": part.withdraws,
                "messageId": part.message_id,
                "conversationId": part.conversation_id,
                "tilstand": part.state.as_str(),
                "endret": part.changed.to_string(),
                "beskjeder": words,
            }));
        }
        let result = json!({
            "fil": file.name,
            "mappe": file.folder.as_str(),
            "mottatt": file.came.to_string(),
            "sendesTidligst": file.release.to_string(),
            "venter": file.held.as_ref().filter(|_| file.approved.is_none()),
            "godkjentAv": file.approved,
            "vurdering": judged,
            "deler": parts,
        });
        let text = serde_json::to_vec_pretty(&result);
        text.map_err(|e| Error::Ledger(e.to_string()))
    }
}
