//! What was typed into a form, as it was typed: texts by name, and rows of the same.
//!
//! The names of inputs say where each belongs: `post.0.part.1.navn` is the text `navn`
//! in the second row `part` of the first row `post`.

use std::collections::BTreeMap;

use ambient::Random;
use serde::{Deserialize, Serialize};

/// Rows that one list may have.
const ROWS_MAX: usize = 200;
/// The text with which a row is told from others when it is sent.
pub(crate) const ID: &str = "id";

/// Texts and rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typed {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    texts: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    rows: BTreeMap<String, Vec<Typed>>,
}

/// What a button does to the rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A new row at the end of the list.
    Add,
    /// This row goes.
    Remove,
    /// This row changes places with the one before it.
    Up,
    /// This row changes places with the one after it.
    Down,
}

impl Typed {
    /// What a browser has sent. A name that belongs nowhere is passed over.
    pub(crate) fn of(pairs: &[(String, String)]) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            let steps: Vec<&str> = name.split('.').collect();
            if let Some((last, steps)) = steps.split_last()
                && let Some(row) = typed.reach(steps)
            {
                let value = value.replace("\r\n", "\n");
                row.texts.insert((*last).to_owned(), value);
            }
        }
        typed
    }

    /// The row at the end of `list.number.list.number`, made where it is not there.
    fn reach(&mut self, steps: &[&str]) -> Option<&mut Self> {
        let [list, number, rest @ ..] = steps else {
            return steps.is_empty().then_some(self);
        };
        let number: usize = number.parse().ok().filter(|n| *n < ROWS_MAX)?;
        let rows = self.rows.entry((*list).to_owned()).or_default();
        if rows.len() <= number {
            rows.resize_with(number + 1, Self::default);
        }
        rows[number].reach(rest)
    }

    /// A text; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", |text| text.trim())
    }

    /// A text as it was typed.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    pub(crate) fn set(&mut self, name: &str, text: impl Into<String>) {
        self.texts.insert(name.to_owned(), text.into());
    }

    /// The rows of a list.
    pub(crate) fn rows(&self, list: &str) -> &[Self] {
        self.rows.get(list).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn rows_mut(&mut self, list: &str) -> &mut Vec<Self> {
        self.rows.entry(list.to_owned()).or_default()
    }

    /// Whether nothing was typed into it, its id apart.
    pub(crate) fn is_blank(&self) -> bool {
        let mut texts = self.texts.iter();
        texts.all(|(name, text)| name == ID || text.trim().is_empty())
            && self.rows.values().flatten().all(Self::is_blank)
    }

    /// Give each row that has none an id, which it keeps for good.
    pub(crate) fn name_rows(&mut self, random: &Random) {
        for row in self.rows.values_mut().flatten() {
            if !is_uuid(row.text(ID)) {
                row.set(ID, random.uuid().to_string());
            }
            row.name_rows(random);
        }
    }

    /// Change a list: at `post.0.part` or, where a row is meant, `post.0.part.1`.
    /// Answers where to look now; none when there is no such place.
    pub(crate) fn change(&mut self, change: Change, at: &str) -> Option<String> {
        let steps: Vec<&str> = at.split('.').collect();
        if change == Change::Add {
            let (list, steps) = steps.split_last()?;
            let rows = self.existing(steps)?.rows_mut(list);
            if rows.len() >= ROWS_MAX {
                return None;
            }
            rows.push(Self::default());
            return Some(format!("{at}.{}", rows.len() - 1));
        }
        let [steps @ .., list, number] = steps.as_slice() else {
            return None;
        };
        let number: usize = number.parse().ok()?;
        let rows = self.existing(steps)?.rows_mut(list);
        if number >= rows.len() {
            return None;
        }
        let other = match change {
            Change::Up => number.checked_sub(1)?,
            Change::Down => number + 1,
            _ => {
                rows.remove(number);
                return Some(at[..at.len() - steps_end(at)].to_owned());
            }
        };
        if other >= rows.len() {
            return None;
        }
        rows.swap(number, other);
        Some(format!("{}.{other}", &at[..at.len() - steps_end(at)]))
    }

    fn existing(&mut self, steps: &[&str]) -> Option<&mut Self> {
        let [list, number, rest @ ..] = steps else {
            return steps.is_empty().then_some(self);
        };
        let number: usize = number.parse().ok()?;
        let row = self.rows.get_mut(*list)?.get_mut(number)?;
        row.existing(rest)
    }

    /// The row of a path.
    pub(crate) fn at(&mut self, path: &str) -> Option<&mut Self> {
        let steps: Vec<&str> = path.split('.').collect();
        self.existing(&steps)
    }
}

/// Bytes of the last step of a path, and of the dot before it.
fn steps_end(path: &str) -> usize {
    path.rsplit('.').next().map_or(0, str::len) + 1
}

pub(crate) fn is_uuid(text: &str) -> bool {
    let mut bytes = text.bytes().enumerate();
    text.len() == 36
        && bytes.all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        let owned = pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Typed::of(&owned.collect::<Vec<_>>())
    }

    #[test]
    fn names_say_where_a_text_belongs() {
        let form = typed(&[
            ("versjon", "3"),
            ("post.0.part.1.navn", "Kari"),
            ("post.0.part.0.navn", " Ola "),
            ("post.x.navn", "nowhere"),
            ("post.999999999.navn", "too far"),
        ]);
        let parts = form.rows("post")[0].rows("part");
        assert_eq!(
            (parts[0].text("navn"), parts[1].text("navn")),
            ("Ola", "Kari")
        );
        assert_eq!(parts[0].raw("navn"), " Ola ");
        assert_eq!(form.text("versjon"), "3");
        assert_eq!(form.rows("post").len(), 1);
        let kept = serde_json::to_string(&form).unwrap();
        assert_eq!(serde_json::from_str::<Typed>(&kept).unwrap(), form);
    }

    #[test]
    fn rows_come_go_and_change_places() {
        let mut form = typed(&[("sak.0.t", "a"), ("sak.1.t", "b"), ("sak.2.t", "c")]);
        let order = |form: &Typed| {
            let rows = form.rows("sak").iter();
            rows.map(|row| row.raw("t").to_owned()).collect::<String>()
        };
        assert_eq!(form.change(Change::Up, "sak.2").unwrap(), "sak.1");
        assert_eq!(order(&form), "acb");
        assert_eq!(form.change(Change::Down, "sak.0").unwrap(), "sak.1");
        assert_eq!(order(&form), "cab");
        assert_eq!(form.change(Change::Remove, "sak.1").unwrap(), "sak");
        assert_eq!(order(&form), "cb");
        assert_eq!(
            form.change(Change::Add, "sak.0.dok").unwrap(),
            "sak.0.dok.0"
        );
        assert_eq!(form.change(Change::Add, "sak").unwrap(), "sak.2");
        for (change, at) in [
            (Change::Up, "sak.0"),
            (Change::Down, "sak.2"),
            (Change::Remove, "sak.3"),
            (Change::Add, "sak.7.dok"),
            (Change::Remove, "sak"),
        ] {
            assert_eq!(form.clone().change(change, at), None, "{change:?} {at}");
        }
    }

    #[test]
    fn a_row_keeps_its_id() {
        let random = Random::seeded(1);
        let mut form = typed(&[("dok.0.id", "x"), ("dok.1.tittel", "b")]);
        form.name_rows(&random);
        let before = form.clone();
        assert!(form.rows("dok").iter().all(|row| is_uuid(row.text(ID))));
        form.name_rows(&random);
        assert_eq!(form, before);
    }
}
