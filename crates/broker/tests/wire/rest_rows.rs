//! The runtime API as Azure documents it, row by row (servicebus §1.1).

use reqwest::{Method, Response};

use super::house::{broker, properties};

#[tokio::test]
async fn send_peek_lock_and_complete() {
    let broker = broker().await;
    assert_eq!(broker.head(Method::POST, "q1").await.status(), 204);
    assert_eq!(broker.send("hei").await.status(), 201);
    let got = broker.head(Method::POST, "q1").await;
    assert_eq!(got.status(), 201);
    let known = properties(&got);
    // > the broker must assign a MessageId when the sender gave none: 32 hex
    assert_eq!(known["MessageId"].as_str().unwrap().len(), 32);
    assert_eq!(known["DeliveryCount"], 1);
    assert_eq!(known["State"], "Active");
    let lock = got.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(got.text().await.unwrap(), "hei");
    assert_eq!(
        broker.head(Method::POST, "q1").await.status(),
        204,
        "it is locked"
    );
    let renewed = broker.client.post(&lock).send().await.unwrap();
    assert_eq!(renewed.status(), 200);
    assert_eq!(
        broker.client.delete(&lock).send().await.unwrap().status(),
        200
    );
    let twice = broker.client.delete(&lock).send().await.unwrap();
    assert_eq!(twice.status(), 404);
    assert!(
        twice
            .text()
            .await
            .unwrap()
            .starts_with("<Error><Code>404</Code><Detail>")
    );
}

#[tokio::test]
async fn unlock_counts_and_receive_and_delete_takes() {
    let broker = broker().await;
    broker.send("x").await;
    let got = broker.head(Method::POST, "q1").await;
    let lock = got.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(broker.client.put(&lock).send().await.unwrap().status(), 200);
    let taken = broker.head(Method::DELETE, "q1").await;
    assert_eq!(taken.status(), 200);
    assert!(!taken.headers().contains_key("location"));
    let known = properties(&taken);
    assert_eq!(known["DeliveryCount"], 2);
    assert!(known.get("LockToken").is_none());
    assert_eq!(broker.head(Method::DELETE, "q1").await.status(), 204);
}

#[tokio::test]
async fn properties_and_headers_come_back_as_they_went() {
    let broker = broker().await;
    let sent = broker
        .request(Method::POST, "q1/messages")
        .header("Content-Type", "application/json;charset=utf-8")
        .header(
            "BrokerProperties",
            r#"{"MessageId":"m1","Label":"L","TimeToLive":60}"#,
        )
        .header("Priority", "\"High\"")
        .header("Customer", "12345")
        .body("{\"blåbær\":1}")
        .send();
    assert_eq!(sent.await.unwrap().status(), 201);
    let got = broker.head(Method::POST, "q1").await;
    let known = properties(&got);
    assert_eq!(known["MessageId"], "m1");
    assert_eq!(known["Label"], "L");
    assert_eq!(
        got.headers()["content-type"],
        "application/json;charset=utf-8"
    );
    assert_eq!(got.headers()["priority"], "\"High\"");
    assert_eq!(got.headers()["customer"], "12345");
    assert_eq!(got.bytes().await.unwrap(), "{\"blåbær\":1}");
}

#[tokio::test]
async fn a_waiting_request_is_answered_when_a_message_comes() {
    let broker = broker().await;
    let request = broker.request(Method::POST, "q1/messages/head?timeout=60");
    let (got, sent) = tokio::join!(request.send(), broker.send("nå"));
    assert_eq!(sent.status(), 201);
    assert_eq!(got.unwrap().text().await.unwrap(), "nå");
}

#[tokio::test]
async fn a_batch_is_one_message_each() {
    let broker = broker().await;
    let batch = r#"[{"Body":"a","BrokerProperties":{"MessageId":"1"}},{"Body":"b"}]"#;
    let request = broker.request(Method::POST, "q1/messages");
    let kind = "application/vnd.microsoft.servicebus.json";
    let sent = request
        .header("Content-Type", kind)
        .body(batch)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 201);
    assert_eq!(
        broker
            .head(Method::DELETE, "q1")
            .await
            .text()
            .await
            .unwrap(),
        "a"
    );
    assert_eq!(
        broker
            .head(Method::DELETE, "q1")
            .await
            .text()
            .await
            .unwrap(),
        "b"
    );
}

