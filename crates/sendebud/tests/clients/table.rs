//! The table in docs/broker.md: what each client can do, and why not.

use std::fmt::Write;
use std::fs;

use crate::cases::{Cases, Client, Gap};
use crate::root;

const PAGE: &str = "docs/broker.md";
const BEGIN: &str = "<!-- The tests write from here, -->\n";
const END: &str = "<!-- to here. -->\n";
const WRITE: &str = "SENDEBUD_WRITE_TABLE";

#[test]
fn the_page_has_the_table() {
    let place = root().join(PAGE);
    let page = fs::read_to_string(&place).unwrap();
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (old, after) = rest.split_once(END)?;
        Some((before, old, after))
    });
    let (before, old, after) = parts.expect("the page says where the table is");
    let new = table(&Cases::read());
    if std::env::var_os(WRITE).is_some() {
        fs::write(place, format!("{before}{BEGIN}{new}{END}{after}")).unwrap();
        return;
    }
    assert!(
        old == new,
        "{PAGE} has another table than the cases; to write it again:\n  \
         {WRITE}=1 cargo test -p sendebud --test clients the_page_has_the_table"
    );
}

fn table(cases: &Cases) -> String {
    let mut text = String::new();
    let mut group = "";
    for case in &cases.cases {
        if group != case.group {
            group = &case.group;
            let _ = write!(text, "\n### {group}\n\n|");
            for client in Client::ALL {
                let _ = write!(text, " | {client:?}");
            }
            text += " |\n|---|";
            text += &"---|".repeat(Client::ALL.len());
            text += "\n";
        }
        let _ = write!(text, "| {}", case.says);
        for client in Client::ALL {
            text += match cases.gap(client, &case.name) {
                None => " | ✓",
                Some(Gap::Cannot(_)) => " | –",
                Some(Gap::Differs(_)) => " | ✗",
            };
        }
        text += " |\n";
    }
    text += "\n### Gaps\n\n";
    text += "– the client has no way to ask for it; ✗ it asks, and it is not so.\n";
    for client in Client::ALL {
        let _ = write!(text, "\n{client:?}\n\n");
        for case in &cases.cases {
            let words = match cases.gap(client, &case.name) {
                None => continue,
                Some(Gap::Cannot(why)) => format!("– {}: {why}", case.says),
                Some(Gap::Differs(why)) => format!("✗ {}: {why}", case.says),
            };
            let _ = writeln!(text, "- {words}");
        }
    }
    text
}
