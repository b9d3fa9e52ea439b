//! Pages in three languages, and what stands at the door.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::world::{KOMMUNE, World, journalpost, moete};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_language_is_chosen_and_kept() {
    let world = World::new().await;
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        world.send(request.body(Body::empty()).unwrap()).await
    };
    let plain = ask("/", &[]).await.text;
    assert!(plain.contains("<html lang=\"nb\">"));
    let nynorsk = ask("/", &[("accept-language", "nn-NO,nb;q=0.8")])
        .await
        .text;
    assert!(
        nynorsk.contains("<html lang=\"nn\">")
            && nynorsk.contains("Kva leitar du etter?")
    );
    let chosen = ask("/?lang=en", &[("accept-language", "nn")]).await;
    assert!(chosen.text.contains("What are you looking for?"));
    let kept = ask(
        "/",
        &[("cookie", &chosen.cookie()), ("accept-language", "nn")],
    )
    .await;
    assert!(kept.text.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn every_page_says_what_browsers_may_do() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "En", "2026-11-20"))
        .await;
    world
        .import(
            KOMMUNE,
            &moete(2, "To", "2026-12-02").replace("0c1f5c9b0001", "0c1f5c9bffff"),
        )
        .await;
    for path in [
        "/",
        "/dokument/1",
        "/sak/1",
        "/moete/2",
        "/kalender",
        "/virksomheter",
        "/virksomhet/310000019",
        "/kurv",
        "/test",
        "/test/inn/1",
        "/finnes-ikke",
        "/stil.css",
    ] {
        let answer = world.get(path).await;
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.contains("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{path}"
        );
        assert_eq!(
            answer.headers["x-robots-tag"], "noindex, nofollow",
            "{path}"
        );
        for inline in ["<script", " style=\"", "onclick", "<style"] {
            assert!(!answer.text.contains(inline), "{path} has {inline}");
        }
        let expected = if path == "/finnes-ikke" { 404 } else { 200 };
        assert_eq!(answer.status, expected, "{path}");
    }
}

#[tokio::test]
async fn what_was_published_cannot_become_markup() {
    let world = World::new().await;
    let title = "<script>alert(1)</script> \\\"><img src=x>";
    let file = journalpost(1, "¤", "2026-11-20").replace('¤', title);
    world.import(KOMMUNE, &file).await;
    for path in [
        "/",
        "/dokument/1",
        "/sak/1",
        "/?q=%3Cscript%3E",
        "/test/inn/1",
    ] {
        let page = world.get(path).await.text;
        assert!(
            !page.contains("<script") && !page.contains("<img src=x"),
            "{path}"
        );
    }
    let file = moete(2, "Lenke", "2026-12-02").replace(
        "https://dok.fiktiv.example/saksframlegg.pdf",
        "javascript:alert(1)",
    );
    world
        .import(KOMMUNE, &file.replace("0c1f5c9b0001", "0c1f5c9bffff"))
        .await;
    assert!(!world.get("/dokument/2").await.text.contains("javascript:"));
}

#[tokio::test]
async fn forms_from_elsewhere_are_refused() {
    let world = World::new().await;
    world
        .import(KOMMUNE, &journalpost(1, "En", "2026-11-20"))
        .await;
    let post = async |headers: &[(&str, &str)]| {
        let mut request = Request::post("/kurv/legg")
            .header("host", "innsyn.example")
            .header("content-type", FORM);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        world
            .send(request.body(Body::from("id=1")).unwrap())
            .await
            .status
    };
    assert_eq!(
        post(&[("origin", "http://innsyn.example")]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        post(&[("sec-fetch-site", "same-origin")]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        post(&[("origin", "https://ond.example")]).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(&[("sec-fetch-site", "cross-site")]).await,
        StatusCode::FORBIDDEN
    );
    let large = Request::post("/kurv/legg")
        .header("content-type", FORM)
        .body(Body::from("x".repeat(70_000)));
    let large = world.send(large.unwrap()).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
}
