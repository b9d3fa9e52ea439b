//! The pages in Chromium: judged by axe-core, walked by keyboard, ordered from without
//! scripts. The pictures in docs/portal are made here: `PORTAL_PICTURES=docs/portal`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::world::{FYLKE, KOMMUNE, World, iri, journalpost, moete};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_for_everybody() {
    let world = filled().await;
    let (order, waiting) = ordered(&world).await;
    let calendar = world.get("/kalender?maaned=2026-12").await.text;
    let mut links = calendar
        .split("href=\"")
        .filter_map(|rest| rest.split('"').next());
    let meeting = links
        .find(|link| link.starts_with("/moete/"))
        .unwrap()
        .to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = portal::router(Arc::clone(&world.portal));
    let mut served = JoinSet::new();
    served.spawn(async move { axum::serve(listener, router).await.unwrap() });

    let walked = ["sok", "dokument", "moete", "kalender", "test"];
    let page = |name: &str, path: &str| json!({"name": name, "path": path, "walk": walked.contains(&name)});
    let mut pages = vec![
        page("sok", "/?q=vann"),
        page("forside", "/"),
        page("forside-nynorsk", "/?lang=nn"),
        page("forside-engelsk", "/?lang=en"),
        page("dokument", "/dokument/2"),
        page("sak", "/sak/1"),
        page("moete", &meeting),
        page("kalender", "/kalender?maaned=2026-12"),
        page("virksomheter", "/virksomheter"),
        page("virksomhet", &format!("/virksomhet/{KOMMUNE}")),
        page("kurv-tom", "/kurv"),
        page("bestilling", &format!("/bestilling/{order}")),
        page("bekreft", &waiting),
        page("test", "/test"),
        page("inn", "/test/inn/1"),
        page("inn-feil", "/test/inn/9"),
    ];
    pages.push(
        json!({"name": "kurv", "path": "/kurv", "cookie": "kurv=1.2.7", "walk": true}),
    );
    pages.push(json!({"name": "borte", "path": "/dokument/999", "status": 404}));
    let task = json!({
        "pages": pages,
        "order": {"words": "tilkobling", "epost": "per@borger.example"},
    });
    let found = visit(&base, &task);
    assert_eq!(found["violations"], json!([]), "{:#}", found["violations"]);
    assert_eq!(found["complaints"], json!([]), "Chromium said so");
    assert_eq!(
        found["wide"],
        json!([]),
        "pages that must be scrolled sideways"
    );
    assert_eq!(found["keyboard"], json!([]), "where the keyboard is lost");
    assert_eq!(found["order"]["heading"], "Innsynskravet ditt");
    while world.portal.ask().await.unwrap() {}
    assert!(
        world
            .point
            .sent("innsynskrav")
            .iter()
            .any(|(_, files)| { files["order.xml"].contains("per@borger.example") }),
        "the order that was made in the browser went out"
    );
}

/// Run the visitor; answers what it found.
fn visit(base: &str, task: &Value) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sdk = root.join("target/sdk/browser");
    assert!(
        sdk.join("node_modules/axe-core").exists(),
        "axe-core is not installed; `cargo xtask test` does that"
    );
    let pictures = std::env::var_os("PORTAL_PICTURES");
    let pictures = pictures.map_or(root.join("target/portal"), |place| {
        root.join(PathBuf::from(place))
    });
    let mut node = Command::new("node")
        .arg(root.join("crates/portal/tests/portal/visit.mjs"))
        .args([&sdk, Path::new(base), &pictures])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is needed here");
    let mut input = node.stdin.take().unwrap();
    input.write_all(task.to_string().as_bytes()).unwrap();
    drop(input);
    let done = node.wait_with_output().unwrap();
    assert!(
        done.status.success(),
        "the visitor ended with {}",
        done.status
    );
    serde_json::from_slice(&done.stdout).unwrap()
}

