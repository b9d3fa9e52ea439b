//! What is laid in the folder, and what becomes of it.

use std::fs;
use std::path::Path;

use fagsystem::{Correspondence, WAITING_MAX, kvittering};
use noark::sample::{Sample, journalpost};
use serde_json::{Value, json};

use crate::world::{EINNSYN, KOMMUNE, Role, World, run, sendebud, until};

const BASE: &str = "https://arkiv.fjordvik.example/id/";

/// A journalpost of a case; `n` tells it from others of the same case.
pub(crate) fn post(n: u32, title: &str) -> String {
    let ids = ["00", &format!("1{n}"), &format!("2{n}"), &format!("3{n}")]
        .map(|end| format!("1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7b{end:0>2}"));
    let ids = [&*ids[0], &*ids[1], &*ids[2], &*ids[3]];
    journalpost(&Sample {
        base: BASE,
        ids,
        year: 2026,
        number: (417, n),
        date: "2026-11-24",
        mappe: "Skjenkebevilling",
        title,
    })
}

fn iri(n: u32) -> String {
    format!("{BASE}1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7b1{n}")
}

fn mappe() -> String {
    format!("{BASE}1f0a7c52-6c0e-4f43-9d6b-0c1f5c9b7b00")
}

/// Lay a file in the folder, as a case system should: under another name first.
pub(crate) fn lay(world: &World, name: &str, text: &str) {
    let inn = world.place("klient/inn");
    fs::write(inn.join(format!("{name}.tmp")), text).unwrap();
    fs::rename(inn.join(format!("{name}.tmp")), inn.join(name)).unwrap();
}

/// What lies beside a file, which lies there before it.
pub(crate) fn result(world: &World, folder: &str, name: &str) -> Option<Value> {
    let beside = world.place(format!("klient/{folder}/{name}.resultat.json"));
    let text = fs::read_to_string(beside).ok()?;
    assert!(world.place(format!("klient/{folder}/{name}")).exists());
    serde_json::from_str(&text).ok()
}

/// The result of a file, once it lies in a folder.
pub(crate) async fn ends_in(world: &World, folder: &str, name: &str) -> Value {
    let what = format!("{name} lies in {folder}");
    until(&what, async || result(world, folder, name)).await
}

fn command(world: &World, words: &[&str]) -> String {
    let mut command = sendebud();
    command.arg("klient").args(words);
    run(command.arg("--config").arg(world.settings(Role::Klient)))
}

/// The file that a command says it has laid in the folder.
fn laid_by(said: &str) -> &str {
    let name = said.strip_prefix("inn/").unwrap();
    name.split_once(' ').unwrap().0
}

async fn found(world: &World, iri: &str) -> Value {
    let mut url = world.url(Role::Portal, "/api/sok");
    url.query_pairs_mut().append_pair("q", "");
    let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let hits = answer["treff"].as_array().unwrap();
    let hit = hits.iter().find(|hit| hit["registrering"]["iri"] == iri);
    hit.cloned().unwrap_or_default()
}

fn states(result: &Value) -> Vec<&str> {
    let parts = result["deler"].as_array().unwrap().iter();
    parts
        .map(|part| part["tilstand"].as_str().unwrap())
        .collect()
}

