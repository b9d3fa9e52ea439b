//! National identity numbers in texts: fødselsnummer, D-number and synthetic ones.

use std::ops::Range;

/// Whether a text holds a number that could be somebody's.
pub(crate) fn holds_identity_number(text: &str) -> bool {
    text.len() >= 11 && Numbers::of(text).next().is_some()
}

/// Where in a text such numbers stand.
pub(crate) fn identity_numbers(text: &str) -> Vec<Range<usize>> {
    Numbers::of(text).collect()
}

/// Eleven digits, whole or six and five with a space between, no digit on either side,
/// two right control digits and a possible day and month. Days may be raised by 40
/// (D-number), months by 40 or 80 (synthetic).
struct Numbers<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Numbers<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
        }
    }
}

impl Iterator for Numbers<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.bytes.len() {
            let start = self.at;
            let run = digits(&self.bytes[start..]);
            self.at += run.max(1);
            let rest = &self.bytes[self.at.min(self.bytes.len())..];
            let (number, end) = match run {
                11 => (self.bytes[start..self.at].to_vec(), self.at),
                6 if rest.first() == Some(&b' ') && digits(&rest[1..]) == 5 => {
                    let halves = [&self.bytes[start..self.at], &rest[1..6]];
                    (halves.concat(), self.at + 6)
                }
                _ => continue,
            };
            if is_identity_number(&number) {
                self.at = end;
                return Some(start..end);
            }
        }
        None
    }
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}

fn is_identity_number(text: &[u8]) -> bool {
    let digits: Vec<u32> = text.iter().map(|b| u32::from(b - b'0')).collect();
    let pair = |i: usize| digits[i] * 10 + digits[i + 1];
    let day = pair(0);
    let month = pair(2);
    let possible = |number: u32, most: u32, raised: &[u32]| {
        let plain = raised.iter().filter_map(|by| number.checked_sub(*by));
        plain.into_iter().any(|n| (1..=most).contains(&n))
    };
    possible(day, 31, &[0, 40])
        && possible(month, 12, &[0, 40, 80])
        && control(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1])
        && control(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1])
}

/// The weighted sum, control digit with weight 1 last, can be divided by 11.
fn control(digits: &[u32], weights: &[u32]) -> bool {
    let sum: u32 = digits.iter().zip(weights).map(|(d, w)| d * w).sum();
    sum.is_multiple_of(11)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Synthetic numbers: month + 80 (Tenor), one of them as D-number.
    #[test]
    fn numbers_are_found_whole_or_split() {
        for text in ["Søknad, 17858830001", "17858830001.", "nr 178588 30001!"] {
            assert!(holds_identity_number(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "17858830002",
            "117858830001",
            "178588300011",
            "178588  30001",
            "178588-30001",
            "1234 56 78903",
            "å178588 300011",
            "",
        ] {
            assert!(!holds_identity_number(text), "{text}");
        }
    }
}
