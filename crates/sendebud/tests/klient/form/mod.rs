//! The page on which people fill in what is to be published, in Chromium, from the first
//! word to the portal and back.

mod kill;
mod lost;
mod meeting;
mod post;

use serde_json::Value;

use crate::browser::{Browser, Visitor};
use crate::world::{Role, World, free_ports, until};

/// Hand in what one has written.
fn deliver(visitor: &mut Visitor<'_>, stands: &str) {
    visitor.press("lever");
    assert_eq!(visitor.text("main .lapp"), stands);
}

/// Somebody lets a form go.
fn approve(browser: &mut Browser, who: &'static str, path: &str) {
    let mut visitor = browser.visitor(who);
    visitor.open(path);
    visitor.click("form[action$='/godkjenn'] button");
}

/// As somebody would set it up: one who writes, one who approves, one who does both.
fn people(world: &World) -> String {
    let port = free_ports();
    let settings = world.settings(Role::Klient);
    let text = std::fs::read_to_string(&settings).unwrap();
    let more = format!(
        "\n[form]\nlisten = \"127.0.0.1:{port}\"\n\
         base = \"https://fjordvik.example/id\"\n\n\
         [[form.users]]\nname = \"kari\"\npassword = \"skriver-1\"\nroles = [\"write\"]\n\n\
         [[form.users]]\nname = \"ola\"\npassword = \"{}\"\nroles = [\"approve\"]\n\n\
         [[form.users]]\nname = \"siri\"\npassword = \"begge-3\"\n\
         roles = [\"write\", \"approve\"]\n",
        password::hash_password("godkjenner-2", b"saltsaltsaltsalt").unwrap()
    );
    std::fs::write(&settings, text + &more).unwrap();
    format!("http://127.0.0.1:{port}")
}

/// What the portal has under a title.
async fn published(world: &World, title: &str) -> Option<Value> {
    let mut url = world.url(Role::Portal, "/api/sok");
    url.query_pairs_mut().append_pair("q", "");
    let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let hits = answer["treff"].as_array().unwrap().iter();
    let mut hits = hits.filter(|hit| hit["registrering"]["tittel"] == title);
    hits.next().cloned()
}

/// Look at a form until it stands so.
async fn stands(visitor: &mut Visitor<'_>, words: &str) {
    let path = visitor.url();
    let path = path.split(['?', '#']).next().unwrap().to_owned();
    until(words, async || {
        visitor.open(&path);
        (visitor.text("main .lapp") == words).then_some(())
    })
    .await;
}

const CASE: [(&str, &str); 5] = [
    ("mappe.0.aar", "2026"),
    ("mappe.0.nummer", "417"),
    ("mappe.0.tittel_s", "Skjenkebevilling for Fjordkroa"),
    ("post.0.sekvens", "90112"),
    ("post.0.nummer", "3"),
];
