//! A journalpost, from the first word to its withdrawal.

use serde_json::Value;

use super::{CASE, approve, deliver, people, published, stands};
use crate::browser::Browser;
use crate::world::{Role, World};

/// > fills in a journalpost … sees the checks while typing, the washed beside the
/// > sensitive text, saves drafts, gets it approved and sends; corrects and withdraws it
#[tokio::test]
async fn a_journalpost_is_filled_in_approved_corrected_and_withdrawn() {
    let mut world = World::new();
    let base = people(&world);
    world.start_all(&Role::ALL).await;
    let mut browser = Browser::start(&base);

    typed(&mut browser);
    let path = handed_in(&mut browser);
    let iri = published_by(&mut browser, &world, &path).await;
    refused(&mut browser, &world, &path).await;
    corrected(&mut browser, &world, &path, &iri).await;
    withdrawn(&mut browser, &world, &path).await;
}

/// The checks come while she types, at the field, and go when it is mended.
fn typed(browser: &mut Browser) {
    let mut kari = browser.visitor("kari");
    kari.open("/");
    kari.judge(None);
    kari.log_in("kari", "skriver-1");
    kari.judge(None);
    kari.click("a[href='/ny/journalpost']");

    kari.fill(&CASE);
    kari.fill(&[("post.0.tittel_s", "Klage fra Kari Eksempel")]);
    kari.becomes("post.0.tittel", "Klage fra *****");
    kari.fill(&[("post.0.tittel", "Klage, 17858830001")]);
    kari.sees("post.0.tittel", "fødselsnummer");
    kari.fill(&[("post.0.sekvens", "nitti")]);
    kari.sees("post.0.sekvens", "ikke et helt tall");
    kari.judge(Some("kontroll"));
    kari.fill(&[
        ("post.0.sekvens", "90112"),
        ("post.0.tittel", "Klage fra *****"),
    ]);
    kari.sees_nothing("post.0.tittel");
    kari.sees_nothing("post.0.sekvens");
}

/// What is not all filled in is kept, and not handed in. Answers where the form is.
fn handed_in(browser: &mut Browser) -> String {
    let mut kari = browser.visitor("kari");
    kari.press("lever");
    kari.sees("post.0.type", "ikke fylt ut");
    kari.sees("post.0.part.0.navn_s", "ikke fylt ut");
    kari.judge(Some("mangler"));
    kari.fill(&[
        ("post.0.type", "inngåendeDokument"),
        ("post.0.part.0.type", "avsender"),
        ("post.0.part.0.navn_s", "Kari Eksempel"),
        ("post.0.skjerming.0.restriksjon", "unntattOffentlighet"),
        (
            "post.0.skjerming.0.hjemmel",
            "Offl. § 13 jf. fvl. § 13 (1) nr. 1",
        ),
        ("post.0.dok.0.tittel_s", "Klage fra Kari Eksempel"),
        ("post.0.dok.0.rolle", "hoveddokument"),
    ]);
    kari.press("legg:post.0.dok");
    kari.fill(&[
        ("post.0.dok.1.tittel_s", "Tegninger"),
        ("post.0.dok.1.rolle", "vedlegg"),
        (
            "post.0.dok.1.fil",
            "https://dok.fjordvik.example/tegninger.pdf",
        ),
    ]);
    deliver(&mut kari, "Venter på godkjenning");
    kari.judge(None);
    kari.url()
}

/// Another lets it go, and it is found; answers its IRI.
async fn published_by(browser: &mut Browser, world: &World, path: &str) -> Value {
    let mut ola = browser.visitor("ola");
    ola.log_in("ola", "godkjenner-2");
    ola.judge(None);
    ola.open(path);
    ola.judge(Some("godkjenning"));
    ola.click("form[action$='/godkjenn'] button");
    stands(&mut ola, "Publisert").await;
    ola.judge(Some("publisert"));
    let hit = published(world, "Klage fra *****").await.unwrap();
    let post = &hit["registrering"];
    assert_eq!(post["mappe"], "Skjenkebevilling for Fjordkroa", "{hit:#}");
    post["iri"].clone()
}

/// A number that must not be published is held back until somebody says that it may go;
/// eInnsyn says no, and that is said at the form.
async fn refused(browser: &mut Browser, world: &World, path: &str) {
    let mut kari = browser.visitor("kari");
    kari.open(path);
    kari.click("form[action$='/rett'] button");
    kari.press("fjern:post.0.dok.1");
    kari.fill(&[
        ("post.0.tittel_s", "Klage på vedtak fra Kari Eksempel"),
        ("post.0.tittel", "Klage på vedtak fra *****"),
        ("post.0.part.0.navn_s", "Kari Eksempel 17858830001"),
    ]);
    deliver(&mut kari, "Venter på godkjenning");
    let mut siri = browser.visitor("siri");
    siri.log_in("siri", "begge-3");
    approve(browser, "siri", path);
    let mut siri = browser.visitor("siri");
    assert!(siri.text("[role=alert]").contains("Kryss av"));
    siri.judge(None);
    siri.tick("#sett");
    siri.click("form[action$='/godkjenn'] button");
    stands(&mut siri, "Avvist").await;
    siri.judge(Some("avvist"));
    let said = siri.text("main");
    assert!(said.contains("fødselsnummer"), "{said}");
    assert!(
        published(world, "Klage fra *****").await.is_some(),
        "as it was"
    );
}

/// A correction replaces all of it; what is left out is gone.
async fn corrected(browser: &mut Browser, world: &World, path: &str, iri: &Value) {
    let mut kari = browser.visitor("kari");
    kari.open(path);
    kari.click("form[action$='/rett'] button");
    kari.judge(None);
    kari.fill(&[("post.0.part.0.navn_s", "Kari Eksempel")]);
    deliver(&mut kari, "Venter på godkjenning");
    approve(browser, "siri", path);
    stands(&mut browser.visitor("siri"), "Publisert").await;
    let again = published(world, "Klage på vedtak fra *****").await.unwrap();
    assert_eq!(again["registrering"]["iri"], *iri, "the same, replaced");
    assert_eq!(published(world, "Klage fra *****").await, None);
}

/// One pair of eyes is enough to take back what should not be there.
async fn withdrawn(browser: &mut Browser, world: &World, path: &str) {
    let mut siri = browser.visitor("siri");
    siri.open(path);
    siri.click("details.boks summary");
    siri.fill(&[("merknad", "Feil sak")]);
    siri.click("form[action$='/trekk'] button");
    stands(&mut siri, "Trukket tilbake").await;
    siri.judge(None);
    let gone = published(world, "Klage på vedtak fra *****").await;
    assert_eq!(gone, None);
    let history = siri.text("section[aria-labelledby='historie']");
    for line in [
        "kari skrev",
        "ola godkjente",
        "siri trakk tilbake",
        "Feil sak",
    ] {
        assert!(history.contains(line), "{line}: {history}");
    }
    siri.open("/");
    siri.judge(Some("oversikt"));
}
