//! What the recordings do not show: safe methods, slashes, credentials, limits, metrics.

#![expect(
    clippy::unwrap_used,
    reason = "an answer that is not there fails the test"
)]

mod world;

use std::time::Duration;

use api::{Credentials, Door, Pace, Scopes};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use world::World;

const MESSAGE: &str = "5a0e5c0e-0000-4000-8000-00000000000";

/// An innsynskrav from the portal to the body, the id ending in this digit.
fn innsynskrav(digit: u32) -> Value {
    let party = |orgnr: &str| {
        let authority = "iso6523-actorid-upis";
        json!([{"identifier": {"value": format!("0192:{orgnr}"), "authority": authority}}])
    };
    let scope = json!({
        "type": "ConversationId",
        "identifier": "urn:no:difi:profile:einnsyn:innsynskrav:ver1.0",
    });
    json!({
        "standardBusinessDocumentHeader": {
            "headerVersion": "1.0",
            "sender": party("910077473"),
            "receiver": party("910076787"),
            "documentIdentification": {
                "standard": "urn:no:difi:einnsyn:xsd::innsynskrav",
                "typeVersion": "1.0",
                "instanceIdentifier": format!("{MESSAGE}{digit}"),
                "type": "innsynskrav",
            },
            "businessScope": {"scope": [scope]},
        },
        "innsynskrav": {"orgnr": "910076787", "epost": "innsyn@lillevik.example"},
    })
}

/// Send one from the portal, whole, and wait until the body has it.
async fn deliver(world: &World, digit: u32) {
    let (boundary, sbd) = ("skille", innsynskrav(digit));
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"sbd\"\r\n\r\n{sbd}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"order.xml\"; \
         filename=\"order.xml\"\r\nContent-Type: application/xml\r\n\r\n<a/>\r\n\
         --{boundary}--\r\n"
    );
    let sent = Client::new()
        .post(format!("{}/api/messages/out/multipart", world.portal))
        .header(
            "content-type",
            format!("multipart/form-data; boundary={boundary}"),
        )
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 200, "{}", sent.text().await.unwrap());
    let list = format!("/api/messages/in?messageId={MESSAGE}{digit}");
    let arrived = async {
        loop {
            let page: Value = get(world, &list).await.json().await.unwrap();
            if page["totalElements"] == 1 {
                return;
            }
        }
    };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, arrived)
        .await
        .expect("the message arrives");
}

async fn get(world: &World, path: &str) -> Response {
    ask(world, Method::GET, path).await
}

async fn ask(world: &World, method: Method, path: &str) -> Response {
    let request = Client::new().request(method, format!("{}{path}", world.body));
    request.send().await.unwrap()
}

// RFC 9110 §9.2.1; reference-observed §5, 8.
#[tokio::test(flavor = "multi_thread")]
async fn head_locks_nothing() {
    let world = World::start().await;
    let peek = format!("/api/messages/in/peek?messageId={MESSAGE}1");
    assert_eq!(ask(&world, Method::HEAD, &peek).await.status(), 204);
    deliver(&world, 1).await;
    for _ in 0..2 {
        let looked = ask(&world, Method::HEAD, &peek).await;
        assert_eq!(looked.status(), 200);
        assert_eq!(looked.headers()["content-type"], "application/json");
    }
    assert_eq!(get(&world, &peek).await.status(), 200);
    assert_eq!(ask(&world, Method::HEAD, &peek).await.status(), 204);
    world.stop().await;
}

// rest-api §1.0, "Trailing slash": documented clients write it.
#[tokio::test(flavor = "multi_thread")]
async fn a_slash_at_the_end_changes_nothing() {
    let world = World::start().await;
    deliver(&world, 2).await;
    let peeked = get(&world, "/api/messages/in/peek/").await;
    assert_eq!(peeked.status(), 200);
    let popped = get(&world, &format!("/api/messages/in/pop/{MESSAGE}2/")).await;
    assert_eq!(popped.status(), 200);
    assert!(popped.headers().contains_key("content-length"));
    let verdict = popped.headers()["sendebud-signature"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(!verdict.is_empty());
    let path = format!("/api/messages/in/{MESSAGE}2/");
    assert_eq!(ask(&world, Method::DELETE, &path).await.status(), 200);
    world.stop().await;
}

// rest-api §12, 14: a token, for those who want to be sure that the lock is theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_has_a_name_that_others_do_not_notice() {
    let world = World::start().await;
    deliver(&world, 6).await;
    let peeked = get(&world, "/api/messages/in/peek").await;
    let token = peeked.headers()["sendebud-lock"].clone();
    let pop = format!("{}/api/messages/in/pop/{MESSAGE}6", world.body);
    let with = |token: &str| Client::new().get(&pop).header("sendebud-lock", token);
    let another = with("another").send().await.unwrap();
    assert_eq!(another.status(), 400);
    let refusal: Value = another.json().await.unwrap();
    let class = refusal["exception"].as_str().unwrap();
    assert!(class.ends_with("MessageNotLockedException"), "{class}");
    let own = with(token.to_str().unwrap()).send().await.unwrap();
    assert_eq!(own.status(), 200);
    let path = format!("/api/messages/in/{MESSAGE}6");
    assert_eq!(ask(&world, Method::DELETE, &path).await.status(), 200);
    world.stop().await;
}

