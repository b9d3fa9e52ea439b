//! Keys and a register that change while processes work.

use std::fs;

use ambient::{Clock, Random};
use dokumentpakke::issue::Authority;
use reqwest::Client;
use serde_json::Value;

use crate::world::{KOMMUNE, Role, World, run, sendebud, until};

async fn json(http: &Client, url: url::Url) -> Value {
    let answer = http.get(url).send().await.unwrap();
    answer.json().await.unwrap_or_default()
}

#[tokio::test]
async fn a_key_file_that_changes_is_read_anew() {
    let mut world = World::new();
    let roles = [Role::Broker, Role::Registry, Role::Kommune];
    world.start_all(&roles).await;
    let http = Client::new();
    let health = world.url(Role::Kommune, "/manage/health");
    let serial = async || {
        let health = json(&http, health.clone()).await;
        let certificate = &health["components"]["certificate"]["details"];
        certificate["serial"].as_str().map(str::to_owned)
    };
    let before = serial().await.unwrap();
    let metrics = world.url(Role::Kommune, "/manage/prometheus");
    let metrics = http
        .get(metrics)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        metrics.contains("sendebud_certificate_expiry_seconds{"),
        "{metrics}"
    );
    assert!(metrics.contains("sendebud_register_stale{organisation=\"310000019\"} 0"));

    let (now, random) = (Clock::system().now(), Random::system());
    let authority = Authority::new("En annen CA", now, &random).unwrap();
    let password = fs::read_to_string(world.place("keys/passord")).unwrap();
    let issued = authority
        .issue(KOMMUNE, "Fjordvik", password.trim(), &random)
        .unwrap();
    let place = world.place(format!("keys/{KOMMUNE}.p12"));
    // Half a file first, as a slow copy leaves it: the old key stays in use.
    fs::write(&place, &issued.pkcs12[..100]).unwrap();
    assert_eq!(serial().await.unwrap(), before);
    fs::write(place.with_extension("ny"), &issued.pkcs12).unwrap();
    fs::rename(place.with_extension("ny"), &place).unwrap();
    until("the new key is in use", async || {
        (serial().await.unwrap() != before).then_some(())
    })
    .await;
    // What is at rest is wrapped anew: the next start needs the new key only.
    world.kill(Role::Kommune);
    world.start(Role::Kommune).await;
    assert_ne!(serial().await.unwrap(), before);
}

#[tokio::test]
async fn a_register_is_edited_by_hand_while_it_answers() {
    let mut world = World::new();
    let path = world.settings(Role::Registry);
    let text = fs::read_to_string(&path).unwrap();
    let desk = world.place("keys/skranke");
    fs::write(&desk, "et-langt-passord-for-skranken").unwrap();
    let lines = "data = \"register.json\"\ndesk_password_file = \"keys/skranke\"\n";
    fs::write(&path, format!("{lines}{text}")).unwrap();
    let config = path.display().to_string();
    let register = |args: &[&str]| {
        run(sendebud()
            .arg("register")
            .args(args)
            .args(["--config", &config]))
    };
    let exported = register(&["export"]);
    assert!(register(&["list"]).contains(KOMMUNE));
    world.start(Role::Registry).await;
    let http = Client::new();
    let status = async |path: &str| {
        let url = world.url(Role::Registry, path);
        http.get(url).send().await.unwrap().status().as_u16()
    };
    let info = format!("/info/{KOMMUNE}");
    assert_eq!(status(&info).await, 200);
    register(&["remove", KOMMUNE]);
    until("it is gone", async || {
        (status(&info).await == 404).then_some(())
    })
    .await;
    let certificate = world
        .place(format!("keys/{KOMMUNE}.pem"))
        .display()
        .to_string();
    let record = "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0,\
        urn:no:difi:einnsyn:xsd::innsynskrav,innsyn";
    let put = [
        "put",
        KOMMUNE,
        "--name",
        "Fjordvik",
        "--certificate",
        &certificate,
    ];
    register(&[&put[..], &["--record", record]].concat());
    until("it is back", async || {
        (status(&info).await == 200).then_some(())
    })
    .await;
    let file = world.place("eksport.json");
    fs::write(&file, &exported).unwrap();
    register(&["import", &file.display().to_string()]);
    assert_eq!(register(&["export"]), exported);
    // The desk is shut to who does not know its password.
    assert_eq!(status("/admin/organisations").await, 401);
    let url = world.url(Role::Registry, "/admin/organisations");
    let known = http.get(url).bearer_auth("et-langt-passord-for-skranken");
    assert_eq!(known.send().await.unwrap().status().as_u16(), 200);
}
