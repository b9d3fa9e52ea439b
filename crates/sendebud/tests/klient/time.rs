//! What the klient does when time passes: its own clock is set by the test, everything
//! around it is real.

use std::fs;
use std::time::Duration;

use ambient::{Clock, Random};
use fagsystem::Fagsystem;
use klient::{Klient, Settings};
use serde_json::Value;

use crate::innsynskrav::{order, send};
use crate::publish::{lay, post, result};
use crate::servers::Hook;
use crate::world::{Role, World, until};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const ROLES: [Role; 4] = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];

/// The klient of the world, in this process and on this clock.
fn klient(world: &World, clock: &Clock, more: &str) -> Klient {
    let text = fs::read_to_string(world.settings(Role::Klient)).unwrap();
    let mut settings: Settings = toml::from_str(&format!("{text}\n{more}")).unwrap();
    for path in settings.paths() {
        *path = world.place(&*path);
    }
    Klient::open(settings, clock.clone(), Random::system()).unwrap()
}

/// eInnsyn takes what waits there, and says nothing.
async fn einnsyn_takes(world: &World) {
    let einnsyn: Fagsystem = world.fagsystem(Role::Einnsyn);
    let envelope =
        until("eInnsyn has it", async || einnsyn.peek(&[]).await.unwrap()).await;
    let id = envelope.facts().unwrap().message_id;
    einnsyn.pop(&id).await.unwrap();
    einnsyn.delete(&id).await.unwrap();
}

fn alerts(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let all = body["varsler"].as_array().unwrap().iter();
    all.map(|alert| alert["navn"].as_str().unwrap().to_owned())
        .collect()
}

/// > approval queue, delayed release (§7, 10)
#[tokio::test]
async fn a_file_waits_for_its_time_and_for_a_person() {
    let mut world = World::new();
    world.start_all(&ROLES).await;
    // A Wednesday.
    let clock = Clock::manual("2026-11-25T10:00:00+01:00".parse().unwrap());
    let set = "[publish]\ngodkjenning = true\ndelay_minutes = 60\n";
    let klient = klient(&world, &clock, set);
    lay(&world, "brev.jsonld", &post(1, "Brev"));
    klient.publish().await.unwrap();
    let waiting = || {
        let result = result(&world, "sending", "brev.jsonld").unwrap();
        (
            result["deler"][0]["tilstand"].clone(),
            result["venter"].clone(),
        )
    };
    assert_eq!(
        waiting(),
        ("klar".into(), "Filen venter på godkjenning.".into())
    );

    clock.advance(2 * DAY);
    klient.publish().await.unwrap();
    assert_eq!(waiting().0, "klar", "nobody has let it go");
    assert!(klient.approve("brev.jsonld", "Kari").await.unwrap());
    assert!(
        !klient.approve("brev.jsonld", "Ola").await.unwrap(),
        "it was let go"
    );
    klient.publish().await.unwrap();
    let (state, waits) = waiting();
    assert_ne!(state, "klar", "it was sent, and may have arrived");
    assert_eq!(waits, Value::Null);

    lay(&world, "to.jsonld", &post(2, "Brev"));
    klient.publish().await.unwrap();
    assert!(klient.approve("to.jsonld", "Kari").await.unwrap());
    klient.publish().await.unwrap();
    let state = || {
        result(&world, "sending", "to.jsonld").unwrap()["deler"][0]["tilstand"].clone()
    };
    assert_eq!(state(), "klar", "its hour has not passed");
    clock.advance(Duration::from_secs(60 * 60));
    klient.publish().await.unwrap();
    assert_ne!(state(), "klar", "it was sent, and may have arrived");
}

