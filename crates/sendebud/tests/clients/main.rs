//! The official clients of Azure Service Bus, and a plain AMQP one, each unmodified and
//! against a broker process of its own: each does what docs/broker.md says that it does.
//!
//! The cases are in `conformance/sdk/cases.toml`, the programs in a folder beside it for
//! each client, and what cannot be is in `gaps.toml`. `cargo xtask test` installs the
//! clients.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod broker;
mod cases;
mod program;
mod queue;
mod table;

use std::path::{Path, PathBuf};

use broker::{Broker, Wire};
use cases::{Cases, Client};

#[test]
fn python_does_what_the_table_says() {
    check(Client::Python, Wire::Plain);
}

#[test]
fn python_does_the_same_under_tls() {
    check(Client::Python, Wire::Tls);
}

#[test]
fn javascript_does_what_the_table_says() {
    check(Client::JavaScript, Wire::Plain);
}

#[test]
fn javascript_does_the_same_under_tls() {
    check(Client::JavaScript, Wire::Tls);
}

#[test]
fn java_does_what_the_table_says() {
    check(Client::Java, Wire::Plain);
}

#[test]
fn java_does_the_same_under_tls() {
    check(Client::Java, Wire::Tls);
}

#[test]
fn go_does_what_the_table_says() {
    check(Client::Go, Wire::Plain);
}

#[test]
fn go_does_the_same_under_tls() {
    check(Client::Go, Wire::Tls);
}

#[test]
fn proton_does_what_the_table_says() {
    check(Client::Proton, Wire::Plain);
}

#[test]
fn proton_does_the_same_under_tls() {
    check(Client::Proton, Wire::Tls);
}

/// Run all of the client's cases; each comes out as the table has it.
fn check(client: Client, wire: Wire) {
    let cases = Cases::read();
    let mut broker = Broker::start(&cases, wire);
    let seen = program::run(client, &mut broker);
    let wrong = cases.wrong(client, &seen);
    assert!(
        wrong.is_empty(),
        "{client:?} over {wire:?}:\n  {}\nthe broker's log ends\n{}",
        wrong.join("\n  "),
        broker.last_words(),
    );
}

/// The clone.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A place in the folder of the clients' programs.
fn sdk(name: &str) -> PathBuf {
    root().join("conformance/sdk").join(name)
}
