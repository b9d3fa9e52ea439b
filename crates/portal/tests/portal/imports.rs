//! What comes in is published, replaced, refused or withdrawn, and answered.

use std::time::Duration;

use axum::http::StatusCode;

use crate::world::{
    BASE, FYLKE, KOMMUNE, LEVERANDOER, World, iri, journalpost, moete, uuid,
};

#[tokio::test]
async fn what_is_sound_is_published_and_answered_with_a() {
    let world = World::new().await;
    world
        .import(
            KOMMUNE,
            &journalpost(1, "Søknad om tilkobling", "2026-11-20"),
        )
        .await;
    assert_eq!(world.found("q=tilkobling").await, [iri(1)]);
    let [(about, status)] = &world.point.kvitteringer()[..] else {
        panic!("one kvittering a registrering");
    };
    assert_eq!(about, &iri(1), "the @id that it was published under");
    assert_eq!(status["publisert"], true);
    assert_eq!(status["arkivskaperOrgnummer"], KOMMUNE);
    // > dokumentId differs from the outer dokumentId (einnsyn §5)
    assert_ne!(status["dokumentId"], iri(1));
    // > local time without zone
    assert_eq!(status["publisertDatotid"], "2026-11-24T10:00:00.000");
    let case = world.json("/api/sok?q=tilkobling").await;
    let page = case["treff"][0]["side"].as_str().unwrap().to_owned();
    let page = world.get(&page).await;
    assert!(page.text.contains("Vannverket AS"), "the sender is shown");
}

// > A false = not published because validation failed (einnsyn §5)
#[tokio::test]
async fn what_is_wrong_is_refused_with_reasons_and_the_rest_is_published() {
    let world = World::new().await;
    let sound: serde_json::Value =
        serde_json::from_str(&journalpost(1, "God", "2026-11-20")).unwrap();
    let mut wrong: serde_json::Value =
        serde_json::from_str(&journalpost(2, "Dårlig", "2026-11-20")).unwrap();
    let post = wrong["@graph"][1].as_object_mut().unwrap();
    post.remove("arkiv:offentligTittel");
    let mut both = sound.clone();
    for object in wrong["@graph"].as_array().unwrap().iter().skip(1) {
        both["@graph"].as_array_mut().unwrap().push(object.clone());
    }
    world.import(KOMMUNE, &both.to_string()).await;
    assert_eq!(world.found("").await, [iri(1)]);
    let mut answers = world.point.kvitteringer();
    answers.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(answers.len(), 2);
    assert_eq!((&answers[0].0, &answers[1].0), (&iri(1), &iri(2)));
    assert_eq!(answers[0].1["publisert"], true);
    assert_eq!(answers[1].1["publisert"], false);
    let why = answers[1].1["feilmelding"].as_str().unwrap();
    assert!(why.contains("offentligTittel mangler"), "{why}");
    let console = world.get("/test/inn/1").await.text;
    assert!(console.contains("offentligTittel mangler"), "{console}");
    assert!(console.contains("minCount"), "the rule is named");
}

// > B: ADVARSEL, valideringsfeil; says nothing about success (einnsyn §5)
#[tokio::test]
async fn a_missing_saksmappe_is_published_and_warned_of() {
    let world = World::new().await;
    let mut file: serde_json::Value =
        serde_json::from_str(&journalpost(1, "Uten mappe", "2026-11-20")).unwrap();
    file["@graph"].as_array_mut().unwrap().remove(0);
    world.import(KOMMUNE, &file.to_string()).await;
    assert_eq!(world.found("q=mappe").await, [iri(1)]);
    let answers = world.point.kvitteringer();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|(about, _)| *about == iri(1)));
    let warning = answers
        .iter()
        .find(|(_, s)| s["alvorlighetsgrad"] == "ADVARSEL");
    let complaint = &warning.unwrap().1["valideringsfeil"][0];
    assert_eq!(complaint["elementId"], iri(1));
    assert!(complaint["attributt"].as_str().unwrap().ends_with("parent"));
    assert!(answers.iter().any(|(_, s)| s["publisert"] == true));
    // The mappe comes later, and the two find one another.
    world
        .import(KOMMUNE, &journalpost(2, "Med mappe", "2026-11-20"))
        .await;
    assert_eq!(
        world.found("q=avløp").await.len(),
        2,
        "both are in the case"
    );
}

