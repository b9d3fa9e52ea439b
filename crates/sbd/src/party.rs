//! Parties: organisations as ISO 6523 writes them.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// `0192:<organisation>[:<on behalf of>[:<source>]]`, or a bare organisation number.
///
/// Kept as written; the parts are looked up by position.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartyId {
    text: String,
    organisation: (usize, usize),
    part: Option<(usize, usize)>,
}

const PART_CHARS_MAX: usize = 35;
/// The highest International Code Designator that ISO 6523 has given out, rounded up.
/// The old `9908` is none and is refused, as the Java access point does.
const ICD_MAX: u16 = 299;

impl PartyId {
    /// The organisation, for look-ups and queue names.
    pub fn organisation(&self) -> &str {
        &self.text[self.organisation.0..self.organisation.1]
    }

    /// The organisation that another acts for, if there is one.
    pub fn part(&self) -> Option<&str> {
        self.part.map(|(from, to)| &self.text[from..to])
    }

    /// The organisation acted for, else the organisation itself.
    pub fn part_or_primary(&self) -> &str {
        self.part().unwrap_or_else(|| self.organisation())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for PartyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Party(text.to_owned());
        if text.len() == 9 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self {
                text: text.to_owned(),
                organisation: (0, 9),
                part: None,
            });
        }
        let mut places = Vec::with_capacity(4);
        let mut from = 0;
        for field in text.split(':') {
            places.push((from, from + field.len()));
            from += field.len() + 1;
        }
        let fields: Vec<&str> = places.iter().map(|(a, b)| &text[*a..*b]).collect();
        let sound = match fields.as_slice() {
            [icd, org] => code(icd) && name(org),
            [icd, org, part] => code(icd) && name(org) && name(part),
            [icd, org, part, source] => {
                let reserved = *part == "0" && *source == "0";
                let digit = source.len() == 1 && source.as_bytes()[0].is_ascii_digit();
                code(icd) && name(org) && name(part) && digit && !reserved
            }
            _ => false,
        };
        if !sound {
            return Err(refused());
        }
        Ok(Self {
            text: text.to_owned(),
            organisation: places[1],
            part: places.get(2).copied(),
        })
    }
}

fn code(text: &str) -> bool {
    let number = text.parse::<u16>().unwrap_or(u16::MAX);
    text.len() == 4 && (1..=ICD_MAX).contains(&number)
}

fn name(text: &str) -> bool {
    (1..=PART_CHARS_MAX).contains(&text.chars().count())
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let plain: PartyId = "0192:910077473".parse().unwrap();
        assert_eq!(plain.organisation(), "910077473");
        assert_eq!(plain.part_or_primary(), "910077473");
        let acting: PartyId = "0192:910077473:910076787".parse().unwrap();
        assert_eq!(acting.organisation(), "910077473");
        assert_eq!(acting.part_or_primary(), "910076787");
        let bare: PartyId = "910077473".parse().unwrap();
        assert_eq!(bare.organisation(), "910077473");
        assert_eq!(bare.as_str(), "910077473");
    }

    // wire-format §1.3, and what the Java access point did when run.
    #[test]
    fn other_forms_are_refused() {
        for bad in [
            "",
            "hello",
            "9908:910076787",
            "0192:",
            "0192:a b",
            "0192:1:0:0",
            "1:2:3:4:5",
        ] {
            assert_eq!(bad.parse::<PartyId>(), Err(Error::Party(bad.into())));
        }
        assert!("0088:910076787".parse::<PartyId>().is_ok());
    }
}
