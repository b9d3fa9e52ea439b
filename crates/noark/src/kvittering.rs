//! einnsyn_kvittering: eInnsyn's answer about one published document (einnsyn §5).

mod judge;
mod repair;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use judge::judge;

/// The result of a publication (variant A).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Result {
    /// False when it was not published.
    pub publisert: bool,
    /// Local time without zone.
    pub publisert_datotid: String,
    /// Code of the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhetskode: Option<String>,
    /// Name of the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enhetsnavn: Option<String>,
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

/// What eInnsyn complains of (variant B); says nothing of success.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// `ADVARSEL`; nothing else is documented.
    pub alvorlighetsgrad: String,
    /// Who sent the publication.
    pub publisert_av_orgnummer: Option<String>,
    /// The conversation of the publication.
    pub conversation_id: Option<String>,
    /// eInnsyn's own id of the import.
    pub transaction_id: Option<String>,
    /// One by one.
    pub valideringsfeil: Vec<Valideringsfeil>,
}

/// One complaint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Valideringsfeil {
    /// The object.
    pub element_id: String,
    /// Its class.
    pub element_type: String,
    /// The property.
    pub attributt: String,
    /// Its value, where it has one.
    pub attributt_verdi: Option<String>,
    /// In eInnsyn's words.
    pub feilmelding: String,
}

/// What a kvittering says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Published, or not.
    Result(Result),
    /// A warning; it says nothing of success.
    Warning(Warning),
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
    let object = serde_json::from_str::<Value>(text).ok();
    let object = object.or_else(|| repair::with_controls(text));
    let object = object.as_ref().and_then(Value::as_object);
    object
        .and_then(of_object)
        .unwrap_or_else(|| Read::Other(text.to_owned()))
}

/// Variant A or B; none when it is neither.
fn of_object(object: &Map<String, Value>) -> Option<Read> {
    let word = |name: &str| object.get(name)?.as_str().map(str::to_owned);
    let text = |name: &str| word(name).unwrap_or_default();
    if let Some(publisert) = object.get("publisert").and_then(Value::as_bool) {
        return Some(Read::Result(Result {
            publisert,
            publisert_datotid: text("publisertDatotid"),
            enhetskode: word("enhetskode"),
            enhetsnavn: word("enhetsnavn"),
            arkivskaper_orgnummer: text("arkivskaperOrgnummer"),
            arkivskapernavn: text("arkivskapernavn"),
            publisert_av_orgnummer: text("publisertAvOrgnummer"),
            dokument_id: word("dokumentId"),
            feilmelding: word("feilmelding"),
        }));
    }
    let complaints = object.get("valideringsfeil").and_then(Value::as_array);
    if !object.contains_key("alvorlighetsgrad") && complaints.is_none() {
        return None;
    }
    Some(Read::Warning(Warning {
        alvorlighetsgrad: text("alvorlighetsgrad"),
        publisert_av_orgnummer: word("publisertAvOrgnummer"),
        conversation_id: word("conversationId"),
        transaction_id: word("transactionId"),
        valideringsfeil: complaints.into_iter().flatten().map(complaint).collect(),
    }))
}

fn complaint(value: &Value) -> Valideringsfeil {
    let word = |name: &str| value[name].as_str().map(str::to_owned);
    let text = |name: &str| word(name).unwrap_or_default();
    Valideringsfeil {
        element_id: text("elementId"),
        element_type: text("elementType"),
        attributt: text("attributt"),
        attributt_verdi: word("attributtVerdi"),
        feilmelding: text("feilmelding"),
    }
}