// > Update = full replacement: what is left out is removed (einnsyn §4.2)
#[tokio::test]
async fn an_update_replaces_everything() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "Første tittel", "2026-11-20"))
        .await;
    let hit = world.json("/api/sok").await["treff"][0].clone();
    let mut file: serde_json::Value =
        serde_json::from_str(&journalpost(1, "Annen tittel", "2026-11-21")).unwrap();
    let post = file["@graph"][1].as_object_mut().unwrap();
    post.remove("arkiv:korrespondansepart");
    file["@graph"].as_array_mut().unwrap().remove(2);
    world.clock.advance(Duration::from_secs(60));
    world.import(KOMMUNE, &file.to_string()).await;
    assert_eq!(world.found("q=første").await, [""; 0]);
    assert_eq!(world.found("q=annen").await, [iri(1)]);
    assert_eq!(
        world.found("q=vannverket").await,
        [""; 0],
        "the party is gone"
    );
    let now = world.json("/api/sok").await["treff"][0].clone();
    assert_eq!(now["side"], hit["side"], "its page is where it was");
    let page = world.get(now["side"].as_str().unwrap()).await.text;
    assert!(!page.contains("Vannverket AS"));
    assert!(page.contains("Sist endret"));
}

#[tokio::test]
async fn only_the_owner_replaces_or_withdraws() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "Vår", "2026-11-20"))
        .await;
    world
        .import(FYLKE, &journalpost(1, "Deres", "2026-11-20"))
        .await;
    world.import(FYLKE, &withdrawal(1)).await;
    assert_eq!(world.found("q=vår").await, [iri(1)]);
    let answers = world.point.kvitteringer();
    assert_eq!(answers.len(), 3);
    for (about, status) in &answers[1..] {
        assert_eq!(about, &iri(1));
        assert_eq!(status["publisert"], false);
        let why = status["feilmelding"].as_str().unwrap();
        assert!(why.contains("annen virksomhet"), "{why}");
    }
}

// > the supplier is SBDH sender, the customer's orgnr goes in publisering.orgnr (§1.7)
#[tokio::test]
async fn a_supplier_publishes_for_its_customers_and_nobody_else() {
    let world = World::new().await;
    let file = journalpost(1, "Fra leverandøren", "2026-11-20");
    world
        .point
        .publish(LEVERANDOER, KOMMUNE, "payload.jsonld", file.as_bytes());
    world.point.publish(
        FYLKE,
        KOMMUNE,
        "payload.jsonld",
        journalpost(2, "Fra en fremmed", "2026-11-20").as_bytes(),
    );
    while world.portal.import().await.unwrap() {}
    while world.portal.answer().await.unwrap() {}
    assert_eq!(world.found("").await, [iri(1)]);
    let sent = world.point.sent("einnsyn_kvittering");
    let receiver = |i: usize| {
        let header = &sent[i].0["standardBusinessDocumentHeader"];
        header["receiver"][0]["identifier"]["value"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        receiver(0),
        format!("0192:{LEVERANDOER}"),
        "whoever sent it is answered"
    );
    let answers = world.point.kvitteringer();
    let why = answers[1].1["feilmelding"].as_str().unwrap();
    assert!(why.contains("ikke fullmakt"), "{why}");
}

fn withdrawal(n: u32) -> String {
    format!(
        r#"{{"@context":{{"@base":"{BASE}","arkiv":"http://www.arkivverket.no/standarder/noark5/arkivstruktur/","einnsyn":"http://data.einnsyn.no/"}},
        "@graph":[{{"@id":"{graph}","@graph":[{{"@id":"{id}","@type":"arkiv:Journalpost"}}]}},
        {{"@id":"einnsyn:graf/meta","@graph":[{{"@id":"{graph}","@type":"einnsyn:graftype/TrekkeTilbakeGraf"}}]}}]}}"#,
        graph = uuid(9_999),
        id = uuid(10 * n),
    )
}

#[tokio::test]
async fn a_withdrawal_takes_away_what_was_published() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "Første", "2026-11-20"))
        .await;
    world
        .import(KOMMUNE, &journalpost(2, "Andre", "2026-11-20"))
        .await;
    world.import(KOMMUNE, &withdrawal(1)).await;
    assert_eq!(world.found("").await, [iri(2)]);
    let gone = world.get(&format!("/dokument?iri={}", iri(1))).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.text.contains("Trukket tilbake"));
    let (about, status) = world.point.kvitteringer().pop().unwrap();
    assert_eq!(about, iri(1));
    assert_eq!(status["publisert"], false);
    assert_eq!(status.get("feilmelding"), None);
    // Noark 5's form, by systemID.
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <trekkTilbake xmlns="http://www.arkivverket.no/standarder/noark5/arkivstruktur" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
        <registrering xsi:type="journalpost"><systemID>{}</systemID></registrering></trekkTilbake>"#,
        uuid(20)
    );
    world
        .point
        .publish(KOMMUNE, KOMMUNE, "trekk.xml", xml.as_bytes());
    assert!(world.portal.import().await.unwrap());
    assert_eq!(world.found("").await, [""; 0]);
    let case = world.get("/sak/1").await;
    assert_eq!(
        case.status,
        StatusCode::NOT_FOUND,
        "the empty case goes too"
    );
}

