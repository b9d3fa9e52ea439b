//! Words in every language: a table becomes a struct of texts, one for each language.

use std::collections::BTreeSet;

/// Make `Words`, with a text for each name, and `BOKMAAL`, `NYNORSK` and `ENGLISH`;
/// `ALL` has them side by side for a test.
#[macro_export]
macro_rules! words {
    ($($name:ident: $nb:literal, $nn:literal, $en:literal;)*) => {
        /// All that the pages say, in one language.
        pub(crate) struct Words {
            $(pub(crate) $name: &'static str,)*
        }

        const BOKMAAL: Words = Words { $($name: $nb,)* };
        const NYNORSK: Words = Words { $($name: $nn,)* };
        const ENGLISH: Words = Words { $($name: $en,)* };

        /// The words of a language.
        pub(crate) fn words(language: $crate::Language) -> &'static Words {
            match language {
                $crate::Language::Bokmaal => &BOKMAAL,
                $crate::Language::Nynorsk => &NYNORSK,
                $crate::Language::English => &ENGLISH,
            }
        }

        /// Name, bokmål, nynorsk, English.
        #[cfg(test)]
        const ALL: &[[&str; 4]] = &[$([stringify!($name), $nb, $nn, $en],)*];
    };
}

/// Words that Nynorskordboka does not have, and that slip in from bokmål.
const NOT_NYNORSK: &[&str] = &[
    "ikke",
    "hva",
    "hvem",
    "noen",
    "noe",
    "fra",
    "mer",
    "jeg",
    "dere",
    "eller ikke",
    "hvor",
    "hvordan",
    "uten",
    "en",
    "et",
    "være",
    "blir",
];

/// What is wrong with a table of words (name, bokmål, nynorsk, English): a text that is
/// empty, a place `{…}` that one language lacks, nynorsk that is bokmål.
pub fn faults(table: &[[&str; 4]]) -> Vec<String> {
    let mut found = Vec::new();
    for [name, nb, nn, en] in table {
        for text in [nb, nn, en] {
            if text.trim().is_empty() || places(text) != places(nb) {
                found.push(format!("{name}: {text:?} beside {nb:?}"));
            }
        }
        let words = nn.split(|c: char| !c.is_alphabetic());
        let words: Vec<String> = words.map(str::to_lowercase).collect();
        for word in NOT_NYNORSK {
            if words.iter().any(|w| w == word) {
                found.push(format!("{name}: {word} in {nn:?}"));
            }
        }
    }
    found
}

fn places(text: &str) -> BTreeSet<&str> {
    let pieces = text.split('{').skip(1);
    pieces.filter_map(|rest| rest.split('}').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_found_and_a_sound_row_has_none() {
        assert!(faults(&[["a", "Ikke {n}", "Ikkje {n}", "Not {n}"]]).is_empty());
        for row in [
            ["b", "Ikke", "Ikke", "Not"],
            ["c", "Side {n}", "Side", "Page {n}"],
            ["d", "Side", "Side", " "],
        ] {
            assert_eq!(faults(&[row]).len(), 1, "{row:?}");
        }
    }
}
