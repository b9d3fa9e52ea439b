//! Orders: taken, verified, sent once, followed home.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use noark::order::{Order, Version};
use serde_json::json;

use crate::world::{FYLKE, KOMMUNE, LEVERANDOER, World, iri, journalpost};

const CITIZEN: &str = "kari@borger.example";

async fn published() -> World {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "Første", "2026-11-20"))
        .await;
    world
        .import(KOMMUNE, &journalpost(2, "Andre", "2026-11-21"))
        .await;
    let other =
        journalpost(3, "Tredje", "2026-11-22").replace("0c1f5c9b0001", "0c1f5c9bffff");
    world.import(FYLKE, &other).await;
    world
}

/// Order these; answers the order's id and the link that verifies it.
async fn order(world: &World, numbers: &[u32]) -> (String, String) {
    let iris: Vec<String> = numbers.iter().map(|n| iri(*n)).collect();
    let body = json!({"dokumenter": iris, "epost": CITIZEN});
    let answer = world.post_json("/api/bestilling", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("id"), text("bekreft"))
}

async fn send(world: &World) {
    while world.portal.ask().await.unwrap() {}
}

#[tokio::test]
async fn nothing_is_sent_before_the_link_is_followed() {
    let world = published().await;
    let (id, link) = order(&world, &[1]).await;
    send(&world).await;
    assert!(world.point.sent("innsynskrav").is_empty());
    // Programs that look at links only look.
    let looked = world.get(&link).await;
    assert!(looked.text.contains("Bekreft og send"));
    send(&world).await;
    assert!(world.point.sent("innsynskrav").is_empty());
    let confirmed = world.form(&link, "", &[]).await;
    assert_eq!(confirmed.location(), format!("/bestilling/{id}"));
    send(&world).await;
    assert_eq!(world.point.sent("innsynskrav").len(), 1);
    let again = world.form(&link, "", &[]).await;
    assert_eq!(again.status, StatusCode::GONE);
    send(&world).await;
    assert_eq!(world.point.sent("innsynskrav").len(), 1);
}

