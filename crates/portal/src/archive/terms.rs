//! Words as they stand in the index: small letters, without their endings.
//!
//! `Søknaden om tilkobling` and `søknader om tilkobling` are the same three terms.

use rust_stemmers::{Algorithm, Stemmer};

/// The terms of a text, with single spaces.
pub(crate) fn terms(text: &str) -> String {
    let stemmer = Stemmer::create(Algorithm::Norwegian);
    let lower = text.to_lowercase();
    let words = words(&lower).map(|word| stemmer.stem(word));
    let mut all = String::with_capacity(lower.len());
    for word in words {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(&word);
    }
    all
}

/// What a person typed as a query: every word must be there, in any form.
///
/// Quotes keep words together, as do signs inside a word (`2026/417`); a star at the
/// end finds words that begin so. Nothing that is typed is query syntax.
pub(crate) fn query(typed: &str) -> Option<String> {
    const PHRASES_MAX: usize = 16;
    let mut phrases = Vec::new();
    for (number, piece) in typed.split(['"', '«', '»', '“', '”']).enumerate() {
        if number % 2 == 1 {
            phrases.extend(phrase(piece));
            continue;
        }
        phrases.extend(piece.split_whitespace().filter_map(phrase));
    }
    phrases.truncate(PHRASES_MAX);
    (!phrases.is_empty()).then(|| phrases.join(" AND "))
}

/// Begins a word of at least this many letters, or the star says nothing.
const BEGINNING_LETTERS_MIN: usize = 3;

fn phrase(piece: &str) -> Option<String> {
    let piece = piece.trim();
    let begins = piece.strip_suffix('*').map(str::to_lowercase);
    if let Some(lower) = begins {
        let last = words(&lower).last().unwrap_or_default();
        if last.chars().count() >= BEGINNING_LETTERS_MIN {
            let all: Vec<&str> = words(&lower).collect();
            return Some(format!("\"{}\" *", all.join(" ")));
        }
    }
    let found = terms(piece);
    (!found.is_empty()).then(|| format!("\"{found}\""))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split(|c: char| !c.is_alphanumeric());
    pieces.filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Forms of one noun as Bokmålsordboka and Nynorskordboka decline it.
    #[test]
    fn forms_of_a_word_are_one_term() {
        for forms in [
            "søknad søknaden søknader søknadene",
            "reguleringsplan reguleringsplanen reguleringsplaner reguleringsplanene",
            "kommune kommunen kommuner kommunene",
        ] {
            let terms = terms(forms);
            let mut all: Vec<&str> = terms.split(' ').collect();
            all.dedup();
            assert_eq!(all.len(), 1, "{all:?}");
        }
    }

    #[test]
    fn nothing_typed_is_query_syntax() {
        assert_eq!(query("a OR b").unwrap(), r#""a" AND "or" AND "b""#);
        assert_eq!(query("tags:x ) NEAR(").unwrap(), r#""tag x" AND "near""#);
        assert_eq!(query(" * ( \" "), None);
    }

    #[test]
    fn quotes_and_signs_keep_words_together() {
        assert_eq!(
            query("2026/417 «Kari Eksempel» vannl*").unwrap(),
            r#""2026 417" AND "kari eksempel" AND "vannl" *"#
        );
        assert_eq!(query("va*").unwrap(), r#""va""#);
    }
}
