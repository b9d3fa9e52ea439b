//! A møte with its saker, in nynorsk, in a browser that runs no scripts.

use super::{approve, deliver, people, published, stands};
use crate::browser::Browser;
use crate::world::{Role, World, until};

/// > a møte with its saker and documents … accessible and in nb/nn … without JavaScript
#[tokio::test]
async fn a_meeting_is_filled_in_in_nynorsk_and_without_scripts() {
    let mut world = World::new();
    let base = people(&world);
    world.start_all(&Role::ALL).await;
    let mut browser = Browser::start(&base);
    typed(&mut browser);
    let path = handed_in(&mut browser);
    let mut siri = browser.plain("siri");
    // She may approve, but not this: she has written it.
    siri.click("form[action$='/godkjenn'] button");
    assert!(siri.text("[role=alert]").contains("Du har sjølv skrive"));
    siri.judge(None);
    let mut ola = browser.plain("ola");
    ola.log_in("ola", "godkjenner-2");
    approve(&mut browser, "ola", &path);
    stands(&mut browser.plain("ola"), "Publisert").await;
    on_the_agenda(&world).await;
    taken_off(&mut browser, &world, &path).await;
    withdrawn(&mut browser, &world).await;
}

/// What was typed stands, right or wrong, and what is wrong is said at the field.
fn typed(browser: &mut Browser) {
    let mut siri = browser.plain("siri");
    siri.open("/logg-inn?lang=nn");
    siri.judge(None);
    siri.log_in("siri", "begge-3");
    siri.click("a[href='/ny/moete']");
    assert_eq!(siri.text("h1"), "Nytt møte");
    siri.fill(&[
        ("moete.0.utvalg", "Formannskapet"),
        ("moete.0.tittel_s", "Møte i formannskapet"),
        ("moete.0.dato", "2026-12-02"),
        ("moete.0.dato_kl", "17:30"),
        ("moete.0.video", "fjordvik.example/video"),
        ("sak.0.tittel_s", "Reguleringsplan for Nordneset"),
        ("sak.0.aar", "2026"),
        ("sak.0.sekvens", "femti"),
    ]);
    siri.press("kontroll");

    siri.sees("moete.0.video", "inga nettadresse");
    siri.sees("sak.0.sekvens", "ikkje eit heilt tal");
    siri.sees("sak.0.type", "ikkje fylt ut");
    assert_eq!(siri.value("sak.0.sekvens"), "femti");
    assert_eq!(siri.value("moete.0.video"), "fjordvik.example/video");
    assert_eq!(
        siri.value("moete.0.tittel"),
        "Møte i formannskapet",
        "proposed"
    );
    siri.judge(Some("moete-nynorsk"));
    siri.fill(&[
        ("moete.0.video", "https://fjordvik.example/video"),
        ("sak.0.sekvens", "50"),
        ("sak.0.type", "politiskSak"),
    ]);
}

/// A second matter is moved to the top of the agenda. Answers where the form is.
fn handed_in(browser: &mut Browser) -> String {
    let mut siri = browser.plain("siri");
    siri.press("legg:sak");
    siri.fill(&[
        ("sak.1.tittel_s", "Klage frå Ola Eksempel"),
        ("sak.1.type", "delegertSak"),
        ("sak.1.aar", "2026"),
        ("sak.1.sekvens", "51"),
    ]);
    siri.press("opp:sak.1");
    assert_eq!(siri.value("sak.0.tittel"), "Klage frå *****");
    siri.press("legg:papir");
    siri.fill(&[
        ("papir.0.tittel_s", "Innkalling til møtet"),
        ("papir.0.type", "innkalling"),
    ]);
    siri.press("legg:papir.0.dok");
    siri.fill(&[
        ("papir.0.dok.0.tittel_s", "Innkalling"),
        ("papir.0.dok.0.rolle", "hoveddokument"),
        (
            "papir.0.dok.0.fil",
            "https://fjordvik.example/innkalling.pdf",
        ),
    ]);
    deliver(&mut siri, "Ventar på godkjenning");
    siri.judge(None);
    siri.url()
}

async fn on_the_agenda(world: &World) {
    let first = published(world, "Klage frå *****").await.unwrap();
    let second = published(world, "Reguleringsplan for Nordneset")
        .await
        .unwrap();
    assert_eq!(first["registrering"]["dokumentnr"], "1", "{first:#}");
    assert_eq!(second["registrering"]["dokumentnr"], "2");
    published(world, "Innkalling til møtet").await.unwrap();
    let calendar = world.url(Role::Portal, "/kalender?maaned=2026-12");
    let calendar = reqwest::get(calendar.clone()).await.unwrap();
    let calendar = calendar.text().await.unwrap();
    assert!(calendar.contains("17:30"), "{calendar}");
}

/// A matter is taken off the agenda: it is withdrawn, the rest stays.
async fn taken_off(browser: &mut Browser, world: &World, path: &str) {
    let mut siri = browser.plain("siri");
    siri.open(path);
    siri.click("form[action$='/rett'] button");
    siri.press("fjern:sak.0");
    deliver(&mut siri, "Ventar på godkjenning");
    approve(browser, "ola", path);
    stands(&mut browser.plain("ola"), "Publisert").await;
    until("the matter is gone", async || {
        let gone = published(world, "Klage frå *****").await;
        gone.is_none().then_some(())
    })
    .await;
    let rest = published(world, "Reguleringsplan for Nordneset")
        .await
        .unwrap();
    assert_eq!(
        rest["registrering"]["dokumentnr"], "1",
        "first on the agenda now"
    );
}

async fn withdrawn(browser: &mut Browser, world: &World) {
    let mut ola = browser.plain("ola");
    ola.click("details.boks summary");
    ola.click("form[action$='/trekk'] button");
    stands(&mut ola, "Trukket tilbake").await;
    let gone = published(world, "Reguleringsplan for Nordneset").await;
    assert_eq!(gone, None);
    let calendar = world.url(Role::Portal, "/kalender?maaned=2026-12");
    let calendar = reqwest::get(calendar.clone()).await.unwrap();
    assert!(!calendar.text().await.unwrap().contains("17:30"));
}
