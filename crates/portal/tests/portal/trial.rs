//! The test console sends what eInnsyn may send.

use noark::order::{Order, Version};
use noark::{Settings, validate};
use serde_json::Value;

use crate::world::{FYLKE, KOMMUNE, World};

async fn krav(world: &World, kind: &str, owner: &str) -> Vec<(Value, String, String)> {
    let before = world.point.sent("innsynskrav").len();
    let fields = [
        ("variant", kind),
        ("mottaker", KOMMUNE),
        ("eier", owner),
        ("iri", ""),
    ];
    let answer = world.form("/test/innsynskrav", "", &fields).await;
    assert_eq!(answer.location(), "/test?sendt=1#sendt", "{}", answer.text);
    while world.portal.ask().await.unwrap() {}
    let sent = world.point.sent("innsynskrav").into_iter().skip(before);
    sent.map(|(sbd, files)| {
        (sbd, files["order.xml"].clone(), files["emailtext"].clone())
    })
    .collect()
}

#[tokio::test]
async fn every_kind_of_innsynskrav() {
    let world = World::new().await;
    for (kind, version) in [
        ("v1", Version::V1),
        ("v2", Version::V2),
        ("gammel", Version::V1),
    ] {
        let sent = krav(&world, kind, "").await;
        let order = Order::read(sent[0].1.as_bytes()).unwrap();
        assert_eq!(order.version, version, "{kind}");
        // > year first, in the older form (einnsyn §1.4)
        assert_eq!(order.documents[0].year_first, kind == "gammel");
        assert_eq!(order.documents[0].journal(), Some((90_001, 26)));
        assert_eq!(order.date, "2026-11-24");
        let report = validate("order.xml", sent[0].1.as_bytes(), &Settings::default());
        assert!(report.findings.is_empty(), "{kind}: {:?}", report.findings);
    }
    let twice = krav(&world, "duplikat", "").await;
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0].1, twice[1].1, "the same order");
    let id = |sbd: &Value| {
        let header = &sbd["standardBusinessDocumentHeader"];
        header["documentIdentification"]["instanceIdentifier"].clone()
    };
    assert_ne!(id(&twice[0].0), id(&twice[1].0), "under new ids");
    let fifty = krav(&world, "femti", "").await;
    assert_eq!(
        Order::read(fifty[0].1.as_bytes()).unwrap().documents.len(),
        50
    );
    // > when one organisation handles for another (einnsyn §1.3)
    let handled = krav(&world, "v2", FYLKE).await;
    assert_eq!(handled[0].0["innsynskrav"]["orgnr"], FYLKE);
    let escaped = krav(&world, "html", "").await;
    assert!(escaped[0].1.contains("&nbsp;") && escaped[0].2.contains("&amp;"));
    assert!(
        roxmltree::Document::parse(&escaped[0].1).is_err(),
        "ill-formed, on purpose"
    );
    assert!(
        Order::read(escaped[0].1.as_bytes()).is_ok(),
        "and to be read all the same"
    );
    let short = krav(&world, "utloept", "").await;
    let scope =
        &short[0].0["standardBusinessDocumentHeader"]["businessScope"]["scope"][0];
    let at = scope["scopeInformation"][0]["expectedResponseDateTime"]
        .as_str()
        .unwrap();
    assert!(at.starts_with("2026-11-24T10:00:03"), "{at}");
}

#[tokio::test]
async fn every_kind_of_kvittering() {
    use noark::kvittering::{Read, read};
    let world = World::new().await;
    for kind in ["publisert", "ikkePublisert", "advarsel", "annet", "ugyldig"] {
        let fields = [
            ("variant", kind),
            ("mottaker", KOMMUNE),
            ("iri", "https://a.example/1"),
        ];
        let answer = world.form("/test/kvittering", "", &fields).await;
        assert_eq!(answer.location(), "/test?sendt=1");
        while world.portal.answer().await.unwrap() {}
        let (sbd, _) = world.point.sent("einnsyn_kvittering").pop().unwrap();
        let text = sbd["einnsyn_kvittering"]["status"]
            .as_str()
            .unwrap()
            .to_owned();
        let as_it_should = match (kind, read(&text)) {
            ("publisert", Read::Result(result)) => result.publisert,
            ("ikkePublisert", Read::Result(result)) => !result.publisert,
            ("advarsel", Read::Warning(warning)) => warning.valideringsfeil.len() == 1,
            ("annet" | "ugyldig", Read::Other(_)) => true,
            _ => false,
        };
        assert!(as_it_should, "{kind}: {text}");
        let valid = serde_json::from_str::<Value>(&text).is_ok();
        assert_eq!(valid, !["annet", "ugyldig"].contains(&kind), "{text}");
    }
    let bad = [("variant", "publisert"), ("mottaker", "12"), ("iri", "")];
    assert_eq!(world.form("/test/kvittering", "", &bad).await.status, 400);
}
