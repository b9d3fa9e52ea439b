//! §12.2 and on: what callers are told, and what they can do.

use api::Door;
use flow::{Limits, Webhooks};
use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{Caller, answer, id_of, innsynskrav, names};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn fault_18_a_mistake_of_the_caller_is_no_500() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let mut wrong = Vec::new();
    let set = |pointer: &str, value: Value| {
        let mut sbd = innsynskrav();
        *sbd.pointer_mut(pointer).expect("a member") = value;
        sbd
    };
    let header = "/standardBusinessDocumentHeader";
    wrong.push(set(
        &format!("{header}/documentIdentification/type"),
        "Rart".into(),
    ));
    wrong.push(set(
        &format!("{header}/receiver/0/identifier/value"),
        "x".into(),
    ));
    wrong.push(set(
        &format!("{header}/receiver/0/identifier/authority"),
        "x".into(),
    ));
    wrong.push(set(
        &format!("{header}/businessScope/scope/0/type"),
        "ParentId".into(),
    ));
    wrong.push(set(&format!("{header}/businessScope/scope/0"), Value::Null));
    wrong.push(set("/innsynskrav", json!([])));
    wrong.extend([json!([]), json!("x"), json!(1), json!({})]);
    for sbd in wrong {
        let (status, told) = portal.create(&sbd).await;
        assert_eq!(status, 400, "{sbd}: {told}");
        assert_eq!(told["status"], 400);
        assert!(told["exception"].is_string() && told["message"].is_string());
    }
    for path in [
        "/api/messages/in?serviceIdentifier=RART",
        "/api/messages/out?serviceIdentifier=RART",
        "/api/messages/in/peek?serviceIdentifier=RART",
        "/api/conversations?sort=rart,asc",
    ] {
        assert_eq!(portal.get(path).await.0, 400, "{path}");
    }
    let (_, made) = portal.create(&innsynskrav()).await;
    let path = format!("/api/messages/out/{}", id_of(&made));
    for disposition in [
        "attachment; filename",
        "",
        "attachment",
        "attachment; size=x",
    ] {
        let request = portal
            .request(Method::PUT, &path)
            .header("content-type", "text/plain")
            .header("content-disposition", disposition);
        let (status, _) = answer(request.body("x")).await;
        assert_eq!(status, 400, "{disposition:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_19_an_accepted_receiver_is_accepted_while_the_register_is_away() {
    let mut world = World::start().await;
    let portal = Caller::portal(&world);
    assert_eq!(portal.create(&innsynskrav()).await.0, 200);
    world.end_register().await;
    assert_eq!(portal.create(&innsynskrav()).await.0, 200);
    assert_eq!(portal.get("/manage/health").await.0, 200);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_20_a_message_without_its_members_is_not_sent() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    for (member, empty) in [("orgnr", Value::Null), ("epost", Value::Null)] {
        let mut sbd = innsynskrav();
        sbd["innsynskrav"][member] = empty;
        let (status, made) = portal.create(&sbd).await;
        assert_eq!(status, 200, "created as ever, and refused when it is sent");
        let id = id_of(&made);
        portal.put(&id, "order.xml", b"<a/>").await;
        let (status, told) = portal.send(&id).await;
        assert_eq!(status, 400, "{told}");
        assert_eq!(told["errors"][0]["field"], format!("innsynskrav.{member}"));
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_21_no_stack_trace_leaves() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let (_, told) = portal.get("/api/conversations/abc?trace=true").await;
    assert!(told.get("trace").is_none(), "{told}");
    world.stop().await;
}

// By JSON and by form a broken rule is told of with the same members.
#[tokio::test(flavor = "multi_thread")]
async fn fault_23_a_broken_rule_is_told_of_alike() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let mut sbd = innsynskrav();
    sbd["standardBusinessDocumentHeader"]["headerVersion"] = Value::Null;
    let (status, by_json) = portal.create(&sbd).await;
    assert_eq!(status, 400);
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"sbd\"\r\n\r\n{sbd}\r\n--x--\r\n"
    );
    let request = portal.request(Method::POST, "/api/messages/out/multipart");
    let request = request.header("content-type", "multipart/form-data; boundary=x");
    let (status, by_form) = answer(request.body(form)).await;
    assert_eq!(status, 400);
    for told in [&by_json, &by_form] {
        let rule = &told["errors"][0];
        for member in ["codes", "defaultMessage", "objectName", "field", "code"] {
            assert!(!rule[member].is_null(), "{member}: {rule}");
        }
        assert_eq!(rule["bindingFailure"], false);
        assert_eq!(rule["code"], "NotNull");
        let field = rule["field"].as_str().unwrap();
        let path = "standardBusinessDocumentHeader.headerVersion";
        assert!(field.ends_with(path), "{field}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_25_one_name_of_the_process_filters_both_lists() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let id = portal.deliver().await;
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    portal.create(&innsynskrav()).await;
    for (caller, path) in [(&portal, "/api/messages/out"), (&body, "/api/messages/in")]
    {
        let other = format!("{path}?processIdentifier=urn:ukjent");
        let (_, page) = caller.get(&other).await;
        assert_eq!(page["totalElements"], 0, "{other}");
    }
    world.stop().await;
}

// > `/api/statuses/peek` silently empty unless configured: it can be.
#[tokio::test(flavor = "multi_thread")]
async fn fault_26_statuses_wait_in_their_queue_where_that_is_wanted() {
    let limits = Limits {
        status_queue: true,
        ..Limits::default()
    };
    let world = World::made(Door::new, Webhooks::default(), limits).await;
    let (portal, body) = (Caller::portal(&world), Caller::body(&world));
    let id = portal.deliver().await;
    body.await_peek(&id).await;
    assert_eq!(body.delete(&id).await.0, 200);
    portal.await_status(&id, "LEVERT").await;
    let forgotten = id_of(&portal.create(&innsynskrav()).await.1);
    let path = format!("/api/conversations/messageId/{forgotten}");
    assert_eq!(portal.ask(Method::DELETE, &path).await.0, 200);
    let log = portal.log(&id).await;
    for line in &log {
        for _ in 0..2 {
            let (status, next) = portal.get("/api/statuses/peek").await;
            assert_eq!((status.as_u16(), &next), (200, line));
        }
        let path = format!("/api/statuses/{}", line["id"]);
        assert_eq!(portal.ask(Method::DELETE, &path).await.0, 200);
        assert_eq!(portal.ask(Method::DELETE, &path).await.0, 404);
    }
    assert_eq!(portal.get("/api/statuses/peek").await.0, 204);
    assert_eq!(portal.log(&id).await, log, "the log keeps them");
    let (_, page) = portal.get("/api/subscriptions").await;
    assert_eq!(page["totalElements"], 0, "and nobody sees how it is done");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_27_a_slash_at_the_end_is_taken() {
    let world = World::start().await;
    let body = Caller::body(&world);
    for path in ["/api/messages/in/peek/", "/api/statuses/peek/"] {
        assert_eq!(body.get(path).await.0, 204, "{path}");
    }
    for path in [
        "/api/conversations/",
        "/manage/health/",
        "/api/subscriptions/",
    ] {
        assert_eq!(body.get(path).await.0, 200, "{path}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_28_the_limit_holds_for_chunks() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let (_, made) = portal.create(&innsynskrav()).await;
    let chunk = || Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024]);
    let pieces = futures_util::stream::iter((0..64).map(move |_| chunk()));
    let path = format!("/api/messages/out/{}", id_of(&made));
    let request = portal
        .request(Method::PUT, &path)
        .header("content-type", "text/plain")
        .header("content-disposition", "attachment; filename=a.txt")
        .body(reqwest::Body::wrap_stream(pieces));
    assert_eq!(answer(request).await.0, 400);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_29_30_and_32_a_file_is_what_was_sent() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let (_, made) = portal.create(&innsynskrav()).await;
    let id = id_of(&made);
    // 32: not parsed, whatever its name says.
    assert_eq!(portal.put(&id, "arkivmelding.xml", b"not XML").await.0, 200);
    // 30: a body that says that it is a form.
    let request = portal
        .request(Method::PUT, &format!("/api/messages/out/{id}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-disposition", "attachment; filename=skjema.txt");
    assert_eq!(answer(request.body("navn=verdi&navn=verdi")).await.0, 200);
    // 29: an ending that nobody knows is no PDF.
    assert_eq!(portal.put(&id, "emailtext", b"tekst").await.0, 200);
    assert_eq!(portal.send(&id).await.0, 200);
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    let (_, zip) = body.pop(&id).await;
    let got = names(&zip);
    for name in ["arkivmelding.xml", "skjema.txt", "emailtext"] {
        assert!(got.contains(&name.to_owned()), "{got:?}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_31_names_that_leave_the_package_are_refused() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    for name in [
        "../../ut.txt",
        "/etc/passwd",
        "META-INF/manifest.xml",
        "mimetype",
    ] {
        let (_, made) = portal.create(&innsynskrav()).await;
        let id = id_of(&made);
        let put = portal.put(&id, name, b"x").await.0;
        let sent = portal.send(&id).await.0;
        assert!(put == 400 || sent == 400, "{name}: {put} {sent}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_35_levetid_utlopt_says_why() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let mut sbd = innsynskrav();
    let now = ambient::Clock::system().now();
    let soon = now + jiff::SignedDuration::from_millis(1500);
    let scope = "/standardBusinessDocumentHeader/businessScope/scope/0";
    sbd.pointer_mut(scope).unwrap()["scopeInformation"] =
        json!([{"expectedResponseDateTime": soon.to_string()}]);
    let (status, made) = portal.create(&sbd).await;
    assert_eq!(status, 200, "{made}");
    let id = id_of(&made);
    portal.await_status(&id, "LEVETID_UTLOPT").await;
    let log = portal.log(&id).await;
    let words = log.last().unwrap()["description"].as_str().unwrap();
    assert!(words.contains("Levetiden"), "{words}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_37_lists_without_an_order_have_one() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(id_of(&portal.create(&innsynskrav()).await.1));
    }
    let mut listed = Vec::new();
    for page in 0..4 {
        let path = format!("/api/messages/out?size=2&page={page}");
        let (_, page) = portal.get(&path).await;
        listed.extend(page["content"].as_array().unwrap().iter().map(id_of));
    }
    assert_eq!(listed, made);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_41_and_48_a_package_says_how_long_and_by_whom_it_is() {
    let world = World::start().await;
    let id = Caller::portal(&world).deliver().await;
    let body = Caller::body(&world);
    body.await_peek(&id).await;
    let path = format!("/api/messages/in/pop/{id}");
    let got = body.request(Method::GET, &path).send().await.unwrap();
    let said: usize = got.headers()["content-length"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    // 48: and what is to be said of its signature.
    assert!(!got.headers()["sendebud-signature"].is_empty());
    assert_eq!(got.bytes().await.unwrap().len(), said);
    world.stop().await;
}

// A browser that holds credentials sends them for any page that asks it to.
#[tokio::test(flavor = "multi_thread")]
async fn fault_46_another_site_changes_nothing_through_a_browser() {
    let world = World::start().await;
    let portal = Caller::portal(&world);
    let (_, made) = portal.create(&innsynskrav()).await;
    let path = format!("/api/messages/out/{}", id_of(&made));
    for (method, site, expected) in [
        (Method::DELETE, "cross-site", 403),
        (Method::POST, "cross-site", 403),
        (Method::GET, "cross-site", 200),
        (Method::DELETE, "same-origin", 200),
    ] {
        let request = portal.request(method, &path).header("sec-fetch-site", site);
        assert_eq!(answer(request).await.0, expected);
    }
    world.stop().await;
}
