//! National identity numbers in texts: fødselsnummer, D-number and synthetic ones.

/// Whether a text holds a number that could be somebody's.
///
/// Eleven digits, whole or six and five with a space between, no digit on either side,
/// two right control digits and a possible day and month. Days may be raised by 40
/// (D-number), months by 40 or 80 (synthetic).
pub(crate) fn holds_identity_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = digits(&bytes[at..]);
        if run == 0 {
            at += 1;
            continue;
        }
        let first = &bytes[at..at + run];
        at += run;
        let found = match run {
            11 => is_identity_number(first),
            6 if bytes.get(at) == Some(&b' ') && digits(&bytes[at + 1..]) == 5 => {
                is_identity_number(&[first, &bytes[at + 1..at + 6]].concat())
            }
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
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