// > Grouping: one message per unit per order; version from enhet.orderXmlVersjon;
// > receiver = enhet.handteresAv, else enhet (einnsyn §1.3–1.6)
#[tokio::test]
async fn each_unit_gets_its_own_in_the_version_that_it_reads() {
    let world = published().await;
    let (id, link) = order(&world, &[1, 2, 3]).await;
    world.form(&link, "", &[]).await;
    send(&world).await;
    let mut sent = world.point.sent("innsynskrav");
    sent.sort_by_key(|(sbd, _)| {
        sbd["innsynskrav"]["orgnr"].as_str().unwrap().to_owned()
    });
    assert_eq!(sent.len(), 2);
    let receiver = |i: usize| {
        let header = &sent[i].0["standardBusinessDocumentHeader"];
        header["receiver"][0]["identifier"]["value"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (kommune, fylke) = (&sent[0], &sent[1]);
    assert_eq!(kommune.0["innsynskrav"]["orgnr"], KOMMUNE);
    assert_eq!(receiver(0), format!("0192:{KOMMUNE}"));
    assert_eq!(fylke.0["innsynskrav"]["orgnr"], FYLKE);
    assert_eq!(receiver(1), format!("0192:{LEVERANDOER}"));
    // > innsynskrav.epost is the agency's own mailbox, not the citizen's (§1.3)
    assert_eq!(kommune.0["innsynskrav"]["epost"], "innsyn@fjordvik.example");
    let order = Order::read(kommune.1["order.xml"].as_bytes()).unwrap();
    assert_eq!((order.version, order.documents.len()), (Version::V2, 2));
    assert_eq!((order.id, order.epost), (id.clone(), CITIZEN.to_owned()));
    let document = &order.documents[0];
    assert_eq!(document.id.as_deref(), Some(iri(1).as_str()));
    assert_eq!(
        (document.saksnr.as_str(), document.dokumentnr.as_str()),
        ("2026/417", "1")
    );
    assert_eq!(document.journalnr, "41701/26", "sequence/(year mod 100)");
    assert_eq!(document.saksbehandler.as_deref(), Some("[Ufordelt]"));
    let order = Order::read(fylke.1["order.xml"].as_bytes()).unwrap();
    assert_eq!((order.version, order.documents.len()), (Version::V1, 1));
    assert!(kommune.1["emailtext"].contains("Dokument: Første"));
    let scope =
        &kommune.0["standardBusinessDocumentHeader"]["businessScope"]["scope"][0];
    let expires = scope["scopeInformation"][0]["expectedResponseDateTime"].as_str();
    assert_eq!(
        expires.unwrap().get(..10),
        Some("2026-12-24"),
        "thirty days"
    );
}

#[tokio::test]
async fn an_order_survives_a_kill_and_an_absent_access_point() {
    let world = published().await;
    let (id, link) = order(&world, &[1]).await;
    world.form(&link, "", &[]).await;
    world.point.kept.lock().unwrap().down = true;
    assert!(world.portal.ask().await.is_err());
    let page = world.get(&format!("/bestilling/{id}")).await.text;
    assert!(page.contains("Vi får ikke sendt det akkurat nå"), "{page}");
    let world = world.again();
    assert!(!world.portal.ask().await.unwrap(), "it waits for its time");
    world.point.kept.lock().unwrap().down = false;
    world.clock.advance(Duration::from_secs(1));
    send(&world).await;
    assert_eq!(world.point.sent("innsynskrav").len(), 1);
}

#[tokio::test]
async fn statuses_come_home_and_a_citizen_is_told_where_it_stopped() {
    let world = published().await;
    let (id, link) = order(&world, &[1]).await;
    world.form(&link, "", &[]).await;
    send(&world).await;
    let follow = format!("/api/bestilling/{id}");
    let message = world.json(&follow).await["innsynskrav"][0]["messageId"].clone();
    let message = message.as_str().unwrap().to_owned();
    let say = |statuses: &[(&'static str, &str)]| {
        let lines = statuses
            .iter()
            .map(|(s, at)| (*s, (*at).to_owned()))
            .collect();
        world
            .point
            .kept
            .lock()
            .unwrap()
            .statuses
            .insert(message.clone(), lines);
    };
    let look = async || {
        while world.portal.follow().await.unwrap() {}
        let known = world.json(&follow).await;
        known["innsynskrav"][0]["tilstand"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let created = ("OPPRETTET", "2026-11-24T10:00:00+01:00");
    let sent = ("SENDT", "2026-11-24T10:00:01+01:00");
    say(&[created, sent]);
    assert_eq!(look().await, "sendt");
    world.clock.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(look().await, "ikkeHentet");
    let page = world.get(&format!("/bestilling/{id}")).await.text;
    assert!(page.contains("ikke hentet det på over et døgn"), "{page}");
    let arrived = ("MOTTATT", "2026-11-25T11:00:00+01:00");
    say(&[created, sent, arrived]);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(look().await, "mottatt");
    world.clock.advance(Duration::from_secs(26 * 3_600));
    assert_eq!(look().await, "ikkeTattInn");
    say(&[
        created,
        sent,
        arrived,
        ("LEVERT", "2026-11-26T12:00:00+01:00"),
    ]);
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(look().await, "levert");
    assert!(
        !world.portal.follow().await.unwrap(),
        "nobody asks about it again"
    );
    let known = world.json(&follow).await;
    let home = json!(["OPPRETTET", "SENDT", "MOTTATT", "LEVERT"]);
    assert_eq!(known["innsynskrav"][0]["statuser"], home);
}

#[tokio::test]
async fn an_order_that_nobody_fetched_in_time_says_so() {
    let world = published().await;
    let (id, link) = order(&world, &[1]).await;
    world.form(&link, "", &[]).await;
    send(&world).await;
    world.clock.advance(Duration::from_secs(31 * 24 * 3_600));
    let known = world.json(&format!("/api/bestilling/{id}")).await;
    assert_eq!(known["innsynskrav"][0]["tilstand"], "utloept");
}

// > at most 1 unverified order per hour per address (429 tooManyUnverifiedOrders)
#[tokio::test]
async fn one_unverified_order_an_hour_and_an_address() {
    let world = published().await;
    let body = |epost: &str| json!({"dokumenter": [iri(1)], "epost": epost});
    let (_, link) = order(&world, &[1]).await;
    let second = world.post_json("/api/bestilling", &body(CITIZEN)).await;
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(second.text.contains("tooManyUnverifiedOrders"));
    let other = world
        .post_json("/api/bestilling", &body("ola@borger.example"))
        .await;
    assert_eq!(other.status, StatusCode::OK);
    world.form(&link, "", &[]).await;
    let third = world.post_json("/api/bestilling", &body(CITIZEN)).await;
    assert_eq!(third.status, StatusCode::OK, "the first is verified");
    world.clock.advance(Duration::from_secs(3_601));
    let later = world.post_json("/api/bestilling", &body(CITIZEN)).await;
    assert_eq!(later.status, StatusCode::OK, "an hour has passed");
}

#[tokio::test]
async fn what_cannot_be_ordered_is_refused_with_words() {
    let world = published().await;
    for (body, words) in [
        (
            json!({"dokumenter": [], "epost": CITIZEN}),
            "mellom ett og femti",
        ),
        (
            json!({"dokumenter": [iri(9)], "epost": CITIZEN}),
            "ikke publisert lenger",
        ),
        (
            json!({"dokumenter": [iri(1)], "epost": "kari"}),
            "navn@eksempel.no",
        ),
        (
            json!({"dokumenter": [iri(1)], "epost": "a@b.no\nBcc: c@d.no"}),
            "navn@eksempel.no",
        ),
        (json!({"epost": CITIZEN}), "dokumenter"),
    ] {
        let answer = world.post_json("/api/bestilling", &body).await;
        assert!(answer.status.is_client_error(), "{body}");
        assert!(answer.text.contains(words), "{}", answer.text);
    }
    let closed = World::with(|_| {}).await;
    closed
        .import(KOMMUNE, &journalpost(1, "En", "2026-11-20"))
        .await;
    let body = json!({"dokumenter": [iri(1)], "epost": CITIZEN});
    let answer = closed.post_json("/api/bestilling", &body).await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "no mail is set up"
    );
    assert_eq!(closed.get("/test").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_basket_becomes_an_order_without_javascript() {
    let world = published().await;
    let one = world
        .form("/kurv/legg", "", &[("id", "1"), ("tilbake", "/?q=vann")])
        .await;
    assert_eq!(one.location(), "/?q=vann");
    let two = world
        .form("/kurv/legg", &one.cookie(), &[("id", "3")])
        .await;
    let shown = Request::get("/kurv").header("cookie", two.cookie());
    let shown = world.send(shown.body(Body::empty()).unwrap()).await.text;
    assert!(shown.contains("Første") && shown.contains("Tredje"));
    let wrong = world
        .form("/bestill", &two.cookie(), &[("epost", "kari")])
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(
        wrong.text.contains("value=\"kari\""),
        "what was typed is still there"
    );
    assert!(
        !wrong.text.contains("\"/bestill?") && wrong.text.contains("/kurv?lang=en")
    );
    let sent = world
        .form("/bestill", &two.cookie(), &[("epost", CITIZEN)])
        .await;
    assert_eq!(sent.cookie(), "kurv=", "the basket is empty");
    let page = world.get(sent.location()).await.text;
    assert!(
        page.contains("k…@borger.example") && !page.contains(CITIZEN),
        "{page}"
    );
    let mut links = page
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next());
    let link = links.find(|link| link.contains("/bekreft/")).unwrap();
    world.form(link, "", &[]).await;
    send(&world).await;
    assert_eq!(world.point.sent("innsynskrav").len(), 2);
}

#[tokio::test]
async fn orders_are_forgotten_when_they_must_be() {
    let world = published().await;
    let (old, link) = order(&world, &[1]).await;
    world.form(&link, "", &[]).await;
    world.clock.advance(Duration::from_secs(8 * 24 * 3_600));
    let (never, link) = order(&world, &[2]).await;
    world.clock.advance(Duration::from_secs(8 * 24 * 3_600));
    while world.portal.wash().await.unwrap() {}
    assert_eq!(world.get(&format!("/bestilling/{never}")).await.status, 404);
    assert_eq!(world.get(&link).await.status, StatusCode::GONE);
    assert_eq!(world.get(&format!("/bestilling/{old}")).await.status, 200);
    // > guest orders are deleted after 180 days (einnsyn §1.6)
    world.clock.advance(Duration::from_secs(180 * 24 * 3_600));
    while world.portal.wash().await.unwrap() {}
    assert_eq!(world.get(&format!("/bestilling/{old}")).await.status, 404);
}
