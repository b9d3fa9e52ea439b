//! From the outside, in another language: what known case systems do, and a machine that
//! tries what nobody does, by the API's own description.
//!
//! The programs are in `conformance/sdk/door`; `cargo xtask test` installs what they need.

mod world;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use api::{Credentials, Door, Scopes};
use world::World;

fn clone(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Run one of the programs installed for this test; it must end well.
async fn run(program: &str, args: &[&str]) {
    let place = clone("target/sdk/door/bin").join(program);
    let done = tokio::process::Command::new(&place)
        .args(args)
        .current_dir(clone("target/sdk/door"))
        .stdin(Stdio::null())
        .output()
        .await;
    let done = done.unwrap_or_else(|error| {
        panic!(
            "{}: {error}; install it with\n  python3 -m venv target/sdk/door\n  \
             target/sdk/door/bin/pip install -r conformance/sdk/door/requirements.txt",
            place.display()
        )
    });
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(done.status.success(), "{program} {args:?}\n{out}\n{err}");
}

// rest-api §14: einnsyn-backend, the documented flows, efm-mocks, KOSMOS.
#[tokio::test(flavor = "multi_thread")]
async fn known_callers_are_answered_as_they_expect() {
    let words = Credentials::user("fagsystem", "blåbærsyltetøy", Scopes::ALL).unwrap();
    let world =
        World::behind(|point| Door::new(point).locked(vec![words.clone()])).await;
    let flows = clone("conformance/sdk/door/flows.py");
    let (flows, body, portal) = (flows.to_str().unwrap(), &world.body, &world.portal);
    let login = ["--user", "fagsystem", "--password", "blåbærsyltetøy"];
    let addresses = [flows, "--body", body, "--portal", portal];
    run("python", &[&addresses[..], &login[..]].concat()).await;
    world.stop().await;
}

// Bounded and with a fixed seed: a failure can be repeated.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_the_description_allows_is_answered_500_or_otherwise_than_it_says()
{
    let world = World::start().await;
    let description = format!("{}/openapi.json", world.portal);
    let args = [
        "run",
        &description,
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,\
         response_schema_conformance",
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "12",
        "--seed",
        "20261125",
        "--generation-deterministic",
        "--no-color",
        "--request-timeout",
        "30",
    ];
    run("schemathesis", &args).await;
    world.stop().await;
}
