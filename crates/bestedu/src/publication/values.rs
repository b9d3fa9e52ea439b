//! Fields as values: texts, numbers, dates, flags, codes, titles; and what is wrong.

use noark::model::{Date, Kode};
use noark::rules::codes_of;

use super::Complaint;

/// What stands where something may not be read.
pub(super) const SHIELDED: &str = "*****";

/// Complaints about one Melding; whoever has so many begins with these.
const COMPLAINTS_MAX: usize = 50;

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Complaints {
    pub(super) all: Vec<Complaint>,
}

impl Complaints {
    /// A field is complained of once.
    pub(super) fn say(&mut self, field: impl Into<String>, words: &str) {
        let field = field.into();
        let said = self.all.iter().any(|known| known.field == field);
        if !said && self.all.len() < COMPLAINTS_MAX {
            let words = words.to_owned();
            self.all.push(Complaint { field, words });
        }
    }

    /// A number, if one is given.
    pub(super) fn number(&mut self, field: &str, text: Option<&String>) -> Option<i64> {
        let text = text?;
        let number = text.parse().ok();
        if number.is_none() {
            self.say(field, "Et heltall ventes");
        }
        number
    }

    /// A number that must be given.
    pub(super) fn key(&mut self, field: &str, text: Option<&String>) -> Option<i64> {
        if text.is_none() {
            self.say(field, "Den mangler; journalposten kjennes igjen på den");
        }
        self.number(field, text)
    }

    /// A day, if one is given: as `yyyyMMdd`, `yyyy-MM-dd` with or without a time after
    /// it, or `dd.MM.yyyy`.
    pub(super) fn date(&mut self, field: &str, text: Option<&String>) -> Option<Date> {
        let text = text?;
        let day = text.split(['T', ' ']).next().unwrap_or_default();
        let iso = match day.split('.').collect::<Vec<_>>()[..] {
            [d, m, y] if d.len() == 2 && m.len() == 2 => format!("{y}-{m}-{d}"),
            _ if day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()) => {
                format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..])
            }
            _ => day.to_owned(),
        };
        let date = Date::new(&iso);
        if date.is_none() {
            self.say(field, "En dato ventes, slik: 2026-03-02 eller 20260302");
        }
        date
    }

    /// A letter of Noark 4 as a code, if one is given.
    pub(super) fn code(
        &mut self,
        field: &str,
        list: &str,
        text: Option<&String>,
    ) -> Option<Kode> {
        let text = text?;
        let known = || codes_of(list).filter(|code| !code.noark4.is_empty());
        let found = known().find(|code| code.noark4.eq_ignore_ascii_case(text));
        if found.is_none() {
            let all: Vec<&str> = known().map(|code| code.noark4).collect();
            self.say(field, &format!("En av disse ventes: {}", all.join(", ")));
        }
        found.map(|code| Kode(code.name.to_owned()))
    }
}

/// A text on one line; what stands in brackets says that there is nothing (`[Ufordelt]`).
pub(super) fn words(text: Option<&String>) -> Option<String> {
    let parts: Vec<&str> = text?.split_whitespace().collect();
    let line = parts.join(" ");
    let nothing = line.is_empty() || (line.starts_with('[') && line.ends_with(']'));
    (!nothing).then_some(line)
}

/// Whether a flag is set, if one is given. What is no clear no is a yes: flags shield.
pub(super) fn flag(text: Option<&String>) -> Option<bool> {
    let text = text?.to_lowercase();
    Some(!["0", "false", "nei", "n"].contains(&text.as_str()))
}

/// A title: for good, and for the year in which names may be searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) washed: String,
    pub(super) sensitive: String,
}

impl Title {
    pub(super) fn same(text: &str) -> Self {
        Self {
            washed: text.to_owned(),
            sensitive: text.to_owned(),
        }
    }
}

/// What a title is made of.
pub(super) struct Titles<'a> {
    /// The part that it belongs to, and the names of the fields.
    pub(super) place: &'a str,
    pub(super) names: [&'static str; 3],
    /// The whole of it, the open version, and whether the whole is to be shielded.
    pub(super) whole: Option<&'a String>,
    pub(super) open: Option<&'a String>,
    pub(super) shielded: Option<bool>,
    /// Whether something of the entry is withheld.
    pub(super) withheld: bool,
}

