//! Moments as the wire writes them: ISO 8601 with an offset that is kept.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use serde::de::{Deserialize, Deserializer, Error as _, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::Error;

/// A moment with the offset that its writer gave it.
///
/// Printed with seconds, the fewest digits of fraction that say it all, and the offset
/// as `Z` or `+01:00`; a zone's name in brackets is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireTime {
    at: Timestamp,
    text: String,
}

impl WireTime {
    /// The moment.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The moment as clocks in Norway show it, down to the microsecond.
    pub fn oslo(at: Timestamp) -> Self {
        let zone = oslo();
        let at = Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at);
        let offset = zone.to_offset(at);
        Self::new(at, offset.to_datetime(at), &offset_text(offset))
    }

    /// As on the wire.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn new(at: Timestamp, local: DateTime, offset: &str) -> Self {
        // jiff prints seconds always and the fewest digits of fraction.
        Self {
            at,
            text: format!("{local}{offset}"),
        }
    }

    fn epoch(seconds: f64) -> Option<Self> {
        let time = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
        let at = Timestamp::from_duration(time).ok()?;
        Some(Self::new(at, Offset::UTC.to_datetime(at), "Z"))
    }
}

impl fmt::Display for WireTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for WireTime {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or_else(|| Error::Value {
            member: "a date-time",
            expected: "ISO 8601 with an offset, as 2026-11-24T12:00:00+01:00",
            got: text.to_owned(),
        })
    }
}

fn read(text: &str) -> Option<WireTime> {
    let bare = match text.find('[') {
        Some(at) if text.ends_with(']') => &text[..at],
        Some(_) => return None,
        None => text,
    };
    let (date, clock) = bare.split_once(['T', 't'])?;
    let cut = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(cut);
    let local = local(date, clock)?;
    match offset {
        "" => {
            // The Java one takes the offset of today; we take that of the date itself.
            let offset = oslo().to_ambiguous_timestamp(local).compatible().ok()?;
            let offset = oslo().to_offset(offset);
            let at = offset.to_timestamp(local).ok()?;
            Some(WireTime::new(at, local, &offset_text(offset)))
        }
        "Z" | "z" => Some(WireTime::new(
            Offset::UTC.to_timestamp(local).ok()?,
            local,
            "Z",
        )),
        _ => {
            let parsed = parse_offset(offset)?;
            Some(WireTime::new(
                parsed.to_timestamp(local).ok()?,
                local,
                offset,
            ))
        }
    }
}

/// `HH:MM[:SS[.fraction]]`, 0 to 9 digits of fraction.
fn local(date: &str, clock: &str) -> Option<DateTime> {
    let shape = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(b, f)| match f {
                b'9' => b.is_ascii_digit(),
                other => b == other,
            })
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let sound = shape(date, "9999-99-99")
        && (shape(whole, "99:99:99") || (shape(whole, "99:99") && fraction.is_empty()))
        && fraction.len() <= 9
        && fraction.bytes().all(|b| b.is_ascii_digit());
    if !sound {
        return None;
    }
    let seconds = if whole.len() == 5 { ":00" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{date}T{whole}{seconds}{point}{fraction}")
        .parse()
        .ok()
}

/// `+HH:MM`. Without the colon it is refused, as the Java access point does.
fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

