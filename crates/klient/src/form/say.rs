//! What noark's rules say on a form: to somebody who sees fields, not files.

use noark::{Finding, Rule};
use pages::{Language, fill};

use super::spec::What;
use crate::words::words;

/// What is wrong, and what would be right. Rules that a form cannot break in any way of
/// its own speak as they do of files.
pub(super) fn say(
    finding: &Finding,
    what: Option<What>,
    language: Language,
) -> (String, String) {
    let w = words(language);
    let plain = |text: &str, hint: &str| (text.to_owned(), hint.to_owned());
    match (finding.rule, what) {
        (Rule::Datatype, Some(What::Number)) => plain(w.no_number, w.no_number_hint),
        (Rule::Datatype, Some(What::Date | What::Moment)) => {
            plain(w.no_date, w.no_date_hint)
        }
        (Rule::DobbeltHoveddokument, _) => plain(w.two_main, w.two_main_hint),
        (Rule::Identitetsnummer, _) => plain(w.identity, w.identity_hint),
        (Rule::VaskByttet, _) => plain(w.swapped, w.swapped_hint),
        (Rule::UvasketNavn, _) => plain(w.unwashed, w.unwashed_hint),
        (Rule::SkjermingUtenHjemmel, _) => plain(w.no_law, w.law_hint),
        (Rule::MeldtAvEinnsyn, _) => {
            let note = finding.note.as_deref().unwrap_or_default();
            (fill(w.complained, &[("ord", note)]), String::new())
        }
        _ => {
            let language = match language {
                Language::English => noark::Language::English,
                Language::Bokmaal | Language::Nynorsk => noark::Language::Bokmaal,
            };
            (sentence(&finding.message(language)), finding.hint(language))
        }
    }
}

/// With a great letter first and a point last.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    first.chain(letters).chain(end.chars()).collect()
}