impl Titles<'_> {
    /// The open title is the washed one. Both are seen by everybody, so the whole title
    /// is the sensitive one only where the archive says that nothing in it is shielded.
    pub(super) fn title(&self, complaints: &mut Complaints) -> Option<Title> {
        let (whole, open) = (words(self.whole), words(self.open));
        let [whole_name, open_name, flag_name] = self.names;
        let field = |name: &str| format!("{}/{name}", self.place);
        let plain = self.shielded == Some(false) && !self.withheld;
        match (whole, open) {
            (Some(whole), Some(open)) if plain => Some(Title {
                washed: open,
                sensitive: whole,
            }),
            (_, Some(open)) => Some(Title::same(&open)),
            (Some(whole), None) => {
                let doubt = self.shielded.is_none() && self.withheld;
                if self.shielded != Some(true) && !doubt {
                    return Some(Title::same(&whole));
                }
                let says = format!(
                    "Den mangler; uten den, eller {flag_name} = 0, kan {whole_name} \
                     holde noe som er skjermet, og vises ikke"
                );
                complaints.say(field(open_name), &says);
                None
            }
            (None, None) => {
                complaints.say(field(whole_name), "Den mangler");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_each_archive_writes_them() {
        for written in [
            "20140203",
            "2014-02-03",
            "2014-02-03T00:00:00",
            "2014-02-03 10:11",
            "03.02.2014",
        ] {
            let mut complaints = Complaints::default();
            let date = complaints.date("x", Some(&written.to_owned())).unwrap();
            assert_eq!(date.as_str(), "2014-02-03", "{written}");
        }
        for wrong in ["20140230", "2014", "3/2 2014", "i går", "åååååååå"] {
            let mut complaints = Complaints::default();
            assert_eq!(complaints.date("x", Some(&wrong.to_owned())), None);
            assert_eq!(complaints.all.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn a_place_holder_is_nothing_and_a_line_is_one_line() {
        assert_eq!(words(Some(&"[Ufordelt]".to_owned())), None);
        let line = words(Some(&"Ikke\n   fordelt".to_owned()));
        assert_eq!(line.as_deref(), Some("Ikke fordelt"));
        assert_eq!(flag(Some(&"0".to_owned())), Some(false));
        assert_eq!(flag(Some(&"x".to_owned())), Some(true));
    }

    const WHOLE: &str = "Klage fra Kari";
    const OPEN: &str = "Klage fra *****";

    /// The two titles, or the field that is complained of.
    fn title(
        (whole, open): (bool, bool),
        shielded: Option<bool>,
        withheld: bool,
    ) -> Result<(String, String), String> {
        let (whole, open) = (
            whole.then(|| WHOLE.to_owned()),
            open.then(|| OPEN.to_owned()),
        );
        let titles = Titles {
            place: "journpost",
            names: ["jpInnhold", "jpOffinnhold", "jpU1"],
            whole: whole.as_ref(),
            open: open.as_ref(),
            shielded,
            withheld,
        };
        let mut complaints = Complaints::default();
        let title = titles.title(&mut complaints);
        let said = complaints.all.pop().map(|c| c.field).unwrap_or_default();
        title.map(|t| (t.washed, t.sensitive)).ok_or(said)
    }

    /// > `X_SENSITIV`: title with person names in it; `X`: without (einnsyn §4.3)
    #[test]
    fn a_title_is_shown_only_as_far_as_the_archive_says_that_it_may() {
        let (both, whole) = ((true, true), (true, false));
        for (given, shielded, withheld, wanted) in [
            (both, Some(false), false, Ok((OPEN, WHOLE))),
            (both, Some(true), false, Ok((OPEN, OPEN))),
            (both, None, false, Ok((OPEN, OPEN))),
            (both, Some(false), true, Ok((OPEN, OPEN))),
            (whole, Some(false), true, Ok((WHOLE, WHOLE))),
            (whole, None, false, Ok((WHOLE, WHOLE))),
            (whole, None, true, Err("journpost/jpOffinnhold")),
            (whole, Some(true), false, Err("journpost/jpOffinnhold")),
            ((false, false), None, false, Err("journpost/jpInnhold")),
        ] {
            let found = title(given, shielded, withheld);
            let found = found.as_ref().map(|(a, b)| (a.as_str(), b.as_str()));
            assert_eq!(found.map_err(String::as_str), wanted);
        }
    }
}