fn offset_text(offset: Offset) -> String {
    let seconds = offset.seconds();
    let minutes = seconds.abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn oslo() -> TimeZone {
    TimeZone::get("Europe/Oslo").expect("the time zones are built in")
}

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl WireTime {
    /// A moment, or none where there is null or an empty text.
    pub(crate) fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Self>, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Option<WireTime>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date-time as 2026-11-24T12:00:00+01:00")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_str<E: serde::de::Error>(
                self,
                text: &str,
            ) -> Result<Self::Value, E> {
                let text = text.trim();
                if text.is_empty() {
                    return Ok(None);
                }
                let wrong = || E::invalid_value(Unexpected::Str(text), &self);
                read(text).ok_or_else(wrong).map(Some)
            }

            fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Self::Value, E> {
                let wrong = || E::invalid_value(Unexpected::Float(n), &self);
                WireTime::epoch(n).ok_or_else(wrong).map(Some)
            }

            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Self::Value, E> {
                let at = Timestamp::from_second(n).map_err(E::custom)?;
                let time = WireTime::new(at, Offset::UTC.to_datetime(at), "Z");
                Ok(Some(time))
            }

            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Self::Value, E> {
                self.visit_i64(i64::try_from(n).map_err(E::custom)?)
            }
        }
        deserializer.deserialize_any(Read).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let none = || D::Error::custom("a date-time is expected");
        Self::read(deserializer)?.ok_or_else(none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, printed: &str, utc: &str) {
        let time: WireTime = input.parse().unwrap_or_else(|e| panic!("{input}: {e}"));
        assert_eq!(time.to_string(), printed);
        assert_eq!(time.at().to_string(), utc);
    }

    // wire-format §1.5 and reference-observed §3.
    #[test]
    fn accepted_forms() {
        check(
            "2019-03-25T11:38:23+02:00",
            "2019-03-25T11:38:23+02:00",
            "2019-03-25T09:38:23Z",
        );
        check(
            "2019-03-25T11:38:23Z",
            "2019-03-25T11:38:23Z",
            "2019-03-25T11:38:23Z",
        );
        check(
            "2016-04-11T15:29:58.750+02:00",
            "2016-04-11T15:29:58.75+02:00",
            "2016-04-11T13:29:58.75Z",
        );
        check(
            "2026-11-24T12:00+01:00",
            "2026-11-24T12:00:00+01:00",
            "2026-11-24T11:00:00Z",
        );
        check(
            "2026-11-24T12:00:00.123456789+01:00[Europe/Oslo]",
            "2026-11-24T12:00:00.123456789+01:00",
            "2026-11-24T11:00:00.123456789Z",
        );
        // > ISO_DATE_TIME: parsing is case-insensitive (java.time.format)
        check(
            "2026-11-24t12:00z",
            "2026-11-24T12:00:00Z",
            "2026-11-24T12:00:00Z",
        );
        check(
            "2026-07-01T12:00:00",
            "2026-07-01T12:00:00+02:00",
            "2026-07-01T10:00:00Z",
        );
        check(
            "2026-12-01T12:00:00",
            "2026-12-01T12:00:00+01:00",
            "2026-12-01T11:00:00Z",
        );
    }

    #[test]
    fn refused_forms() {
        for bad in [
            "",
            "tomorrow",
            "2026-11-24",
            "2026-13-45",
            "2026-11-24T12:00:00+0000",
            "2026-11-24T12:00:00.1234567890Z",
            "2026-02-30T12:00:00Z",
            "2026-11-24T12Z",
            "2026-11-24T12:00:00+01:00[Europe/Oslo",
            "2026-11-24T12:00:00+19:00",
        ] {
            assert!(bad.parse::<WireTime>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_seconds() {
        let time: WireTime = serde_json::from_str("0").unwrap();
        assert_eq!(time.to_string(), "1970-01-01T00:00:00Z");
        let time: WireTime = serde_json::from_str("1.5").unwrap();
        assert_eq!(time.to_string(), "1970-01-01T00:00:01.5Z");
    }

    #[test]
    fn oslo_follows_summer_time() {
        let at = "2026-07-01T10:00:00.120Z".parse().unwrap();
        assert_eq!(
            WireTime::oslo(at).to_string(),
            "2026-07-01T12:00:00.12+02:00"
        );
        let at = "2026-11-24T11:00:00Z".parse().unwrap();
        assert_eq!(WireTime::oslo(at).to_string(), "2026-11-24T12:00:00+01:00");
    }
}