/// > Folders in/processing/done/failed/quarantine with a result file per input (§7, 2)
#[tokio::test]
async fn each_file_ends_where_it_belongs_with_the_reason_beside_it() {
    let mut world = World::new();
    world.start_all(&Role::ALL).await;

    lay(&world, "ingen.jsonld", "{\"@context\": {}");
    let refused = ends_in(&world, "avvist", "ingen.jsonld").await;
    assert_eq!(refused["vurdering"]["funn"][0]["rule"], "json");

    lay(
        &world,
        "mangler.jsonld",
        &post(1, "Brev").replace("journaldato", "journalnr"),
    );
    let refused = ends_in(&world, "avvist", "mangler.jsonld").await;
    assert_eq!(refused["vurdering"]["funn"][0]["rule"], "minCount");
    assert_eq!(refused["deler"], json!([]));

    // A number whose check digits are right (skatteetaten's synthetic series, month + 80).
    lay(&world, "nummer.jsonld", &post(2, "Brev om 17858830001"));
    let held = ends_in(&world, "karantene", "nummer.jsonld").await;
    assert_eq!(held["vurdering"]["funn"][0]["rule"], "identitetsnummer");
    assert!(!held.to_string().contains("17858830001"), "{held}");
    assert!(held["venter"].is_string(), "{held}");

    // One file, two registreringer: two messages, each with its own end.
    let two = [post(3, "Søknad"), post(4, "Vedtak")].map(|text| {
        let value: Value = serde_json::from_str(&text).unwrap();
        value
    });
    let mut both = two[0].clone();
    let more = two[1]["@graph"].as_array().unwrap().clone();
    both["@graph"].as_array_mut().unwrap().extend(more);
    lay(&world, "to.jsonld", &both.to_string());
    let done = ends_in(&world, "publisert", "to.jsonld").await;
    assert_eq!(states(&done), ["publisert", "publisert"]);
    let laid: Value = read(&world.place("klient/publisert/to.jsonld"));
    assert_eq!(laid, both, "the file itself is as it was");

    // A person lets the held one go; the portal may refuse it, but that is said too.
    let said = command(&world, &["approve", "nummer.jsonld", "--by", "Kari"]);
    assert!(said.contains("let go by Kari"), "{said}");
    let end = until("the file that was let go ends", async || {
        let mut ends = ["publisert", "avvist"].into_iter();
        ends.find_map(|folder| result(&world, folder, "nummer.jsonld"))
    })
    .await;
    assert_eq!(end["godkjentAv"], "Kari");

    // The same name again is another file.
    lay(&world, "to.jsonld", &post(5, "Klage"));
    ends_in(&world, "publisert", "to-2.jsonld").await;
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// > Update = full replacement (§4.2): a partial update is expanded from what was last
/// > published.
#[tokio::test]
async fn a_change_is_sent_whole_and_a_withdrawal_by_its_iri() {
    let mut world = World::new();
    world.start_all(&Role::ALL).await;
    lay(&world, "a.jsonld", &post(1, "Søknad"));
    lay(&world, "b.jsonld", &post(2, "Vedtak"));
    ends_in(&world, "publisert", "a.jsonld").await;
    ends_in(&world, "publisert", "b.jsonld").await;

    // The case gets another title: both of its journalposter are sent again.
    let change = json!({
        "@context": {"arkiv": "http://www.arkivverket.no/standarder/noark5/arkivstruktur/"},
        "@id": mappe(),
        "arkiv:offentligTittel": "Skjenkebevilling Fjordkroa",
        "arkiv:offentligTittel_SENSITIV": "Skjenkebevilling Fjordkroa",
    });
    lay(&world, "ny-tittel.endring.jsonld", &change.to_string());
    let done = ends_in(&world, "publisert", "ny-tittel.endring.jsonld").await;
    assert_eq!(states(&done), ["publisert", "publisert"]);
    assert_eq!(done["vurdering"]["lagtTil"], json!([iri(1), iri(2)]));
    for (n, title) in [(1, "Søknad"), (2, "Vedtak")] {
        let hit = found(&world, &iri(n)).await;
        assert_eq!(hit["registrering"]["mappe"], "Skjenkebevilling Fjordkroa");
        assert_eq!(hit["registrering"]["tittel"], title, "the rest stays");
    }

    // A letter in the case, sent without it: the saksmappe is filled in.
    let mut alone: Value = serde_json::from_str(&post(3, "Klage")).unwrap();
    alone["@graph"].as_array_mut().unwrap().remove(0);
    lay(&world, "alene.jsonld", &alone.to_string());
    let done = ends_in(&world, "publisert", "alene.jsonld").await;
    assert_eq!(done["vurdering"]["lagtTil"], json!([mappe()]));
    let hit = found(&world, &iri(3)).await;
    assert_eq!(hit["registrering"]["mappe"], "Skjenkebevilling Fjordkroa");

    // Nothing of ours: said, not sent.
    let other = change.to_string().replace("7b00", "7bff");
    lay(&world, "ukjent.endring.jsonld", &other);
    let refused = ends_in(&world, "avvist", "ukjent.endring.jsonld").await;
    let words = refused["vurdering"]["beskjed"][0].as_str().unwrap();
    assert!(words.contains("ikke er publisert herfra"), "{words}");

    let said = command(&world, &["resend"]);
    let name = laid_by(&said);
    let done = ends_in(&world, "publisert", name).await;
    assert_eq!(states(&done), ["publisert"; 3]);

    let said = command(&world, &["withdraw", &iri(2)]);
    let name = laid_by(&said);
    let done = ends_in(&world, "publisert", name).await;
    assert_eq!(done["deler"][0]["trekkes"], true);
    assert_eq!(states(&done), ["levert"]);
}

/// > no file lost: a kill at any step is gone on from with the same ids
#[tokio::test]
async fn a_kill_at_any_step_loses_no_file_and_sends_none_twice() {
    let mut world = World::new();
    // What a killed klient had locked comes back soon.
    world.set(Role::Kommune, "lock_seconds = 2");
    world.start_all(&Role::ALL).await;
    let random = ambient::Random::system();
    for n in 0..8 {
        lay(&world, &format!("{n}.jsonld"), &post(n, "Brev"));
        let pause = std::time::Duration::from_millis(random.number() % 120);
        std::thread::sleep(pause);
        world.kill(Role::Klient);
        world.start(Role::Klient).await;
    }
    for n in 0..8 {
        let done = ends_in(&world, "publisert", &format!("{n}.jsonld")).await;
        assert_eq!(states(&done), ["publisert"]);
        let heard = done["deler"][0]["beskjeder"].as_array().unwrap();
        assert_eq!(heard.len(), 1, "one kvittering: it was sent once: {done}");
    }
    for folder in ["inn", "sending", "avvist", "kvittering"] {
        let left = fs::read_dir(world.place(format!("klient/{folder}"))).unwrap();
        assert_eq!(left.count(), 0, "{folder} is empty");
    }
}

/// > Several clients on one access point do not steal from one another: an answer to ours
/// > is found behind any number of others'
#[tokio::test]
async fn an_answer_is_found_behind_a_hundred_of_others() {
    let mut world = World::new();
    world.set(Role::Klient, "shared = true");
    let serving = [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
    world.start_all(&serving).await;
    let einnsyn = world.fagsystem(Role::Einnsyn);
    let random = ambient::Random::system();
    let who = || Correspondence {
        sender: EINNSYN.parse().unwrap(),
        receiver: KOMMUNE.parse().unwrap(),
        message_id: random.uuid().to_string().parse().unwrap(),
        conversation_id: random.uuid().to_string(),
        expires: None,
    };
    for n in 0..=WAITING_MAX {
        let others = format!("https://others.example/{n}");
        let message = kvittering(&who(), &others, "{}".into());
        einnsyn.multipart(&message, Vec::new()).await.unwrap();
    }
    let kommune = world.fagsystem(Role::Kommune);
    let all = async |n: usize| {
        let page = kommune.waiting(&[], 1).await.unwrap();
        (page.len() == n).then_some(())
    };
    until("those of others wait", async || all(1).await).await;
    world.start_all(&[Role::Portal, Role::Klient]).await;
    lay(&world, "vaar.jsonld", &post(1, "Brev"));
    let done = ends_in(&world, "publisert", "vaar.jsonld").await;
    assert_eq!(states(&done), ["publisert"]);
    // It is deleted when it is noted, and those of others are left to them.
    until("ours is gone, and ours alone", async || all(1).await).await;
}
