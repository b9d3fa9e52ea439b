//! Secrets and personal data stay where they belong: not in what a process says, even
//! when it says all that it can, not on the pages for operators, not at rest in the clear,
//! and not in a picture of a process that crashes.

use std::fs;

use reqwest::Client;

use crate::chain::{order, publish};
use crate::world::planted::{assert_free, known};
use crate::world::{Role, World, run, sendebud};

#[tokio::test]
async fn nothing_planted_is_said_shown_or_left_in_the_clear() {
    let mut world = World::new();
    world.start_all(&Role::ALL).await;
    let http = Client::new();
    let iri = publish(&world, &http).await;
    order(&world, &http, &iri).await;
    let secrets = world.secrets();
    let planted: Vec<String> = secrets.iter().cloned().chain(known()).collect();

    // What is there for whoever watches.
    for role in [Role::Kommune, Role::Einnsyn] {
        for path in ["/manage/health", "/manage/info", "/manage/prometheus", "/"] {
            let page = http.get(world.url(role, path)).send().await.unwrap();
            let text = page.text().await.unwrap();
            assert!(!text.is_empty(), "{path}");
            for secret in &planted {
                assert!(!text.contains(secret), "{path} of {role:?} shows {secret}");
            }
        }
    }

    // Hidden from core dumps, and from everybody but root.
    for (role, id) in world.ids() {
        let limits = fs::read_to_string(format!("/proc/{id}/limits")).unwrap();
        let core = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let core: Vec<&str> = core.unwrap().split_whitespace().collect();
        assert_eq!(core[4..6], ["0", "0"], "{role:?}");
    }

    // At rest: nothing of what was sent can be read in what access points keep, and no
    // secret in what anybody keeps.
    for data in ["kommune", "einnsyn"] {
        assert_free(&world.place(data), &planted);
    }
    for data in ["broker", "portal", "klient-data"] {
        assert_free(&world.place(data), &secrets);
    }
}

#[test]
fn a_wrong_password_is_not_said_again() {
    let world = World::new();
    let wrong = world.place("keys/feil");
    fs::write(&wrong, "et-hemmelig-passord-som-er-feil").unwrap();
    let done = sendebud()
        .args(["package", "open", "--key"])
        .arg(world.place("keys/310000019.p12"))
        .arg("--password-file")
        .arg(&wrong)
        .arg(&wrong)
        .output()
        .unwrap();
    assert!(!done.status.success());
    for said in [done.stdout, done.stderr] {
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(!said.contains("et-hemmelig"), "{said}");
    }
    let listed = run(sendebud()
        .args(["keys", "list", "--config"])
        .arg(world.settings(Role::Kommune)));
    assert!(
        world
            .secrets()
            .iter()
            .all(|secret| !listed.contains(secret))
    );
}
