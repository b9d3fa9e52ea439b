//! The washed field beside the sensitive one: `X` and `X_SENSITIV` (einnsyn §4.3).

use std::collections::HashSet;

/// What is wrong with a pair of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The stars stand in the sensitive field.
    Swapped,
    /// The open field has a name that the sensitive one lacks.
    NameInTheOpen,
}

/// Compare the open text with the sensitive one.
pub(crate) fn wrong(open: &str, sensitive: &str) -> Option<Wrong> {
    if open == sensitive {
        return None;
    }
    if star_runs(sensitive) > star_runs(open) {
        return Some(Wrong::Swapped);
    }
    name_outside(open, sensitive).then_some(Wrong::NameInTheOpen)
}

/// Runs of two stars or more.
fn star_runs(text: &str) -> usize {
    let runs = text.split(|c| c != '*');
    runs.filter(|run| run.len() >= 2).count()
}

/// Whether two capitalised words in a row stand in one text and neither in the other.
fn name_outside(text: &str, other: &str) -> bool {
    let known: HashSet<&str> = other.split_whitespace().map(bare).collect();
    let mut before = false;
    for word in text.split_whitespace() {
        let core = bare(word);
        let new = is_capitalised(core) && !known.contains(core);
        if new && before {
            return true;
        }
        // A sign after the word ends the row; one before it begins a new row.
        before = new && word.ends_with(core);
    }
    false
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn is_capitalised(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_judged() {
        for (open, sensitive, verdict) in [
            ("Klage fra *****", "Klage fra Kari Eksempel", None),
            (
                "Klage fra Kari Eksempel",
                "Klage fra *****",
                Some(Wrong::Swapped),
            ),
            (
                "Svar fra Ærlig Kornåker",
                "Svar",
                Some(Wrong::NameInTheOpen),
            ),
            ("Svar fra Kornåker", "Svar", None),
            ("Rammetillatelse", "Vedtak om rammetillatelse", None),
            (
                "Vedtak i Øvre Storbygd",
                "Vedtak i Øvre Storbygd, sak 3",
                None,
            ),
            ("Sak 3. Ny Plan", "Sak 3", Some(Wrong::NameInTheOpen)),
            ("*", "**", Some(Wrong::Swapped)),
            ("** og **", "** og ***", None),
        ] {
            assert_eq!(wrong(open, sensitive), verdict, "{open} / {sensitive}");
        }
    }
}
