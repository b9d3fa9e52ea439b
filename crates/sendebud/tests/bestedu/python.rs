//! zeep, and the samples of each dialect as they are.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::world::{EINNSYN, Role, World, run};
use crate::{CHAIN, found, installed, iri, root};

/// What was answered to each call, and what was said.
type Answers = BTreeMap<String, (Value, String)>;

fn drive(world: &World) -> Answers {
    let wsdl = world.url(Role::Kommune, "/noarkExchange?wsdl");
    let samples = ["ephorte", "p360", "websak"]
        .map(|name| root().join(format!("crates/bestedu/tests/samples/{name}.xml")));
    let said = run(Command::new(installed("zeep/bin/python"))
        .arg(root().join("conformance/sdk/zeep/archive.py"))
        .args([wsdl.as_str(), EINNSYN])
        .args(samples));
    let lines = said.lines().map(|line| {
        let told: Value = serde_json::from_str(line).unwrap();
        let what = told["what"].as_str().unwrap().to_owned();
        (what, (told["answer"].clone(), told["said"].to_string()))
    });
    lines.collect()
}

#[tokio::test]
async fn zeep_and_each_dialect_publish_and_are_told_what_is_wrong() {
    let mut world = World::new();
    let settings = format!("bestedu.einnsyn = \"{EINNSYN}\"");
    world.set(Role::Kommune, &settings);
    world.start_all(&CHAIN).await;
    let answers = drive(&world);
    let answer = |what: &str| answers[what].0.clone();
    let said = |what: &str| answers[what].1.clone();

    assert_eq!(answer(&format!("can receive {EINNSYN}")), true);
    // > false for blank/11-digit orgnr (wire-format §10.2)
    for other in ["974764687", "", "17858830001"] {
        assert_eq!(answer(&format!("can receive {other}")), false, "{other}");
    }
    for taken in [
        "ephorte.xml",
        "p360.xml",
        "websak.xml",
        "typed",
        "text",
        "text again",
        "receipt",
    ] {
        assert_eq!(answer(taken), "OK", "{taken}: {}", said(taken));
    }
    assert_eq!(answer("other content"), "ERROR");
    assert!(said("other content").contains("conversationId"));
    assert_eq!(answer("wrong"), "ERROR");
    for field in [
        "journpost/jpJdato: En dato",
        "journpost/avsmot[1]/amIhtype: 0",
    ] {
        assert!(said("wrong").contains(field), "{}", said("wrong"));
    }
    assert_eq!(answer("elsewhere"), "NOTSUPPORTED");
    assert_eq!(answer("empty"), "ERROR");

    for (sequence, number, title) in [
        (90112, 2, "Svar på søknad"),
        (90113, 3, "Klage fra *****"),
        (90114, 4, "Vedtak om bevilling"),
        (90120, 7, "Brev om skjenketid"),
        (90121, 7, "Brev om uteservering"),
    ] {
        let hit = found(&world, &iri(sequence, number)).await;
        assert_eq!(hit["registrering"]["tittel"], title);
    }
    // One message for each that was taken, and nothing of what was refused.
    let url = world.url(Role::Kommune, "/api/conversations?direction=OUTGOING");
    let sent: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(sent["totalElements"], 5, "{sent}");
}