#[tokio::test]
async fn mistakes_are_named() {
    let broker = broker().await;
    let status = |r: Result<Response, _>| r.unwrap().status().as_u16();
    let post = |path: &str| broker.request(Method::POST, path);
    let bad = post("q/messages")
        .header("BrokerProperties", "{")
        .send()
        .await;
    assert_eq!(status(bad), 400);
    let bad = post("q/messages").header("BrokerProperties", r#"{"TimeToLive":"x"}"#);
    assert_eq!(status(bad.send().await), 400);
    assert_eq!(status(post("q/messages/head?timeout=x").send().await), 400);
    assert_eq!(status(post("q").send().await), 405);
    let large = post("q/messages").body("x".repeat(100_001)).send().await;
    assert_eq!(status(large), 413);
    let lock = "q/messages/1/not-a-token";
    assert_eq!(
        status(broker.request(Method::DELETE, lock).send().await),
        400
    );
    let gone = "nobody/messages/1/00000000-0000-0000-0000-000000000000";
    assert_eq!(
        status(broker.request(Method::DELETE, gone).send().await),
        410
    );
}

#[tokio::test]
async fn a_lock_is_found_by_id_or_number_and_by_no_other() {
    let broker = broker().await;
    broker.send("x").await;
    let got = broker.head(Method::POST, "q1").await;
    let known = properties(&got);
    let (id, token) = (known["MessageId"].as_str().unwrap(), &known["LockToken"]);
    let token = token.as_str().unwrap();
    let at = |named: &str, token: &str| format!("q1/messages/{named}/{token}");
    let status = async |method: Method, path: String| {
        broker
            .request(method, &path)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    // > 404 when it plainly belongs to another message
    assert_eq!(status(Method::POST, at("foreign", token)).await, 404);
    assert_eq!(status(Method::DELETE, at("2", token)).await, 404);
    let unknown = "00000000-0000-0000-0000-000000000001";
    assert_eq!(status(Method::DELETE, at(id, unknown)).await, 404);
    assert_eq!(status(Method::DELETE, at(id, "no-token")).await, 400);
    assert_eq!(status(Method::POST, at(id, token)).await, 200);
    assert_eq!(status(Method::POST, at("1", token)).await, 200);
    assert_eq!(status(Method::DELETE, at("1", token)).await, 200);
    assert_eq!(status(Method::DELETE, at("1", token)).await, 404);
}

// > 50 locked before the first delete
#[tokio::test]
async fn fifty_are_locked_before_the_first_is_deleted() {
    let broker = broker().await;
    for _ in 0..50 {
        broker.send("x").await;
    }
    let mut locks = Vec::new();
    for _ in 0..50 {
        let got = broker.head(Method::POST, "q1").await;
        locks.push(got.headers()["location"].to_str().unwrap().to_owned());
    }
    assert_eq!(broker.head(Method::POST, "q1").await.status(), 204);
    for lock in locks {
        assert_eq!(
            broker.client.delete(&lock).send().await.unwrap().status(),
            200
        );
    }
}

#[tokio::test]
async fn a_lock_runs_out_and_the_message_is_put_aside_in_the_end() {
    let broker = broker().await;
    broker.send("x").await;
    for count in 1..=10 {
        let path = "q1/messages/head?timeout=30";
        let got = broker.request(Method::POST, path).send().await.unwrap();
        assert_eq!(properties(&got)["DeliveryCount"], count);
        let lock = got.headers()["location"].to_str().unwrap().to_owned();
        broker.clock.advance(std::time::Duration::from_secs(61));
        let late = broker.client.delete(&lock).send().await.unwrap();
        assert_eq!(late.status(), 404, "the lock has run out");
    }
    let path = "q1/$deadletterqueue/messages/head?timeout=30";
    let aside = broker.request(Method::POST, path).send().await.unwrap();
    assert_eq!(
        aside.headers()["deadletterreason"],
        "\"MaxDeliveryCountExceeded\""
    );
    assert_eq!(properties(&aside)["DeadLetterSource"], "Q1");
    assert_eq!(aside.text().await.unwrap(), "x");
}
