//! Lengths of time as Azure writes them: `PT1M`, `P14D`, `P1DT2H0.5S`.

use std::fmt::Write;
use std::time::Duration;

/// .NET's longest time, which stands for "never".
pub(super) const FOREVER: &str = "P10675199DT2H48M5.4775807S";
/// From here on it means never too: Python sends the longest back rounded
/// (servicebus §1.3).
const FOREVER_DAYS: u64 = 10_675_198;
const DAY_SECONDS: u64 = 86_400;

/// Read a length of time; none for never.
///
/// Fails on anything but days, hours, minutes and seconds, largest first.
pub(super) fn parse(text: &str) -> Result<Option<Duration>, &'static str> {
    const EXPECTED: &str = "a length of time such as PT1M or P14D";
    let rest = text.trim().strip_prefix('P').ok_or(EXPECTED)?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return Err(EXPECTED),
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    if date.is_empty() && time.is_empty() {
        return Err(EXPECTED);
    }
    let days = part(date, &[('D', DAY_SECONDS)]).ok_or(EXPECTED)?;
    let units = [('H', 3600), ('M', 60), ('S', 1)];
    let whole = days.saturating_add(part(time, &units).ok_or(EXPECTED)?);
    if whole.as_secs() / DAY_SECONDS >= FOREVER_DAYS {
        return Ok(None);
    }
    Ok(Some(whole))
}

/// Numbers with their units, each unit once at the most and in this order.
fn part(mut text: &str, units: &[(char, u64)]) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    let mut units = units.iter();
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at(end);
        let unit = rest.chars().next()?;
        let (_, seconds) = units.find(|(name, _)| *name == unit)?;
        sum = sum.saturating_add(amount(number, *seconds)?);
        text = &rest[unit.len_utf8()..];
    }
    Some(sum)
}

fn amount(number: &str, seconds: u64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !fraction.is_empty() && seconds != 1 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let nanos: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let whole = whole.checked_mul(seconds)?;
    Some(Duration::new(whole, nanos.parse().ok()?))
}

/// Write a length of time; none is never.
pub(super) fn print(time: Option<Duration>) -> String {
    let Some(time) = time else {
        return FOREVER.to_owned();
    };
    let seconds = time.as_secs();
    let mut text = "P".to_owned();
    let mut add = |number: u64, unit: char| {
        if number > 0 {
            let _ = write!(text, "{number}{unit}");
        }
    };
    add(seconds / DAY_SECONDS, 'D');
    let (seconds, nanos) = (seconds % DAY_SECONDS, time.subsec_nanos());
    if seconds == 0 && nanos == 0 {
        return if text == "P" { "PT0S".into() } else { text };
    }
    text.push('T');
    let mut add = |number: u64, unit: char| {
        if number > 0 {
            let _ = write!(text, "{number}{unit}");
        }
    };
    add(seconds / 3600, 'H');
    add(seconds / 60 % 60, 'M');
    if nanos > 0 {
        let fraction = format!("{nanos:09}");
        let _ = write!(text, "{}.{}S", seconds % 60, fraction.trim_end_matches('0'));
    } else {
        add(seconds % 60, 'S');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Spellings of servicebus §1.3 and of the emulator's sample.
    #[test]
    fn times_are_read_as_azure_writes_them() {
        let seconds = |text| parse(text).unwrap().map(|time| time.as_secs());
        assert_eq!(seconds("PT1M"), Some(60));
        assert_eq!(seconds("PT30S"), Some(30));
        assert_eq!(seconds("P14D"), Some(14 * 86_400));
        assert_eq!(seconds("P1DT2H"), Some(93_600));
        assert_eq!(parse("PT0.5S"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(seconds(FOREVER), None);
        assert_eq!(seconds("P10675199DT2H48M5.477539S"), None);
        for wrong in [
            "", "P", "PT", "60", "1M", "PT1", "PT1.5M", "PTS", "P1W", "-PT1S",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_written_as_azure_writes_them() {
        let text = |seconds| print(Some(Duration::from_secs(seconds)));
        assert_eq!(text(60), "PT1M");
        assert_eq!(text(14 * 86_400), "P14D");
        assert_eq!(text(0), "PT0S");
        assert_eq!(text(86_400 + 7_205), "P1DT2H5S");
        assert_eq!(print(None), FOREVER);
        assert_eq!(print(Some(Duration::from_millis(1500))), "PT1.5S");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0..900_000_000_u64, nanos in 0..1_000_000_000_u32) {
            let time = Some(Duration::new(seconds, nanos));
            prop_assert_eq!(parse(&print(time)), Ok(time));
        }

        #[test]
        fn no_text_does_harm(text in "[PTDHMS0-9.]{0,20}") {
            let _ = parse(&text);
        }
    }
}
