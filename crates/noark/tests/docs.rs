//! The tables of docs/noark.md are those of the code.
//!
//! `NOARK_DOCS=write cargo test -p noark --test docs` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use noark::Rule;
use noark::rules::{CODES, LATER_CODES, TEXTS, rows};

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

#[test]
fn the_tables_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/noark.md");
    let page = std::fs::read_to_string(&path).expect("docs/noark.md");
    let mut expected = String::new();
    let mut rest = page.as_str();
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(" -->").expect("a name and -->");
        let (_, after) = after.split_once(END).expect("an end");
        let table = match name {
            "rules" => rules(),
            "constraints" => constraints(),
            "codes" => codes(),
            other => panic!("nothing generates {other}"),
        };
        let _ = write!(expected, "{before}{BEGIN}{name} -->\n\n{table}\n{END}");
        rest = after;
    }
    expected.push_str(rest);
    if std::env::var_os("NOARK_DOCS").is_some_and(|what| what == "write") {
        std::fs::write(&path, &expected).expect("docs/noark.md can be written");
        return;
    }
    let wrong = page
        .lines()
        .zip(expected.lines())
        .find(|(is, should)| is != should);
    assert!(
        page == expected,
        "docs/noark.md is not as the code says; NOARK_DOCS=write mends it\n{wrong:?}"
    );
}

fn rules() -> String {
    let mut out =
        String::from("| rule | says | what would be right |\n|---|---|---|\n");
    for text in TEXTS {
        let row = [text.nb, text.en, text.hint_nb, text.hint_en].map(cell);
        let [nb, en, hint_nb, hint_en] = row;
        let rule = text.rule.as_str();
        let _ = writeln!(
            out,
            "| `{rule}` | {nb}<br>*{en}* | {hint_nb}<br>*{hint_en}* |"
        );
    }
    out
}

fn constraints() -> String {
    let mut out =
        String::from("| class | property | count | what |\n|---|---|---|---|\n");
    for row in rows() {
        let warning = if row.warning { " (warning)" } else { "" };
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {}{warning} |",
            row.class,
            row.property,
            row.count(),
            cell(&row.what.to_string()),
        );
    }
    out
}

fn codes() -> String {
    let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for code in CODES {
        let mut shown = format!("`{}`", code.name);
        if !code.noark4.is_empty() {
            let _ = write!(shown, " ({})", code.noark4);
        }
        lists.entry(code.list).or_default().push(shown);
    }
    for code in LATER_CODES {
        let list = lists.entry(code.list).or_default();
        list.push(format!("`{}` (`practical` only)", code.name));
    }
    let mut out = String::from("| list | codes (letter in Noark 4) |\n|---|---|\n");
    for (list, codes) in lists {
        let _ = writeln!(out, "| {list} | {} |", codes.join(", "));
    }
    out
}

/// Braces are kept from the checker of paths, bars from the table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('{', "‹")
        .replace('}', "›")
        .replace('*', "\\*")
        .replace('_', "\\_")
}

#[test]
fn every_rule_has_its_words() {
    assert_eq!(Rule::ALL.len(), TEXTS.len());
    for (rule, text) in Rule::ALL.iter().zip(TEXTS) {
        assert_eq!(*rule, text.rule, "texts.rs is in the order of the rules");
    }
}
