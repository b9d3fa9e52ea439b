//! A form as it is shown: lists of rows of cells, each with what was found there.

use askama::Template;
use noark::Level;
use noark::rules::{LATER_CODES, codes_of};
use pages::label;

use super::frame::Frame;
use crate::form::{Count, Field, Found, Group, HOUR, ID, Kind, SENSITIVE, Typed, What};

/// The rows of a group.
pub(super) struct List {
    pub(super) path: String,
    pub(super) title: &'static str,
    pub(super) many: bool,
    pub(super) rows: Vec<Row>,
}

/// A row, with the lists that stand in it.
pub(super) struct Row {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) first: bool,
    pub(super) last: bool,
    pub(super) many: bool,
    pub(super) cells: Vec<Cell>,
    pub(super) lists: Vec<List>,
    /// What is wrong with the row as a whole.
    pub(super) found: Vec<Found>,
}

/// A field: one input, or two that belong together.
pub(super) struct Cell {
    pub(super) at: String,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// Whether it is a text with names and beside it the same without.
    pub(super) washed: bool,
    pub(super) inputs: Vec<Input>,
}

/// An input.
pub(super) struct Input {
    pub(super) at: String,
    pub(super) label: String,
    /// The `type` of the input; `select` and `textarea` for those.
    pub(super) kind: &'static str,
    pub(super) value: String,
    pub(super) needed: bool,
    /// Code, words, whether it is chosen.
    pub(super) options: Vec<(String, String, bool)>,
    pub(super) found: Vec<Found>,
}

impl Input {
    pub(super) fn is_wrong(&self) -> bool {
        self.found.iter().any(|f| f.level >= Level::Error)
    }

    /// The value, for people.
    pub(super) fn shown(&self, f: &Frame) -> String {
        match self.kind {
            "select" => {
                let chosen = self.options.iter().find(|(_, _, chosen)| *chosen);
                chosen.map_or_else(String::new, |(_, words, _)| words.clone())
            }
            "date" => f.date(&self.value),
            _ => self.value.clone(),
        }
    }
}

/// The page's model of a form.
pub(super) struct Viewer<'a> {
    pub(super) f: &'a Frame,
    pub(super) found: &'a [Found],
}