#[tokio::test]
async fn a_meeting_has_its_agenda() {
    let world = World::new().await;
    world
        .import(
            KOMMUNE,
            &moete(1, "Reguleringsplan for Nordneset", "2026-12-02"),
        )
        .await;
    world
        .import(KOMMUNE, &moete(2, "Budsjett for neste år", "2026-12-02"))
        .await;
    let calendar = world.get("/kalender?maaned=2026-12").await.text;
    assert!(calendar.contains("2 saker"), "{calendar}");
    let meeting = world.get("/moete/1").await.text;
    let first = meeting.find("Reguleringsplan for Nordneset").unwrap();
    let second = meeting.find("Budsjett for neste").unwrap();
    assert!(first < second);
    assert!(
        meeting.contains("saksframlegg.pdf"),
        "the published text is linked"
    );
    assert_eq!(
        world
            .found("type=moetesak&fra=2026-12-01&til=2026-12-31")
            .await
            .len(),
        2
    );
    // The meeting is moved; what was published before moves with it.
    world
        .import(KOMMUNE, &moete(2, "Budsjett for neste år", "2027-01-13"))
        .await;
    assert_eq!(world.found("fra=2027-01-01&til=2027-01-31").await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_refused_and_stands_in_nobodys_way() {
    let world = World::new().await;
    let id = world
        .point
        .publish(KOMMUNE, KOMMUNE, "payload.jsonld", b"{\"@graph\": [");
    world
        .import(KOMMUNE, &journalpost(1, "God", "2026-11-20"))
        .await;
    assert_eq!(world.found("").await, [iri(1)]);
    let answers = world.point.kvitteringer();
    assert_eq!(answers[0].0, id, "it has no other name than the message's");
    assert_eq!(answers[0].1["publisert"], false);
    let page = world.get("/test/inn/1").await.text;
    assert!(page.contains("Linje 1, tegn"), "the place is shown: {page}");
    let report = world.json("/test/inn/1/rapport").await;
    assert_eq!(report["verdict"], "refuse");
}

#[tokio::test]
async fn a_message_is_imported_once_whatever_is_cut_off() {
    let world = World::new().await;
    world.point.publish(
        KOMMUNE,
        KOMMUNE,
        "payload.jsonld",
        journalpost(1, "En", "2026-11-20").as_bytes(),
    );
    world.point.kept.lock().unwrap().down = true;
    assert!(world.portal.import().await.unwrap());
    assert!(
        world.portal.answer().await.is_err(),
        "the access point is away"
    );
    let world = world.again();
    world.point.kept.lock().unwrap().down = false;
    world.clock.advance(Duration::from_secs(3_600));
    while world.portal.answer().await.unwrap() {}
    assert_eq!(world.point.kvitteringer().len(), 1);
    // The in-tray gives it again, as after a kill between commit and delete.
    let again = journalpost(1, "En", "2026-11-20");
    world.import(KOMMUNE, &again).await;
    assert_eq!(world.found("").await, [iri(1)]);
}

#[tokio::test]
async fn files_that_came_in_are_kept_for_so_long_and_no_longer() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "En", "2026-11-20"))
        .await;
    assert!(!world.portal.wash().await.unwrap());
    world.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    assert!(world.portal.wash().await.unwrap());
    let page = world.get("/test/inn/1").await.text;
    assert!(page.contains("ikke tatt vare på"), "{page}");
    assert_eq!(world.found("").await, [iri(1)], "what it published stays");
}

// > Client input may be Noark 4/5 XML (einnsyn §4.1)
#[tokio::test]
async fn noark_is_published_as_it_is() {
    for (name, base) in [
        (
            "n5-to-saker-tre-journalposter.xml",
            "http://data.einnsyn.no/noark5/",
        ),
        ("n4-offjournal.xml", "http://data.einnsyn.no/noark4/"),
    ] {
        let world = World::new().await;
        let here = env!("CARGO_MANIFEST_DIR");
        let path = format!("{here}/../../conformance/vectors/einnsyn/noark/{name}");
        let file = std::fs::read(path).unwrap();
        world.point.publish(KOMMUNE, KOMMUNE, name, &file);
        while world.portal.import().await.unwrap() {}
        while world.portal.answer().await.unwrap() {}
        let found = world.found("").await;
        let answers = world.point.kvitteringer();
        assert!(
            !found.is_empty() && found.len() == answers.len(),
            "{answers:?}"
        );
        for iri in found {
            assert!(iri.starts_with(base), "{iri}");
        }
    }
}
