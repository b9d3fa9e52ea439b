//! `cargo xtask count`: the text measured against STYLE.md's budgets.
//!
//! Counted by line, which rustfmt makes reliable: a function ends at the brace that
//! stands under its first letter.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub(crate) fn main() -> Result<()> {
    let mut files = Vec::new();
    for folder in ["crates", "conformance", "xtask"] {
        gather(&crate::root().join(folder), &mut files)?;
    }
    let mut total = Count::default();
    for path in &files {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        total.add(path, &text);
    }
    print!("{}", total.report());
    Ok(())
}

/// Every .rs file under the folder; built things and recordings are not ours to count.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "target" && name != "vectors" {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Count {
    /// Lines a file, tests that have files of their own left out.
    files: Vec<usize>,
    /// Lines a function, tests left out.
    functions: Vec<usize>,
    /// Words in the names of those functions.
    words: usize,
    lines: usize,
    test_lines: usize,
    /// Comment lines outside tests.
    comment_lines: usize,
}

impl Count {
    fn add(&mut self, path: &Path, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        self.lines += lines.len();
        let inner = (0..lines.len()).find(|&at| opens_tests(&lines[at..]));
        let inner = inner.unwrap_or(lines.len());
        let own = if for_tests(path, &lines) { 0 } else { inner };
        self.test_lines += lines.len() - own;
        if own == 0 {
            return;
        }
        let table = lines[0].starts_with("//! Table:");
        if !table {
            self.files.push(lines.len());
        }
        let main = &lines[..own];
        let comments = main
            .iter()
            .filter(|line| line.trim_start().starts_with("//"));
        self.comment_lines += comments.count();
        for (name, length) in functions(main) {
            self.functions.push(length);
            self.words += name.split('_').filter(|word| !word.is_empty()).count();
        }
    }

    fn report(&mut self) -> String {
        self.files.sort_unstable();
        self.functions.sort_unstable();
        let main_lines = self.lines - self.test_lines;
        let mut text = String::from("                              now      budget\n");
        let mut row = |name: &str, now: String, budget: &str| {
            text.push_str(&format!("{name:<26} {now:>6}      {budget}\n"));
        };
        let count = |list: &[usize]| list.len().to_string();
        row("files, tests left out", count(&self.files), "");
        row("lines", self.lines.to_string(), "");
        row("file, median", at(&self.files, 50), "at most 150");
        row("file, p90", at(&self.files, 90), "at most 350");
        row("file, longest", at(&self.files, 100), "600 is the wall");
        row("functions, tests left out", count(&self.functions), "");
        row("function, median", at(&self.functions, 50), "aim at 20");
        row("function, p90", at(&self.functions, 90), "at most 30");
        row(
            "function, longest",
            at(&self.functions, 100),
            "70 is the wall",
        );
        let words = ratio(self.words, self.functions.len());
        row(
            "words a function name",
            format!("{words:.2}"),
            "at most 2.0",
        );
        let comments = 100.0 * ratio(self.comment_lines, main_lines);
        row("docs and comments, %", format!("{comments:.1}"), "12 to 20");
        let tests = 100.0 * ratio(self.test_lines, self.lines);
        row("tests, %", format!("{tests:.1}"), "45 to 55");
        text
    }
}

/// Whether a module of tests begins here, in this file.
fn opens_tests(lines: &[&str]) -> bool {
    lines[0].trim_start() == "#[cfg(test)]"
        && lines
            .get(1)
            .is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
}

/// Whether the whole file is tests or examples.
fn for_tests(path: &Path, lines: &[&str]) -> bool {
    let folders = ["tests", "examples", "conformance"];
    path.iter()
        .any(|part| folders.iter().any(|name| part == *name))
        || path.file_name().is_some_and(|name| name == "tests.rs")
        || lines.contains(&"#![cfg(test)]")
        || declared_for_tests(path)
}

/// Whether the file above says `#[cfg(test)] mod name;` of it.
fn declared_for_tests(path: &Path) -> bool {
    let (Some(folder), Some(name)) = (path.parent(), path.file_stem()) else {
        return false;
    };
    let declared = format!("#[cfg(test)]\nmod {};", name.display());
    let above = ["lib.rs", "main.rs", "mod.rs"].map(|file| folder.join(file));
    above
        .iter()
        .any(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&declared)))
}

/// Name and length in lines of every function in formatted text.
fn functions(lines: &[&str]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let end = format!("{}}}", " ".repeat(indent));
        let body = lines[start..]
            .iter()
            .position(|line| line.starts_with(&end));
        let one_line = line.ends_with('}') || line.ends_with(';');
        let length = if one_line {
            1
        } else {
            body.map_or(1, |last| last + 1)
        };
        found.push((name.to_owned(), length));
    }
    found
}

/// `pub(crate) async fn name(…` is called `name`.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let modifier = |word: &str| {
        ["async", "const", "unsafe", "extern", "\"C\""].contains(&word)
            || word.starts_with("pub")
    };
    let name = after.split(['(', '<']).next()?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (before.split_whitespace().all(modifier) && plain && !name.is_empty())
        .then_some(name)
}

/// The value below which so many of a hundred lie; `sorted` is in order.
fn at(sorted: &[usize], percent: usize) -> String {
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).map_or("–".into(), usize::to_string)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share of lines, for people to read"
)]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_counted_from_its_name_to_its_brace() {
        let text = "pub(crate) async fn two_words(a: u8) {\n    a;\n}\n\nfn one() {}\n";
        let lines: Vec<&str> = text.lines().collect();
        let expected = [("two_words".to_owned(), 3), ("one".to_owned(), 1)];
        assert_eq!(functions(&lines), expected);
    }

    #[test]
    fn the_word_in_a_sentence_is_no_function() {
        assert_eq!(function_name("// a fn that does it"), None);
        assert_eq!(function_name("    let f: fn (u8) = g;"), None);
    }

    #[test]
    fn percentiles_are_values_that_occur() {
        let list: Vec<usize> = (1..=10).collect();
        assert_eq!([50, 90, 100].map(|p| at(&list, p)), ["5", "9", "10"]);
        assert_eq!(at(&[], 50), "–");
    }
}
