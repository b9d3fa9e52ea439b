//! The text inside an einnsyn_kvittering: JSON about one published document.

use serde::{Deserialize, Serialize};

/// The result of a publication (variant A of einnsyn §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Result {
    /// False when it was not published.
    pub publisert: bool,
    /// Local time without zone.
    pub publisert_datotid: String,
    /// The archive creator's organisation number.
    pub arkivskaper_orgnummer: String,
    /// Its name.
    pub arkivskapernavn: String,
    /// Who sent the publication.
    pub publisert_av_orgnummer: String,
    /// eInnsyn's own id of it; not the one that it was published under.
    pub dokument_id: Option<String>,
    /// Why not, where it was not: ours to add, passed over by others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feilmelding: Option<String>,
}

/// What a kvittering says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Published, or not.
    Result(Result),
    /// A warning; it says nothing of success.
    Warning(String),
    /// Something else, kept as it is.
    Other(String),
}

impl Result {
    /// As the text that goes into the message.
    pub fn write(&self) -> String {
        serde_json::to_string(self).expect("texts and truth only")
    }
}

/// Read the text of a kvittering; whatever it is, it is something.
pub fn read(text: &str) -> Read {
    if let Ok(result) = serde_json::from_str::<Result>(text) {
        return Read::Result(result);
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) if value["alvorlighetsgrad"] == "ADVARSEL" => {
            Read::Warning(text.to_owned())
        }
        Ok(value) if value["publisert"].is_boolean() => Read::Result(Result {
            publisert: value["publisert"] == true,
            publisert_datotid: word(&value, "publisertDatotid"),
            arkivskaper_orgnummer: word(&value, "arkivskaperOrgnummer"),
            arkivskapernavn: word(&value, "arkivskapernavn"),
            publisert_av_orgnummer: word(&value, "publisertAvOrgnummer"),
            dokument_id: value["dokumentId"].as_str().map(str::to_owned),
            feilmelding: value["feilmelding"].as_str().map(str::to_owned),
        }),
        _ => Read::Other(text.to_owned()),
    }
}

fn word(value: &serde_json::Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