// RFC 8288: a full page says where the next one is.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_page_names_the_next_one() {
    let world = World::start().await;
    deliver(&world, 7).await;
    deliver(&world, 8).await;
    let path = "/api/conversations";
    let page = get(&world, &format!("{path}?size=1")).await;
    let link = page.headers()["link"].to_str().unwrap().to_owned();
    let page: Value = page.json().await.unwrap();
    let next = link.strip_prefix('<').unwrap().split('>').next().unwrap();
    let next: Value = get(&world, &format!("{path}{next}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(next["totalElements"], 2);
    assert_ne!(next["content"][0]["id"], page["content"][0]["id"]);
    let kept: Value = get(&world, "/manage/expired").await.json().await.unwrap();
    assert_eq!(kept["totalElements"], 0);
    let unknown = ask(&world, Method::POST, "/manage/expired/nobody").await;
    assert_eq!(unknown.status(), 404);
    world.stop().await;
}

// Quirk 2: `multipart` is an id like others unless a form is sent to it.
// Quirk 3: conversations of incoming messages are in the lists and nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn quirks_are_kept() {
    let world = World::start().await;
    deliver(&world, 3).await;
    let sent = ask(&world, Method::POST, "/api/messages/out/multipart").await;
    assert_eq!(sent.status(), 404);
    let list = get(&world, &format!("/api/conversations?messageId={MESSAGE}3")).await;
    let page: Value = list.json().await.unwrap();
    let id = &page["content"][0]["id"];
    assert_eq!(page["content"][0]["direction"], "INCOMING");
    for path in [
        format!("/api/conversations/{id}"),
        format!("/api/conversations/messageId/{MESSAGE}3"),
    ] {
        assert_eq!(get(&world, &path).await.status(), 404, "{path}");
    }
    world.stop().await;
}

// rest-api §9: 401 with a challenge, health open to all.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_door_opens_to_its_credentials_alone() {
    let words = Credentials::user("fagsystem", "hemmelig", Scopes::ALL).unwrap();
    let known = vec![words];
    let world = World::behind(|point| Door::new(point).locked(known.clone())).await;
    for path in [
        "/api/messages/in/peek",
        "/manage",
        "/manage/prometheus",
        "/nothing",
    ] {
        let refused = get(&world, path).await;
        assert_eq!(refused.status(), 401, "{path}");
        assert_eq!(
            refused.headers()["www-authenticate"],
            "Basic realm=\"Realm\""
        );
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["message"], "Unauthorized");
        assert!(body.get("exception").is_none());
    }
    for path in [
        "/manage/health",
        "/manage/health/liveness",
        "/manage/health/readiness",
    ] {
        assert_eq!(get(&world, path).await.status(), 200, "{path}");
    }
    for (password, status) in [("hemmelig", 204), ("gjettet", 401), ("", 401)] {
        let peek = Client::new()
            .get(format!("{}/api/messages/in/peek", world.body))
            .basic_auth("fagsystem", Some(password));
        assert_eq!(peek.send().await.unwrap().status(), status, "{password}");
    }
    world.stop().await;
}

