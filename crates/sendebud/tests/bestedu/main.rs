//! BEST/EDU as archives speak it: foreign SOAP stacks read the served WSDL, publish by it,
//! and are told what became of it.
//!
//! The programs are in `conformance/sdk/zeep` and `conformance/sdk/jaxws`; `cargo xtask
//! test` installs what they need.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../world/mod.rs"]
mod world;

mod java;
mod ntlm;
mod python;

use std::path::{Path, PathBuf};

use serde_json::Value;
use world::{Role, World, until};

/// All that a publication passes.
const CHAIN: [Role; 6] = [
    Role::Broker,
    Role::Registry,
    Role::Einnsyn,
    Role::Kommune,
    Role::Postmottak,
    Role::Portal,
];

/// The clone.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A place where `cargo xtask test` installs what a program needs.
fn installed(name: &str) -> PathBuf {
    // The folder alone: a Python of its own is a link that must stay one.
    let folder = root().join("target/sdk").canonicalize().unwrap_or_default();
    let place = folder.join(name);
    assert!(
        place.exists(),
        "{} is not there: run `cargo xtask test`, which installs it",
        place.display()
    );
    place
}

/// The IRI of an entry that the body has published.
fn iri(sequence: u32, number: u32) -> String {
    let owner = world::KOMMUNE;
    format!(
        "http://data.einnsyn.no/noark4/Journalpost--{owner}--{sequence}--{number}--2026"
    )
}

/// What the portal shows of an entry, once it does.
async fn found(world: &World, iri: &str) -> Value {
    let mut url = world.url(Role::Portal, "/api/sok");
    url.query_pairs_mut().append_pair("q", "");
    until(&format!("the portal has {iri}"), async || {
        let answer = reqwest::get(url.clone()).await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let hits = answer["treff"].as_array().unwrap();
        let hit = hits.iter().find(|hit| hit["registrering"]["iri"] == iri);
        hit.cloned()
    })
    .await
}
