//! The answers to a publication, as eInnsyn writes them (einnsyn §5).

use noark::kvittering::{Result as Outcome, Valideringsfeil};
use serde_json::json;

/// Who is answered, and about whose data.
#[derive(Debug, Clone)]
pub(super) struct About {
    /// Who sent the publication.
    pub(super) sender: String,
    /// Whose data it is: number and name.
    pub(super) owner: String,
    pub(super) navn: String,
    /// The publication's conversation.
    pub(super) conversation_id: String,
    /// Local time without a zone.
    pub(super) local: String,
}

impl About {
    /// Variant A: it was published, or why not. After a withdrawal it is not published.
    pub(super) fn result(&self, einnsyn_id: &str, why_not: Option<String>) -> Outcome {
        Outcome {
            publisert: why_not.is_none(),
            publisert_datotid: self.local.clone(),
            arkivskaper_orgnummer: self.owner.clone(),
            arkivskapernavn: self.navn.clone(),
            publisert_av_orgnummer: self.sender.clone(),
            dokument_id: Some(einnsyn_id.to_owned()),
            feilmelding: why_not,
            ..Outcome::default()
        }
    }

    /// It was withdrawn, and nothing went wrong.
    pub(super) fn withdrawn(&self, einnsyn_id: &str) -> Outcome {
        Outcome {
            publisert: false,
            ..self.result(einnsyn_id, None)
        }
    }

    /// Variant B: what to mend; it says nothing of success.
    pub(super) fn warning(
        &self,
        transaction_id: &str,
        complaints: &[Valideringsfeil],
    ) -> String {
        json!({
            "publisertAvOrgnummer": self.sender,
            "arkivskaper": format!("http://data.einnsyn.no/virksomhet/{}", self.owner),
            "dokumentId": null,
            "transactionId": transaction_id,
            "conversationId": self.conversation_id,
            "alvorlighetsgrad": "ADVARSEL",
            "valideringsfeil": complaints,
        })
        .to_string()
    }
}
