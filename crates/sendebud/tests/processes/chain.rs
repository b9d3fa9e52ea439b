//! A publication and an order, carried by seven processes that share nothing but ports.

use std::fs;

use fagsystem::Fagsystem;
use noark::sample::{Sample, journalpost};
use reqwest::Client;
use sbd::MessageId;
use serde_json::{Value, json};

use crate::world::{KOMMUNE, Role, World, until};

const BASE: &str = "https://arkiv.fjordvik.example/id/";
const IDS: [&str; 4] = [
    "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7a01",
    "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7a02",
    "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7a03",
    "1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7a04",
];
const CITIZEN: &str = "kari.borger@eksempel.example";

#[tokio::test]
async fn the_chain_runs_through_seven_processes() {
    let mut world = World::new();
    world.start_all(&Role::ALL).await;
    let http = Client::new();
    let iri = publish(&world, &http).await;
    order(&world, &http, &iri).await;
}

/// A file in the klient's folder is found on the portal, and its kvittering lies beside
/// the file. Answers the IRI of what was published.
pub(crate) async fn publish(world: &World, http: &Client) -> String {
    let iri = format!("{BASE}{}", IDS[1]);
    let inn = world.place("klient/inn");
    fs::write(inn.join("post.jsonld.tmp"), publication()).unwrap();
    fs::rename(inn.join("post.jsonld.tmp"), inn.join("post.jsonld")).unwrap();

    let search = world.url(Role::Portal, "/api/sok?q=bl%C3%A5b%C3%A6r%C3%B8l");
    let hit = until("the portal finds the journalpost", async || {
        let found = answer(http.get(search.clone())).await;
        let hits = found["treff"].as_array().unwrap().clone();
        hits.into_iter()
            .find(|hit| hit["registrering"]["iri"] == iri)
    })
    .await;
    assert_eq!(hit["eier"], KOMMUNE);

    let beside = world.place("klient/publisert/post.jsonld.resultat.json");
    let text = until("the kvittering lies beside the file", async || {
        fs::read_to_string(&beside).ok()
    })
    .await;
    let kvittering: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(kvittering["deler"][0]["tilstand"], "publisert");
    assert_eq!(kvittering["deler"][0]["iri"], iri);
    let sent = fs::read_to_string(world.place("klient/publisert/post.jsonld"));
    assert_eq!(sent.unwrap(), publication(), "the file itself is as it was");
    iri
}

/// An order on the portal reaches postmottak, and its statuses come home.
pub(crate) async fn order(world: &World, http: &Client, iri: &str) {
    let body = json!({"dokumenter": [iri], "epost": CITIZEN});
    let url = world.url(Role::Portal, "/api/bestilling");
    let ordered = answer(http.post(url).json(&body)).await;
    let order = ordered["id"].as_str().unwrap().to_owned();

    let start = format!("/bestilling/{order}/bekreft/");
    let asked = until("the citizen is asked", async || mail(world, &start)).await;
    let secret = asked.split(&start).nth(1).unwrap();
    let secret: String = secret
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let link = world.url(Role::Portal, &format!("{start}{secret}"));
    let confirmed = http.post(link).send().await.unwrap();
    assert!(confirmed.status().is_success(), "{confirmed:?}");

    let to = "To: innsyn@fjordvik.example";
    let mail = until("postmottak has the mail", async || mail(world, to)).await;
    for line in [&format!("Reply-To: {CITIZEN}"), to] {
        assert!(mail.lines().any(|l| l == line), "{line} is not in\n{mail}");
    }
    let attached = "Content-Disposition: attachment; filename=\"order.xml\"";
    assert!(mail.contains(attached), "order.xml is not attached\n{mail}");
    assert!(mail.contains(&order), "it is not about {order}\n{mail}");

    let follow = world.url(Role::Portal, &format!("/api/bestilling/{order}"));
    let home = ["OPPRETTET", "SENDT", "MOTTATT", "LEVERT"];
    let id = until("the sender sees LEVERT", async || {
        let known = answer(http.get(follow.clone())).await;
        let krav = &known["innsynskrav"][0];
        let id: MessageId = krav["messageId"].as_str()?.parse().unwrap();
        (krav["statuser"] == json!(home)).then_some(id)
    })
    .await;
    assert_eq!(log(&world.fagsystem(Role::Einnsyn), &id).await, home);
    let received = ["OPPRETTET", "INNKOMMENDE_MOTTATT", "INNKOMMENDE_LEVERT"];
    assert_eq!(log(&world.fagsystem(Role::Kommune), &id).await, received);
}

fn publication() -> String {
    journalpost(&Sample {
        base: BASE,
        ids: IDS,
        year: 2026,
        number: (417, 3),
        date: "2026-11-24",
        mappe: "Skjenkebevilling",
        title: "Søknad om å skjenke blåbærøl",
    })
}

/// The mail that has this in it, soft line breaks undone.
fn mail(world: &World, wanted: &str) -> Option<String> {
    let entries = fs::read_dir(world.place("postmottak")).ok()?;
    let paths = entries.map(|entry| entry.unwrap().path());
    let mails = paths.filter(|path| path.extension().is_some_and(|e| e == "eml"));
    let mut texts = mails.filter_map(|path| fs::read_to_string(path).ok());
    texts
        .find(|text| text.replace("=\r\n", "").contains(wanted))
        .map(|text| text.replace("=\r\n", ""))
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    answer.json().await.unwrap()
}

async fn log(point: &Fagsystem, id: &MessageId) -> Vec<&'static str> {
    let lines = point.statuses(id).await.unwrap();
    lines.iter().map(|line| line.status.as_str()).collect()
}
