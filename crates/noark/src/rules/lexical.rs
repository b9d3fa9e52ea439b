//! Whether a text is in the lexical form of its datatype (XML Schema part 2).

use jiff::civil::Date;

/// `2026-03-05`, with or without a zone.
pub(crate) fn is_date(text: &str) -> bool {
    day(text).is_some_and(|rest| rest.is_empty() || is_zone(rest))
}

/// `2026-03-05T09:15:00.123+01:00`; zone and fraction may be left out.
pub(crate) fn is_date_time(text: &str) -> bool {
    let time = day(text).and_then(|rest| rest.strip_prefix('T'));
    time.is_some_and(|rest| clock(rest).is_some_and(|z| z.is_empty() || is_zone(z)))
}

/// Digits, with or without a sign.
pub(crate) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A UUID somewhere in the text; the published pattern is not anchored.
pub(crate) fn has_uuid(text: &str) -> bool {
    text.as_bytes().windows(36).any(is_uuid)
}

fn is_uuid(bytes: &[u8]) -> bool {
    let mut numbered = bytes.iter().enumerate();
    numbered.all(|(i, byte)| match i {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// Takes a day that exists from the front of a text.
fn day(text: &str) -> Option<&str> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (year, rest) = unsigned.split_once('-')?;
    let long = year.len() > 4 && !year.starts_with('0');
    if !all_digits(year) || (year.len() != 4 && !long) {
        return None;
    }
    let (month, rest) = two(rest)?;
    let (day, rest) = two(rest.strip_prefix('-')?)?;
    // Leap years repeat every 400 years, so any year has a twin that can be asked.
    let cycle = year[year.len() - 4..].parse::<i16>().ok()? % 400 + 2000;
    let cycle = if long { long_cycle(year)? } else { cycle };
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(cycle, month, day).ok()?;
    Some(rest)
}

fn long_cycle(year: &str) -> Option<i16> {
    let rest = year.bytes().try_fold(0u16, |rest, digit| {
        Some((rest * 10 + u16::from(digit.checked_sub(b'0')?)) % 400)
    })?;
    i16::try_from(rest + 2000).ok()
}

/// Takes a time of day from the front of a text.
fn clock(text: &str) -> Option<&str> {
    let (hour, rest) = two(text)?;
    let (minute, rest) = two(rest.strip_prefix(':')?)?;
    let (second, rest) = two(rest.strip_prefix(':')?)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => {
            let end = after.find(|c: char| !c.is_ascii_digit());
            let (digits, rest) = after.split_at(end.unwrap_or(after.len()));
            if digits.is_empty() {
                return None;
            }
            (digits, rest)
        }
        None => ("", rest),
    };
    let midnight =
        hour == 24 && minute == 0 && second == 0 && fraction.bytes().all(|b| b == b'0');
    ((hour < 24 || midnight) && minute < 60 && second < 60).then_some(rest)
}

fn is_zone(text: &str) -> bool {
    if text == "Z" {
        return true;
    }
    let zone = || {
        let (hour, rest) = two(text.strip_prefix(['+', '-'])?)?;
        let (minute, rest) = two(rest.strip_prefix(':')?)?;
        let fits = (hour < 14 && minute < 60) || (hour == 14 && minute == 0);
        (rest.is_empty() && fits).then_some(())
    };
    zone().is_some()
}

fn two(text: &str) -> Option<(u8, &str)> {
    let digits = text.get(..2).filter(|d| all_digits(d))?;
    Some((digits.parse().ok()?, &text[2..]))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Forms and counter-examples from XML Schema 1.0 part 2, 3.2.7, 3.2.9 and 3.3.13.
    #[test]
    fn forms_of_xml_schema() {
        for good in [
            "2026-03-05",
            "2024-02-29",
            "2026-03-05Z",
            "2026-03-05+01:00",
            "-0044-03-15",
            "12026-01-31",
            "2000-02-29-14:00",
        ] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2026-02-30",
            "2025-02-29",
            "1900-02-29",
            "2026-3-17",
            "26-03-17",
            "2026-03-05+0100",
            "2026-03-05T10:00:00",
            "2026-13-01",
            "05.03.2026",
            "02026-01-01",
            "2026-03-05+15:00",
            " 2026-03-05",
            "2026-03-0å",
            "",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
        for good in [
            "2026-03-05T10:21:07",
            "2026-03-05T10:21:07.412+01:00",
            "2026-03-05T24:00:00Z",
        ] {
            assert!(is_date_time(good), "{good}");
        }
        for bad in [
            "2026-03-05",
            "2026-03-05 10:21:07",
            "2026-03-05T10:21",
            "2026-03-05T24:00:01",
            "2026-03-05T10:21:60",
            "2026-03-05T10:21:07.",
            "2026-03-05T10:21:07+0100",
            "2026-03-05t10:21:07",
        ] {
            assert!(!is_date_time(bad), "{bad}");
        }
        assert!(is_integer("+007") && is_integer("-1") && !is_integer("1.5"));
        assert!(!is_integer("") && !is_integer("-") && !is_integer("1 "));
    }

    #[test]
    fn a_uuid_may_have_text_around_it() {
        let uuid = "33333333-3333-4333-8333-33333333333a";
        assert!(has_uuid(uuid) && has_uuid(&format!("å{uuid}å")));
        assert!(!has_uuid(&uuid[1..]) && !has_uuid("2026/417"));
    }
}
