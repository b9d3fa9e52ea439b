//! Every numbered fault of the Java access point (rest-api §12) has a test of that number
//! somewhere, or a row in docs/quirks.md that says why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// How many there are.
const FAULTS: u32 = 62;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The numbers in the names of tests below a folder: `fault_06_and_10_…`.
fn tested(folder: &Path, all: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("it is readable").path();
        if path.is_dir() {
            tested(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("our files are UTF-8");
            for name in text.split("fn fault_").skip(1) {
                let parts = name.split(['_', '(']);
                let numbers = parts.take_while(|part| {
                    *part == "and" || part.bytes().all(|b| b.is_ascii_digit())
                });
                all.extend(numbers.filter_map(|part| part.parse::<u32>().ok()));
            }
        }
    }
}

/// The numbers of the rows `| §12, 22 | …`.
fn told() -> BTreeSet<u32> {
    let text = fs::read_to_string(root().join("docs/quirks.md")).expect("it is there");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| §12, "));
    let number = |row: &str| row.split(' ').next().unwrap_or_default().parse().ok();
    rows.filter_map(number).collect()
}

#[test]
fn every_numbered_fault_is_shown_or_told_of() {
    let mut all = BTreeSet::new();
    tested(&root().join("crates"), &mut all);
    let told = told();
    let missing: Vec<u32> = (1..=FAULTS)
        .filter(|number| !all.contains(number) && !told.contains(number))
        .collect();
    assert!(
        missing.is_empty(),
        "neither tested nor told of: {missing:?}"
    );
    assert!(all.iter().chain(&told).all(|n| (1..=FAULTS).contains(n)));
}