/// A portal in which something has been published by two bodies.
async fn filled() -> World {
    let world = World::new().await;
    for (n, title, date) in [
        (1, "Søknad om tilkobling til vannledning", "2026-11-20"),
        (
            2,
            "Svar på søknad om tilkobling til vannledning",
            "2026-11-23",
        ),
        (3, "Klage på gebyr for vann og avløp", "2026-11-18"),
        (
            4,
            "Oversendelse av tilsynsrapport for vannverket",
            "2026-11-12",
        ),
    ] {
        let file = journalpost(n, title, date);
        let file = if n == 2 { withheld(&file) } else { file };
        world.import(KOMMUNE, &file).await;
    }
    for (n, title) in [
        (5, "Reguleringsplan for Nordneset, andre gangs behandling"),
        (6, "Budsjett og økonomiplan 2027–2030"),
        (7, "Vann- og avløpsgebyrer for 2027"),
    ] {
        let file = moete(n, title, "2026-12-02");
        let file = file.replace("0c1f5c9b0001", "0c1f5c9bffff");
        let file =
            file.replace("Vann og avløp i Fjordvik", "Formannskapet 2. desember 2026");
        world.import(KOMMUNE, &file).await;
    }
    let other = journalpost(8, "Høring om ny vannforskrift", "2026-11-10");
    let other = other.replace("0c1f5c9b0001", "0c1f5c9beeee");
    let other = other.replace("Vann og avløp i Fjordvik", "Vannforvaltning i Vestland");
    world.import(FYLKE, &other).await;
    let wrong = journalpost(9, "Feil dato", "2026-02-30");
    world
        .import(KOMMUNE, &wrong.replace("},\"", "},\n\""))
        .await;
    world
        .import(
            KOMMUNE,
            &journalpost(10, "Referat fra befaring", "2026-11-02"),
        )
        .await;
    world
}

/// Answered, withheld, and with a case worker.
fn withheld(file: &str) -> String {
    let file = file.replace(
        "\"arkiv:korrespondansepart\":",
        "\"arkiv:skjerming\":{\"@id\":\"skjerming\"},\"arkiv:korrespondansepart\":",
    );
    let file = file.replace("arkiv:inngåendeDokument", "arkiv:utgåendeDokument");
    let file = file.replace(
        "\"arkiv:avsender\"},",
        "\"arkiv:mottaker\"},\"arkiv:saksbehandler\":\"Ola Eksempel\",\
         \"arkiv:administrativEnhet\":\"Teknisk etat\",",
    );
    file.replace(
        "\"@graph\":[",
        "\"@graph\":[{\"@id\":\"skjerming\",\"@type\":\"arkiv:Skjerming\",\
         \"arkiv:tilgangsrestriksjon\":{\"@id\":\"arkiv:unntattOffentlighet\"},\
         \"arkiv:skjermingshjemmel\":\"Offl. § 13 jf. fvl. § 13 (1) nr. 1\"},",
    )
}

/// An order that has come a good part of the way, and the link of one that waits.
async fn ordered(world: &World) -> (String, String) {
    let order = async |numbers: &[u32], epost: &str| {
        let iris: Vec<String> = numbers.iter().map(|n| iri(*n)).collect();
        let body = json!({"dokumenter": iris, "epost": epost});
        let answer = world.post_json("/api/bestilling", &body).await;
        serde_json::from_str::<Value>(&answer.text).unwrap()
    };
    let taken = order(&[1, 2, 8], "kari@borger.example").await;
    world
        .form(taken["bekreft"].as_str().unwrap(), "", &[])
        .await;
    while world.portal.ask().await.unwrap() {}
    for (sbd, _) in world.point.sent("innsynskrav") {
        let header = &sbd["standardBusinessDocumentHeader"];
        let id = header["documentIdentification"]["instanceIdentifier"].as_str();
        let mut lines = vec![
            ("OPPRETTET", "2026-11-24T10:00:00+01:00".to_owned()),
            ("SENDT", "2026-11-24T10:00:02+01:00".to_owned()),
        ];
        if sbd["innsynskrav"]["orgnr"] == KOMMUNE {
            lines.push(("MOTTATT", "2026-11-24T10:00:04+01:00".to_owned()));
            lines.push(("LEVERT", "2026-11-24T10:12:40+01:00".to_owned()));
        }
        let mut kept = world.point.kept.lock().unwrap();
        kept.statuses.insert(id.unwrap().to_owned(), lines);
    }
    world.clock.advance(Duration::from_secs(26 * 3_600));
    while world.portal.follow().await.unwrap() {}
    for kind in ["v2", "html"] {
        let fields = [("variant", kind), ("mottaker", KOMMUNE)];
        world.form("/test/innsynskrav", "", &fields).await;
    }
    let waits = order(&[3], "ola@borger.example").await;
    let id = taken["id"].as_str().unwrap().to_owned();
    (id, waits["bekreft"].as_str().unwrap().to_owned())
}
