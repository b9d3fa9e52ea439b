//! A certificate that ends soon is told of everywhere, until there is another; keys by
//! hand.

use std::fs;
use std::path::PathBuf;

use ambient::{Clock, Random};
use dokumentpakke::Certificate;
use dokumentpakke::issue::Authority;
use jiff::SignedDuration;
use reqwest::Client;
use serde_json::Value;

use crate::world::{EINNSYN, KOMMUNE, Role, World, run, sendebud};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A key whose certificate ends in so many days and some hours, in a file of the world's.
fn key(world: &World, name: &str, orgnr: &str, days: i32) -> (PathBuf, Certificate) {
    let (now, random) = (Clock::system().now(), Random::system());
    let password = fs::read_to_string(world.place("keys/passord")).unwrap();
    let issue = |at| {
        let authority = Authority::new("En annen CA", at, &random).unwrap();
        authority
            .issue(orgnr, "Fjordvik", password.trim(), &random)
            .unwrap()
    };
    let whole = Certificate::from_pem(&issue(now).certificate).unwrap();
    let back = whole.not_after().duration_since(now) - DAY * days;
    let issued = issue(now - back + SignedDuration::from_hours(6));
    let place = world.place(format!("keys/{name}.p12"));
    fs::write(&place, &issued.pkcs12).unwrap();
    (place, Certificate::from_pem(&issued.certificate).unwrap())
}

/// What health and metrics of the access point say of its certificate.
async fn told(world: &World) -> (Value, String) {
    let http = Client::new();
    let text = async |path: &str| {
        let url = world.url(Role::Kommune, path);
        http.get(url).send().await.unwrap().text().await.unwrap()
    };
    let health: Value = serde_json::from_str(&text("/manage/health").await).unwrap();
    let metrics = text("/manage/prometheus").await;
    let name = "sendebud_certificate_warning_days{";
    let line = metrics.lines().find(|line| line.starts_with(name));
    (
        health["components"]["certificate"]["details"].clone(),
        line.unwrap().rsplit_once(' ').unwrap().1.to_owned(),
    )
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_told_of_until_another_is_on_the_ring() {
    let mut world = World::new();
    let config = world.settings(Role::Kommune).display().to_string();
    let password = world.place("keys/passord").display().to_string();
    let keys = |args: &[&str]| {
        let mut command = sendebud();
        command.arg("keys").args(args).args(["--config", &config]);
        command
    };
    let list = || -> Value {
        serde_json::from_str(&run(&mut keys(&["list", "--json"]))).unwrap()
    };
    let (_, soon) = key(&world, KOMMUNE, KOMMUNE, 20);
    world
        .start_all(&[Role::Broker, Role::Registry, Role::Kommune])
        .await;
    let (details, metric) = told(&world).await;
    assert_eq!(details["days"], 20, "{details}");
    assert!(
        details["warning"]
            .as_str()
            .unwrap()
            .contains(&soon.serial())
    );
    assert_eq!(metric, "30");
    assert!(world.said(Role::Kommune).contains("expires in 20 days"));
    assert_eq!(list()[0]["state"], "30 days or less");

    // Nobody else's key, none that has run out, none that is there.
    let new = |verb: &str, place: &PathBuf| {
        let place = place.display().to_string();
        let options = ["--key", &place, "--password-file", &password];
        keys(&[&[verb], &options[..]].concat()).output().unwrap()
    };
    for (orgnr, days, words) in [
        (EINNSYN, 900, "is not that of"),
        (KOMMUNE, -2, "expired"),
        (KOMMUNE, 0, ""),
    ] {
        let place = match words {
            "" => world.place(format!("keys/{KOMMUNE}.p12")),
            _ => key(&world, "feil", orgnr, days).0,
        };
        let refused = new("renew", &place);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(words), "{said}");
    }
    let (other, _) = key(&world, "reserve", KOMMUNE, 10);
    let (next, certificate) = key(&world, "neste", KOMMUNE, 900);
    assert!(new("add", &other).status.success());
    assert!(new("renew", &next).status.success());
    let rows = list();
    let serials: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["serial"].as_str())
        .collect();
    assert_eq!(serials.len(), 3, "{rows}");
    assert_eq!(serials[..2], [certificate.serial(), soon.serial()]);
    assert_eq!(
        (&rows[0]["inUse"], &rows[1]["inUse"]),
        (&true.into(), &false.into())
    );
    run(&mut keys(&["test"]));

    world.kill(Role::Kommune);
    world.start(Role::Kommune).await;
    let (details, metric) = told(&world).await;
    assert_eq!(details["serial"], certificate.serial());
    assert_eq!((details.get("warning"), metric.as_str()), (None, "0"));
    // A file that is no key any more fails the test, and only that.
    fs::write(next, "ikke en nøkkel").unwrap();
    assert!(!keys(&["test"]).output().unwrap().status.success());
}
