//! Working days: Monday to Friday, but for Norway's public holidays.
//!
//! Sources: lov om helligdager og helligdagsfred § 2; lov om 1 og 17 mai som
//! høgtidsdager. Days are counted in Europe/Oslo.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Norway's calendar.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// Fails when the time zone is not known to the library, which has its own table.
    pub(crate) fn new() -> Result<Self, jiff::Error> {
        let zone = TimeZone::get("Europe/Oslo")?;
        Ok(Self { zone })
    }

    /// The same time of day so many working days later.
    pub(crate) fn ahead(&self, from: Timestamp, days: i64) -> Timestamp {
        self.moved(from, days, 1)
    }

    /// The same time of day so many working days earlier.
    pub(crate) fn back(&self, from: Timestamp, days: i64) -> Timestamp {
        self.moved(from, days, -1)
    }

    /// How many working days lie between two times; none when the second comes first.
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp) -> i64 {
        let (mut day, last) = (self.date(from), self.date(to));
        let mut days = 0;
        while day < last {
            day = day.saturating_add(1.day());
            days += i64::from(is_working(day));
        }
        days
    }

    fn moved(&self, from: Timestamp, days: i64, step: i64) -> Timestamp {
        let zoned = from.to_zoned(self.zone.clone());
        let mut day = zoned.date();
        for _ in 0..days {
            day = day.saturating_add(step.days());
            while !is_working(day) {
                day = day.saturating_add(step.days());
            }
        }
        let moved = day.to_datetime(zoned.time()).to_zoned(self.zone.clone());
        moved.map_or(from, |moved| moved.timestamp())
    }

    /// The time zone of Norway.
    pub(crate) fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    pub(crate) fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }
}

fn is_working(day: Date) -> bool {
    let weekday = day.weekday().to_monday_one_offset();
    weekday <= 5 && !is_holiday(day)
}

fn is_holiday(day: Date) -> bool {
    let fixed = [(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)];
    if fixed.contains(&(day.month(), day.day())) {
        return true;
    }
    // Skjærtorsdag, langfredag, påske, himmelfart, pinse.
    let after_easter = [-3, -2, 0, 1, 39, 49, 50];
    let easter = easter(day.year());
    after_easter
        .into_iter()
        .any(|days: i64| easter.saturating_add(days.days()) == day)
}

/// First day of Easter in the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i16) -> Date {
    let year_number = i32::from(year);
    let (golden, century, rest) =
        (year_number % 19, year_number / 100, year_number % 100);
    let moon =
        (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3
            + 15)
            % 30;
    let sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * sunday) / 451;
    let days = moon + sunday - 7 * late + 114;
    let (month, day) = (days / 31, days % 31 + 1);
    let small = |n: i32| i8::try_from(n).unwrap_or(1);
    date(year, small(month), small(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dates from the almanac of the University of Oslo.
    #[test]
    fn easter_falls_where_the_almanac_has_it() {
        for (year, month, day) in
            [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28)]
        {
            assert_eq!(easter(year), date(year, month, day));
        }
    }

    #[test]
    fn holidays_and_weekends_do_not_count() {
        let calendar = Calendar::new().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // Wednesday before Easter 2026: three working days on is Thursday the week after.
        let before = at("2026-04-01T10:00:00+02:00");
        assert_eq!(calendar.ahead(before, 3), at("2026-04-09T10:00:00+02:00"));
        assert_eq!(calendar.back(at("2026-04-09T10:00:00+02:00"), 3), before);
        assert_eq!(calendar.between(before, at("2026-04-09T08:00:00+02:00")), 3);
        // 17 May 2027 is a Monday, and the day after Whit Sunday.
        let friday = at("2027-05-14T12:00:00+02:00");
        assert_eq!(calendar.ahead(friday, 1), at("2027-05-18T12:00:00+02:00"));
        // The clock goes forward in between; the time of day stays.
        let winter = at("2026-03-27T09:00:00+01:00");
        assert_eq!(calendar.ahead(winter, 1), at("2026-03-30T09:00:00+02:00"));
    }
}
