//! docs/bestedu.md says of every field what becomes of it.

use bestedu::melding::{Avsmot, Dokument, Journpost, Noarksak};

#[test]
fn the_page_has_a_row_for_every_field() {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bestedu.md");
    let page = std::fs::read_to_string(place).unwrap();
    for (part, fields) in [
        ("journpost", Journpost::FIELDS),
        ("avsmot", Avsmot::FIELDS),
        ("dokument", Dokument::FIELDS),
        ("noarksak", Noarksak::FIELDS),
    ] {
        let (_, section) = page.split_once(&format!("\n### {part}\n")).unwrap();
        let section = section.split("\n##").next().unwrap();
        let rows: Vec<&str> =
            section.lines().filter(|l| l.starts_with("| `")).collect();
        for field in fields {
            let row = rows
                .iter()
                .find(|row| row.starts_with(&format!("| `{field}` | ")));
            assert!(row.is_some(), "{field} has no row under {part}");
        }
    }
}