// rest-api §12, 42: health for all, the rest of /manage for who may, shutdown for nobody.
#[tokio::test(flavor = "multi_thread")]
async fn fault_42_a_key_is_good_for_its_scopes_alone() {
    let scopes = |names: &[&str]| Scopes::read(names.iter().copied()).unwrap();
    let known = vec![
        Credentials::key("avsender", "nokkel-ut", scopes(&["out"])).unwrap(),
        Credentials::key("drift", "nokkel-drift", scopes(&["manage"])).unwrap(),
    ];
    let world = World::behind(|point| Door::new(point).locked(known.clone())).await;
    let table = [
        (Method::GET, "/api/messages/out", [200, 403]),
        (Method::GET, "/api/messages/in", [403, 403]),
        (Method::GET, "/api/statuses", [403, 403]),
        (Method::GET, "/manage/info", [403, 200]),
        (Method::GET, "/manage/prometheus", [403, 200]),
        (Method::POST, "/manage/shutdown", [403, 404]),
        (Method::GET, "/manage/health", [200, 200]),
    ];
    for (method, path, expected) in table {
        let url = format!("{}{path}", world.body);
        for (key, status) in ["nokkel-ut", "nokkel-drift"].iter().zip(expected) {
            let bearer = Client::new().request(method.clone(), &url).bearer_auth(key);
            assert_eq!(
                bearer.send().await.unwrap().status(),
                status,
                "{key} {path}"
            );
            let header = Client::new().request(method.clone(), &url);
            let header = header.header("x-api-key", *key).send().await.unwrap();
            assert_eq!(header.status(), status, "{key} {path}");
        }
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_too_often_is_told_to_wait() {
    let pace = Pace {
        per_second: Some(1),
        ..Pace::default()
    };
    let world = World::behind(|point| Door::new(point).paced(pace)).await;
    let mut refused = get(&world, "/api/messages/in/peek").await;
    while refused.status() == 204 {
        refused = get(&world, "/api/messages/in/peek").await;
    }
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["status"], 429);
    // Whoever watches over it is let in all the same.
    assert_eq!(get(&world, "/manage/health").await.status(), 200);
    world.stop().await;
}

// rest-api §12, 28. The caller is still sending when we know; it gets the answer.
#[tokio::test(flavor = "multi_thread")]
async fn too_much_is_refused_while_it_streams() {
    let world = World::start().await;
    let create = Client::new()
        .post(format!("{}/api/messages/out", world.portal))
        .header("content-type", "application/json");
    let created = create
        .body(innsynskrav(4).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(created.status(), 200);
    let chunk = || Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024]);
    let pieces = futures_util::stream::iter((0..80).map(move |_| chunk()));
    let upload = Client::new()
        .put(format!("{}/api/messages/out/{MESSAGE}4", world.portal))
        .header("content-type", "text/plain")
        .header("content-disposition", "attachment; filename=a.txt")
        .body(reqwest::Body::wrap_stream(pieces));
    let refused = upload.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body: Value = refused.json().await.unwrap();
    let exception = body["exception"].as_str().unwrap();
    assert!(
        exception.ends_with("MaxFileSizeExceededException"),
        "{body}"
    );
    assert!(
        body["message"].as_str().unwrap().contains("(5MB)"),
        "{body}"
    );
    world.stop().await;
}

// The text format of Prometheus; paths as in the table, never a message's id.
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_path_and_status() {
    let world = World::start().await;
    for digit in 5..8 {
        get(&world, &format!("/api/messages/out/{MESSAGE}{digit}")).await;
    }
    let metrics = get(&world, "/manage/prometheus").await;
    let kind = metrics.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(kind.starts_with("text/plain;version=0.0.4"), "{kind}");
    let text = metrics.text().await.unwrap();
    let line = "http_server_requests_seconds_count{method=\"GET\",\
                organisation=\"910076787\",outcome=\"CLIENT_ERROR\",\
                status=\"404\",uri=\"/api/messages/out/{messageId}\"} 3";
    assert!(text.lines().any(|l| l == line), "{text}");
    assert!(!text.contains(MESSAGE));
    world.stop().await;
}

// rest-api §12, 59: a neighbour that is away is seen, and does not make us be restarted.
#[tokio::test(flavor = "multi_thread")]
async fn fault_59_health_looks_at_neighbours_disk_and_certificate() {
    let mut world = World::start().await;
    let health = async |world: &World| {
        let answer = get(world, "/manage/health").await;
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["components"].clone()
    };
    let up = health(&world).await;
    for part in [
        "db",
        "diskSpace",
        "messageService",
        "register",
        "certificate",
    ] {
        assert_eq!(up[part]["status"], "UP", "{part}: {up}");
    }
    assert!(up["diskSpace"]["details"]["free"].as_u64().unwrap() > 0);
    // From the certificate itself, in conformance/vectors/keys.
    let until = up["certificate"]["details"]["until"].as_str().unwrap();
    assert!(until.starts_with("204"), "{until}");
    world.end_register().await;
    let one = get(&world, "/manage/health/db").await;
    assert_eq!(one.json::<Value>().await.unwrap()["status"], "UP");
    assert_eq!(get(&world, "/manage/health/finnesikke").await.status(), 404);
    world.stop().await;
}

// Swagger UI is in the binary, and finds the description where it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_there_for_programs_and_for_people() {
    let world = World::start().await;
    let document: Value = get(&world, "/openapi.json").await.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let page = get(&world, "/swagger-ui/").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("swagger-ui-bundle.js"));
    let start = get(&world, "/swagger-ui/swagger-initializer.js").await;
    assert!(start.text().await.unwrap().contains("../openapi.json"));
    let program = get(&world, "/swagger-ui/swagger-ui-bundle.js").await;
    assert!(program.text().await.unwrap().len() > 100_000);
    world.stop().await;
}

// Nothing of the inside in what a caller is told (rest-api §12, 21).
#[tokio::test(flavor = "multi_thread")]
async fn trace_tells_nothing() {
    let world = World::start().await;
    let refused = get(&world, "/api/conversations/abc?trace=true").await;
    let body: Value = refused.json().await.unwrap();
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        [
            "error",
            "exception",
            "message",
            "path",
            "status",
            "timestamp"
        ]
    );
    world.stop().await;
}
