//! What could be lost or overwritten, and is not.

use super::people;
use crate::browser::{Browser, Visitor};
use crate::world::{Role, World};

/// > optimistic lock so that two tabs do not silently overwrite
#[tokio::test]
async fn nothing_that_was_typed_is_lost_or_overwritten_in_silence() {
    let mut world = World::new();
    let base = people(&world);
    world
        .start_all(&[Role::Broker, Role::Registry, Role::Kommune, Role::Klient])
        .await;
    let mut browser = Browser::start(&base);
    let mut kari = browser.visitor("kari");
    kari.log_in("kari", "skriver-1");
    kari.click("a[href='/ny/journalpost']");
    kari.fill(&[("post.0.tittel_s", "Brev om vann")]);
    kari.press("lagre");
    let path = kari.url();

    // Somebody else opens it, and saves first.
    let mut siri = browser.visitor("siri");
    siri.log_in("siri", "begge-3");
    siri.open(&path);
    siri.fill(&[("post.0.sekvens", "77")]);
    siri.press("lagre");
    let mut kari = browser.visitor("kari");
    kari.fill(&[("post.0.sekvens", "88")]);
    kari.press("lagre");
    assert!(kari.text("[role=alert]").contains("Noen andre har lagret"));
    assert_eq!(kari.value("post.0.sekvens"), "88", "hers stands");
    kari.judge(Some("kollisjon"));
    let mut siri = browser.visitor("siri");
    siri.open(&path);
    assert_eq!(
        siri.value("post.0.sekvens"),
        "77",
        "and nothing was overwritten"
    );
    // Knowing it, she may.
    let mut kari = browser.visitor("kari");
    kari.press("lagre");
    kari.open(&path);
    assert_eq!(kari.value("post.0.sekvens"), "88");

    // A kill between two buttons loses nothing, not even who is logged in.
    world.kill(Role::Klient);
    world.start(Role::Klient).await;
    kari.fill(&[("post.0.nummer", "4")]);
    kari.press("lagre");
    kari.open(&path);
    assert_eq!(kari.value("post.0.nummer"), "4");

    kept_while_logged_out(&mut kari, &path);
    from_outside(&base, &path).await;
}

/// Logged out in another tab: what was typed waits for the password.
fn kept_while_logged_out(kari: &mut Visitor<'_>, path: &str) {
    kari.fill(&[("post.0.nummer", "5")]);
    kari.forget();
    kari.press("lagre");
    assert!(kari.text("[role=alert]").contains("tatt vare på"));
    kari.judge(None);
    kari.fill(&[("navn", "kari"), ("passord", "feil")]);
    kari.click("main form button");
    assert!(kari.text("[role=alert]").contains("ikke riktig"));
    kari.fill(&[("passord", "skriver-1")]);
    kari.click("main form button");
    kari.judge(None);
    kari.click("main form button");
    kari.open(path);
    assert_eq!(kari.value("post.0.nummer"), "5");
}

/// A form of another site, and one of nobody's, come to nothing.
async fn from_outside(base: &str, path: &str) {
    let outside = reqwest::Client::new();
    let url = format!("{base}{path}");
    let body = "slag=journalpost&versjon=1&gjoer=lagre";
    let kind = "application/x-www-form-urlencoded";
    let posted = |origin: &'static str| {
        let request = outside.post(&url).header("content-type", kind);
        request.header("origin", origin).body(body).send()
    };
    let other = posted("https://ond.example").await.unwrap();
    assert_eq!(other.status(), 403);
    let nobody = outside.post(&url).header("content-type", kind).body(body);
    assert_eq!(nobody.send().await.unwrap().status(), 401);
    let headers = outside.get(base).send().await.unwrap();
    let policy = headers.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}
