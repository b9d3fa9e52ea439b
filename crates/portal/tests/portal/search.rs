//! What is found, by which words, and for how long.

use std::time::Duration;

use crate::world::{FYLKE, KOMMUNE, World, iri, journalpost, moete};

/// `Kari Eksempel` in the sensitive fields, stars in the open ones.
fn with_name(n: u32) -> String {
    let file = journalpost(n, "Uttalelse fra ¤", "2026-11-20");
    let file = file.replace(
        r#""arkiv:offentligTittel_SENSITIV":"Uttalelse fra ¤""#,
        r#""arkiv:offentligTittel_SENSITIV":"Uttalelse fra Kari Eksempel""#,
    );
    let file = file.replace(
        r#""arkiv:tittel_SENSITIV":"Uttalelse fra ¤""#,
        r#""arkiv:tittel_SENSITIV":"Uttalelse fra Kari Eksempel""#,
    );
    file.replace('¤', "*****")
}

// > both fields are searched while publisertDato ≤ 1 year; afterwards only the washed
// > one (einnsyn §4.3)
#[tokio::test]
async fn names_are_found_for_a_year() {
    let world = World::new().await;
    world.import(KOMMUNE, &with_name(1)).await;
    assert_eq!(world.found("q=kari+eksempel").await, [iri(1)]);
    assert_eq!(world.found("q=uttalelse").await, [iri(1)]);
    world.clock.advance(Duration::from_secs(365 * 24 * 3_600));
    assert_eq!(
        world.found("q=kari").await,
        [iri(1)],
        "a year to the second"
    );
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(
        world.found("q=kari").await,
        [""; 0],
        "before anything is washed"
    );
    while world.portal.wash().await.unwrap() {}
    assert_eq!(world.found("q=kari").await, [""; 0]);
    assert_eq!(world.found("q=uttalelse").await, [iri(1)]);
    // A correction does not start the year anew.
    world.import(KOMMUNE, &with_name(1)).await;
    assert_eq!(world.found("q=kari").await, [""; 0]);
}

#[tokio::test]
async fn filters_narrow_and_the_newest_come_first() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "Eldre brev", "2026-01-15"))
        .await;
    world
        .import(KOMMUNE, &journalpost(2, "Nyere brev", "2026-06-15"))
        .await;
    world
        .import(
            FYLKE,
            &moete(3, "Brev til møtet", "2026-03-15")
                .replace("0c1f5c9b0001", "0c1f5c9bffff"),
        )
        .await;
    assert_eq!(world.found("q=brev").await, [iri(2), iri(3), iri(1)]);
    assert_eq!(
        world.found(&format!("q=brev&virksomhet={FYLKE}")).await,
        [iri(3)]
    );
    assert_eq!(world.found("type=journalpost").await, [iri(2), iri(1)]);
    assert_eq!(world.found("fra=2026-03-15&til=2026-06-14").await, [iri(3)]);
    assert_eq!(world.found("q=brev&fra=15.6.2026").await, [iri(2)]);
    let bad = world.get("/?fra=i+g%C3%A5r").await;
    assert_eq!(bad.status, 400);
    assert!(bad.text.contains("Datoen i går kan ikke leses"));
}

#[tokio::test]
async fn pages_are_turned_and_every_hit_is_on_one_of_them() {
    let world = World::new().await;
    for n in 1..=45 {
        let day = format!("2026-10-{:02}", 1 + n % 28);
        world
            .import(KOMMUNE, &journalpost(n, "Like titler", &day))
            .await;
    }
    let mut all = Vec::new();
    for page in 1..=3 {
        let found = world.found(&format!("q=titler&side={page}")).await;
        assert_eq!(found.len(), if page == 3 { 5 } else { 20 });
        all.extend(found);
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 45);
    let page = world.get("/?q=titler&side=2").await.text;
    assert!(
        page.contains("45 treff") && page.contains("Side 2 av 3"),
        "{page}"
    );
    assert!(
        page.contains("/?q=titler&#38;side=3")
            || page.contains("/?q=titler&amp;side=3")
    );
}

#[tokio::test]
async fn words_are_found_in_any_form_and_syntax_is_not() {
    let world = World::new().await;
    world
        .import(
            KOMMUNE,
            &journalpost(1, "Søknad om vannledning til Nordneset", "2026-11-20"),
        )
        .await;
    for query in [
        "s%C3%B8knaden",
        "S%C3%98KNADER+vannledningen",
        "vannl*",
        "2026/417",
        "%22om+vannledning%22",
        "%C2%ABtil+Nordneset%C2%BB",
        "fjordvik",
    ] {
        assert_eq!(
            world.found(&format!("q={query}")).await,
            [iri(1)],
            "{query}"
        );
    }
    for query in [
        "%22vannledning+om%22",
        "s%C3%B8knad+avslag",
        "tags%3Azalt",
        "vannlednin",
        "OR",
    ] {
        assert_eq!(world.found(&format!("q={query}")).await, [""; 0], "{query}");
    }
    for query in [
        "%22",
        "*",
        "%28%29",
        "%7Bwashed%7D+%3A",
        "a+OR+NOT+%22",
        "^x",
        "%00",
    ] {
        let answer = world.get(&format!("/?q={query}")).await;
        assert_eq!(answer.status, 200, "{query}");
    }
}

#[tokio::test]
async fn a_search_can_be_followed_as_rss_and_json_feed() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "Vann & avløp <b>", "2026-11-20"))
        .await;
    world
        .import(KOMMUNE, &journalpost(2, "Noe annet", "2026-11-20"))
        .await;
    let rss = world.get("/sok.rss?q=vann").await;
    assert!(rss.headers["content-type"].starts_with("application/rss+xml"));
    let read = titles(&rss.text);
    assert!(read.contains("Vann & avløp <b>"), "{read}");
    let feed = world.json("/sok.json?q=annet").await;
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["items"][0]["id"], iri(2));
    assert_eq!(feed["items"].as_array().unwrap().len(), 1);
}

/// The titles of the items, read by an XML parser.
fn titles(text: &str) -> String {
    let document = roxmltree::Document::parse(text).unwrap();
    let titles = document.descendants().filter(|n| n.has_tag_name("title"));
    titles
        .filter_map(|n| n.text())
        .collect::<Vec<_>>()
        .join("\n")
}