impl Viewer<'_> {
    /// All of it.
    pub(super) fn lists(&self, kind: Kind, typed: &Typed) -> Vec<List> {
        let groups = kind.groups().iter();
        groups.map(|group| self.list(group, typed, "")).collect()
    }

    fn list(&self, group: &'static Group, typed: &Typed, path: &str) -> List {
        let blank = Typed::default();
        let many = group.count == Count::Many;
        let rows = match typed.rows(group.name) {
            [] if !many => std::slice::from_ref(&blank),
            rows => rows,
        };
        let path = format!("{path}{}", group.name);
        let row = |(number, row): (usize, &Typed)| {
            let path = format!("{path}.{number}");
            let name = (group.title)(self.f.w);
            Row {
                id: row.text(ID).to_owned(),
                title: match many {
                    true => format!("{name} {}", number + 1),
                    false => name.to_owned(),
                },
                first: number == 0,
                last: number + 1 == rows.len(),
                many,
                cells: group
                    .fields
                    .iter()
                    .map(|field| self.cell(group, field, row, &path))
                    .collect(),
                lists: group
                    .groups
                    .iter()
                    .map(|inner| self.list(inner, row, &format!("{path}.")))
                    .collect(),
                found: self.at(&path),
                path,
            }
        };
        List {
            title: (group.title)(self.f.w),
            many,
            rows: rows.iter().enumerate().map(row).collect(),
            path,
        }
    }

    fn cell(
        &self,
        group: &'static Group,
        field: &'static Field,
        row: &Typed,
        path: &str,
    ) -> Cell {
        let (w, at) = (self.f.w, format!("{path}.{}", field.name));
        let label = (field.label)(w);
        let mut inputs = match field.what {
            What::Washed => {
                let half = |end: &str, which: &str| Input {
                    label: which.to_owned(),
                    ..self.input(field, row, path, &format!("{}{end}", field.name))
                };
                vec![half(SENSITIVE, w.half_sensitive), half("", w.half_washed)]
            }
            What::Moment => {
                let day = self.input(field, row, path, field.name);
                let hour = format!("{}{HOUR}", field.name);
                let hour = Input {
                    kind: "time",
                    label: w.meeting_hour.to_owned(),
                    needed: false,
                    ..self.input(field, row, path, &hour)
                };
                vec![day, hour]
            }
            _ => vec![self.input(field, row, path, field.name)],
        };
        for input in &mut inputs {
            input.needed &= group.count != Count::Maybe;
        }
        Cell {
            label,
            hint: (field.hint)(w),
            washed: field.what == What::Washed,
            inputs,
            at,
        }
    }

    fn input(
        &self,
        field: &'static Field,
        row: &Typed,
        path: &str,
        name: &str,
    ) -> Input {
        let at = format!("{path}.{name}");
        let value = row.raw(name).to_owned();
        Input {
            label: (field.label)(self.f.w).to_owned(),
            kind: match field.what {
                What::Text => "text",
                What::Washed => "textarea",
                What::Number => "number",
                What::Date | What::Moment => "date",
                What::Code(_) => "select",
                What::Link | What::File => "url",
            },
            options: match field.what {
                What::Code(list) => self.options(list, &value),
                _ => Vec::new(),
            },
            needed: field.needed,
            found: self.at(&at),
            value,
            at,
        }
    }

    fn options(&self, list: &'static str, value: &str) -> Vec<(String, String, bool)> {
        let later = LATER_CODES.iter().filter(|code| code.list == list);
        let codes = codes_of(list).chain(later).map(|code| code.name);
        let mut options: Vec<_> = codes
            .map(|code| {
                let words = label(self.f.language, code);
                (code.to_owned(), words, code == value)
            })
            .collect();
        if !value.is_empty() && !options.iter().any(|(_, _, chosen)| *chosen) {
            options.push((value.to_owned(), value.to_owned(), true));
        }
        options
    }

    fn at(&self, at: &str) -> Vec<Found> {
        let here = self.found.iter().filter(|found| found.at == at);
        here.cloned().collect()
    }
}

/// A list that can be filled in.
#[derive(Template)]
#[template(path = "gruppe.html")]
pub(super) struct Filled<'a> {
    f: &'a Frame,
    list: &'a List,
    /// The level of its heading.
    level: usize,
}

/// A list to be read.
#[derive(Template)]
#[template(path = "lest.html")]
pub(super) struct Plain<'a> {
    f: &'a Frame,
    list: &'a List,
    level: usize,
}

impl<'a> Filled<'a> {
    pub(super) fn new(f: &'a Frame, list: &'a List) -> Self {
        Self { f, list, level: 2 }
    }

    fn inner(&self, list: &'a List) -> String {
        let (f, level) = (self.f, self.level + 1);
        Filled { f, list, level }.render().unwrap_or_default()
    }
}

impl<'a> Plain<'a> {
    pub(super) fn new(f: &'a Frame, list: &'a List) -> Self {
        Self { f, list, level: 2 }
    }

    fn inner(&self, list: &'a List) -> String {
        let (f, level) = (self.f, self.level + 1);
        Plain { f, list, level }.render().unwrap_or_default()
    }
}

impl List {
    /// Whether there is nothing in it to be read.
    fn is_blank(&self) -> bool {
        let empty = |row: &Row| {
            let mut inputs = row.cells.iter().flat_map(|cell| &cell.inputs);
            inputs.all(|input| input.value.trim().is_empty())
                && row.lists.iter().all(Self::is_blank)
                && row.found.is_empty()
        };
        self.rows.iter().all(empty)
    }
}
