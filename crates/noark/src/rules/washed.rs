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

/// What stands where a name was.
const STARS: &str = "*****";
/// What the name of a firm or a body ends in: that is nobody's.
const BODIES: &[&str] = &[
    "AS",
    "ASA",
    "SA",
    "BA",
    "DA",
    "ANS",
    "KF",
    "KS",
    "IKS",
    "HF",
    "RHF",
    "NUF",
    "kommune",
    "fylkeskommune",
];

/// The text with stars where two or more capitalised words stand in a row: a proposal,
/// for a person to look at. It takes too much rather than too little; firms and bodies
/// that say so after their name are left.
pub fn wash(text: &str) -> String {
    let mut washer = Washer {
        text,
        done: 0,
        run: None,
        washed: String::with_capacity(text.len()),
    };
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let core = bare(piece);
        let start = at + piece.find(core).unwrap_or_default();
        let end = start + core.len();
        let before = start > at;
        at += piece.len();
        if core.is_empty() && piece.trim().is_empty() {
            continue;
        }
        if !is_capitalised(core) {
            washer.settle(BODIES.contains(&core));
            continue;
        }
        // A sign before a word begins a new row; one after it ends the row.
        if before {
            washer.settle(false);
        }
        washer.add(start, end);
        if !text[end..at].trim().is_empty() {
            washer.settle(false);
        }
    }
    washer.settle(false);
    washer.washed.push_str(&text[washer.done..]);
    washer.washed
}

struct Washer<'a> {
    text: &'a str,
    /// How far the text is written.
    done: usize,
    /// The row of capitalised words that was begun: where, to where, how many.
    run: Option<(usize, usize, usize)>,
    washed: String,
}

impl Washer<'_> {
    fn add(&mut self, start: usize, end: usize) {
        let (first, _, words) = self.run.unwrap_or((start, end, 0));
        self.run = Some((first, end, words + 1));
    }

    /// The row has ended: it becomes stars, if it is a name.
    fn settle(&mut self, body: bool) {
        if let Some((start, end, words)) = self.run.take()
            && words > 1
            && !body
        {
            self.washed.push_str(&self.text[self.done..start]);
            self.washed.push_str(STARS);
            self.done = end;
        }
    }
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

    #[test]
    fn names_become_stars() {
        for (text, washed) in [
            ("Klage fra Kari Eksempel", "Klage fra *****"),
            ("Kari Anne Eksempel – klage", "***** – klage"),
            (
                "Søknad (Ola Eksempel), Storgata",
                "Søknad (*****), Storgata",
            ),
            (
                "Svar til Ærlig Kornåker, Ola Eksempel.",
                "Svar til *****, *****.",
            ),
            (
                "Tilbud fra Fjordvik Vannverk AS",
                "Tilbud fra Fjordvik Vannverk AS",
            ),
            (
                "Brev til Øvre Fjordvik kommune",
                "Brev til Øvre Fjordvik kommune",
            ),
            ("Vedtak om rammetillatelse", "Vedtak om rammetillatelse"),
            ("  Dobbel   Avstand ", "  *****"),
            ("", ""),
        ] {
            let shown = wash(text);
            assert_eq!(shown.trim_end(), washed, "{text}");
            assert_eq!(wash(&shown), shown, "washed twice: {text}");
            assert_eq!(wrong(&shown, text), None, "{text}");
        }
    }
}
