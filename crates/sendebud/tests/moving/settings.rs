//! The Java one's settings, made into ours.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::place::{ORGNR, Place, said};
use crate::record::vector;
use crate::world::run;

#[test]
fn every_key_has_a_line_and_secrets_have_files() {
    let place = Place::new();
    place.set("difi.move.finnesikke=1\ndifi.move.feature.enableDPO=false\n");
    let words = run(&mut place.move_in(None));
    for line in [
        "difi.move.org.number: taken: orgnr",
        "difi.move.org.keystore.password: changed: it goes to the file key-password",
        "difi.datasource.url: not needed: messages and jobs are kept in `data`",
        "difi.move.finnesikke: unknown: nothing is done with it",
        "difi.move.feature.enableDPO: not needed: it is off",
    ] {
        assert!(
            words.lines().any(|l| l == line),
            "{line} is not in\n{words}"
        );
    }
    let text = fs::read_to_string(place.properties()).unwrap();
    for line in text.lines() {
        let name = line.split('=').next().unwrap();
        let lines = words
            .lines()
            .filter(|l| l.starts_with(&format!("{name}: ")));
        assert_eq!(lines.count(), 1, "{name} has not one line in\n{words}");
    }
    let toml = fs::read_to_string(place.path("sendebud.toml")).unwrap();
    for secret in ["changeit", "n0kkel"] {
        assert!(
            !words.contains(secret) && !toml.contains(secret),
            "{secret}"
        );
    }
    for name in ["key-password", "message-service-key", "ip.p12"] {
        let mode = fs::metadata(place.path(name)).unwrap().permissions().mode();
        let ours = name != "ip.p12" || place.path("ip.p12") != place.path(name);
        assert!(!ours || mode & 0o7777 == 0o600, "{name}: {mode:o}");
    }
    let table: toml::Table = toml.parse().unwrap();
    assert_eq!(table["orgnr"].as_str(), Some(ORGNR));
    assert_eq!(table["keys"][0]["file"].as_str(), Some("ip.p12"));
    assert!(table["register"].get("maskinporten").is_none(), "{toml}");
}

#[test]
fn yaml_and_jks_and_the_listeners_key_store_are_taken_too() {
    let place = Place::new();
    fs::copy(
        vector("keys").join(format!("{ORGNR}.jks")),
        place.path("old.jks"),
    )
    .unwrap();
    fs::write(
        place.path("ip.yml"),
        "difi:\n  ssl: {enabled: true, key-store: 'file:old.jks', \
         key-store-password: changeit}\n  move:\n    org:\n      keystore:\n        \
         path: file:old.jks\n        type: JKS\n",
    )
    .unwrap();
    let words = run(place
        .move_in(None)
        .arg("--properties")
        .arg(place.path("ip.yml")));
    assert!(words.contains("old.jks"), "{words}");
    let place = |name: &str| place.path(name);
    assert_eq!(
        fs::read(place("tls-old.jks")).unwrap(),
        fs::read(place("old.jks")).unwrap()
    );
    let made = fs::read_to_string(place("sendebud.toml")).unwrap();
    let made: toml::Table = made.parse().unwrap();
    assert_eq!(made["tls"]["keystore"], "tls-old.jks".into());
    assert_eq!(made["tls"]["password_file"], "tls-keystore-password".into());
    assert_eq!(
        fs::read_to_string(place("tls-keystore-password"))
            .unwrap()
            .trim(),
        "changeit"
    );
}

#[test]
fn a_containers_environment_is_taken_too() {
    let place = Place::new();
    let environment = "DIFI_MOVE_NEXTMOVE_LOCKTIMEOUTMINUTES=7\nTZ=Europe/Oslo\n";
    fs::write(place.path("ip.env"), environment).unwrap();
    let words = run(place
        .move_in(None)
        .arg("--properties")
        .arg(place.path("ip.env")));
    let line = "DIFI_MOVE_NEXTMOVE_LOCKTIMEOUTMINUTES: changed: lock_seconds = 420";
    assert!(words.lines().any(|l| l == line), "{words}");
}

#[test]
fn what_is_missing_is_listed_and_nothing_is_written() {
    let place = Place::new();
    fs::write(
        place.properties(),
        "difi.move.org.keystore.path=file:borte.p12\n\
         difi.move.nextmove.lockTimeoutMinutes=fem\ndifi.ssl.enabled=true\n",
    )
    .unwrap();
    let done = place.move_in(None).output().unwrap();
    let words = said(&done);
    assert!(!done.status.success(), "{words}");
    for part in [
        "missing: difi.move.org.number",
        "missing: difi.move.org.keystore.password",
        "missing: difi.move.serviceregistryEndpoint, or the profile",
        "--profile production",
        "missing: difi.move.nextmove.lockTimeoutMinutes cannot be used",
        "missing: difi.ssl.key-store",
        "nothing was written",
    ] {
        assert!(words.contains(part), "{part} is not in\n{words}");
    }
    assert!(!place.path("sendebud.toml").exists());
}