/// > Watchdog: nothing published for N working days, kvittering missing
#[tokio::test]
async fn what_stands_still_is_told_once() {
    let mut world = World::new();
    world.start_all(&ROLES).await;
    let hook = Hook::start(&[200]).await;
    let clock = Clock::manual("2026-11-25T10:00:00+01:00".parse().unwrap());
    let set = format!(
        "[watch]\npublish_working_days = 3\nwebhook = \"{}\"\n",
        hook.url
    );
    let klient = klient(&world, &clock, &set);
    lay(&world, "brev.jsonld", &post(1, "Brev"));
    klient.publish().await.unwrap();
    einnsyn_takes(&world).await;
    until("LEVERT comes home", async || {
        clock.advance(Duration::from_secs(60));
        klient.publish().await.unwrap();
        let result = result(&world, "sending", "brev.jsonld")?;
        (result["deler"][0]["tilstand"] == "levert").then_some(())
    })
    .await;
    klient.watch().await.unwrap();

    // Saturday: one working day has passed, and two more are to come.
    clock.advance(3 * DAY);
    klient.watch().await.unwrap();
    assert_eq!(alerts(&hook.taken().await.0), ["kvittering"]);
    klient.watch().await.unwrap();

    // Monday evening: that of Thursday, Friday and Monday.
    clock.advance(2 * DAY);
    klient.watch().await.unwrap();
    assert_eq!(
        alerts(&hook.taken().await.0),
        ["publisering"],
        "what was told is not told again"
    );

    // It counts as published by then, and the word about it says why.
    klient.publish().await.unwrap();
    let end = result(&world, "publisert", "brev.jsonld").unwrap();
    let word = end["deler"][0]["beskjeder"][0]["tekst"].as_str().unwrap();
    assert!(word.contains("skalMottaKvittering"), "{word}");
}

/// > Watchdog: … alert by mail, webhook, metrics: of an access point that is away too
#[tokio::test]
async fn an_access_point_that_is_away_is_told_of_until_it_is_back() {
    let mut world = World::new();
    world
        .start_all(&[Role::Broker, Role::Registry, Role::Kommune])
        .await;
    let hook = Hook::start(&[200]).await;
    let clock = Clock::manual("2026-11-25T10:00:00+01:00".parse().unwrap());
    let klient = klient(
        &world,
        &clock,
        &format!("[watch]\nwebhook = \"{}\"\n", hook.url),
    );
    let standing = async |klient: Klient| {
        let router = klient::page::router(std::sync::Arc::new(klient));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/health", listener.local_addr().unwrap());
        let served = async { axum::serve(listener, router).await.unwrap() };
        let asked = async { reqwest::get(url).await.unwrap().status().as_u16() };
        tokio::select! { () = served => 0, status = asked => status }
    };
    klient.watch().await.unwrap();
    world.kill(Role::Kommune);
    klient.watch().await.unwrap();
    // A restart is nothing to be told of.
    clock.advance(Duration::from_secs(4 * 60));
    klient.watch().await.unwrap();
    clock.advance(Duration::from_secs(60));
    klient.watch().await.unwrap();
    assert_eq!(alerts(&hook.taken().await.0), ["aksesspunkt"]);
    world.start(Role::Kommune).await;
    klient.watch().await.unwrap();
    assert_eq!(standing(klient).await, 200, "it has passed");
}

/// > Escalation when nobody has taken it (§7, 5)
#[tokio::test]
async fn an_order_that_lies_in_its_folder_is_told_of() {
    let mut world = World::new();
    world.start_all(&ROLES).await;
    let hook = Hook::start(&[200]).await;
    // A Friday.
    let clock = Clock::manual("2026-11-27T10:00:00+01:00".parse().unwrap());
    let set = format!(
        "[watch]\nwebhook = \"{}\"\n\n[[route]]\nname = \"alt\"\n\
         to = {{ folder = \"innsyn\" }}\n",
        hook.url
    );
    let klient = klient(&world, &clock, &set);
    send(&world, &order("ik_urort", &[("BYGG", "2026/1")])).await;
    until("the order is handed over", async || {
        klient.innsynskrav().await.unwrap().then_some(())
    })
    .await;
    // One working day later.
    clock.advance(3 * DAY);
    klient.watch().await.unwrap();
    let name = "ik_urort.310000019.alt";
    assert_eq!(alerts(&hook.taken().await.0), [format!("urørt {name}")]);
    // Somebody takes it; another that comes is told of anew.
    fs::remove_dir_all(world.place("innsyn").join(name)).unwrap();
    klient.watch().await.unwrap();
    send(&world, &order("ik_ny", &[("BYGG", "2026/2")])).await;
    until("the other is handed over", async || {
        klient.innsynskrav().await.unwrap().then_some(())
    })
    .await;
    clock.advance(DAY);
    klient.watch().await.unwrap();
    let told = alerts(&hook.taken().await.0);
    assert_eq!(told, ["urørt ik_ny.310000019.alt"]);
}
