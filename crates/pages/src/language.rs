//! The languages of the pages: bokmål, nynorsk and English.

/// A language that the pages are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Bokmål.
    #[default]
    Bokmaal,
    /// Nynorsk.
    Nynorsk,
    /// English.
    English,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bokmaal, Self::Nynorsk, Self::English];

    /// As in `lang` of a page and a cookie.
    pub fn code(self) -> &'static str {
        match self {
            Self::Bokmaal => "nb",
            Self::Nynorsk => "nn",
            Self::English => "en",
        }
    }

    /// What the language calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bokmaal => "Bokmål",
            Self::Nynorsk => "Nynorsk",
            Self::English => "English",
        }
    }

    /// By its code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// The best that a browser asks for (RFC 9110 §12.5.4).
    pub fn accepted(header: &str) -> Self {
        let ranges = header.split(',').filter_map(|range| {
            let (tag, rest) = range.split_once(';').unwrap_or((range, ""));
            let weight = rest.trim().strip_prefix("q=").unwrap_or("1");
            let weight: f32 = weight.parse().ok()?;
            let primary = tag.trim().split('-').next()?.to_ascii_lowercase();
            let language = match primary.as_str() {
                "nb" | "no" | "da" | "sv" => Self::Bokmaal,
                "nn" => Self::Nynorsk,
                "en" => Self::English,
                _ => return None,
            };
            Some((weight, language))
        });
        let mut best = (0.0, None);
        for (weight, language) in ranges {
            if weight > best.0 {
                best = (weight, Some(language));
            }
        }
        best.1.unwrap_or_default()
    }

    /// A day, written out.
    pub fn date(self, iso: &str) -> String {
        let Ok(date) = iso.parse::<jiff::civil::Date>() else {
            return iso.to_owned();
        };
        let month = self.month(date.month());
        match self {
            Self::English => format!("{} {month} {}", date.day(), date.year()),
            _ => format!("{}. {month} {}", date.day(), date.year()),
        }
    }

    /// The day and the hour of a moment, in Norway.
    pub fn moment(self, at: i64) -> String {
        let at = jiff::Timestamp::from_microsecond(at).unwrap_or_default();
        let local = sbd::WireTime::oslo(at).to_string();
        let (day, clock) = (local.get(..10), local.get(11..16));
        format!(
            "{} {}",
            self.date(day.unwrap_or_default()),
            clock.unwrap_or_default()
        )
    }

    /// From 1 to 12.
    pub fn month(self, number: i8) -> &'static str {
        const NORWEGIAN: [&str; 12] = [
            "januar",
            "februar",
            "mars",
            "april",
            "mai",
            "juni",
            "juli",
            "august",
            "september",
            "oktober",
            "november",
            "desember",
        ];
        const ENGLISH: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let names = match self {
            Self::English => ENGLISH,
            _ => NORWEGIAN,
        };
        let place = usize::try_from(number - 1).unwrap_or_default();
        names.get(place).copied().unwrap_or_default()
    }
}

/// A text with its places filled: `{n}` and the like.
pub fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (name, value) in places {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_asks_for() {
        let of = Language::accepted;
        assert_eq!(of("nn-NO,nb;q=0.8,en;q=0.5"), Language::Nynorsk);
        assert_eq!(of("en-GB;q=0.4, nb-NO;q=0.9"), Language::Bokmaal);
        assert_eq!(of("de, en;q=0.1"), Language::English);
        assert_eq!(of("de"), Language::Bokmaal);
        assert_eq!(of(""), Language::Bokmaal);
        assert_eq!(of("en;q=0"), Language::Bokmaal);
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(Language::Bokmaal.date("2026-03-05"), "5. mars 2026");
        assert_eq!(Language::English.date("2026-12-24"), "24 December 2026");
        assert_eq!(Language::English.date("i går"), "i går");
    }
}
