//! What is said of a message, there and back: properties, headers, types, spelling.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;

use super::house::{Broker, broker, properties};

/// Send bytes to the REST port and read the answer to its end.
fn raw(broker: &Broker, request: &str) -> String {
    let mut stream = TcpStream::connect(broker.listening.http).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn names_keep_their_spelling_and_values_their_type() {
    let broker = broker().await;
    let sent = raw(
        &broker,
        "POST /q/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\
         Content-Type: application/json; charset=\"utf-8\"\r\nMittNavn: \"bl\u{e5}b\u{e6}r\"\r\n\
         X-Tall: 12345\r\nX-Sant: true\r\nx-bart: ord\r\n\
         X-Dato: \"Sun, 06 Nov 1994 08:49:37 GMT\"\r\nX-Desimal: 1.5\r\n\
         Connection: close\r\n\r\n{}",
    );
    assert!(sent.starts_with("HTTP/1.1 201"), "{sent}");
    assert!(sent.contains("content-type: application/json; charset=\"utf-8\""));
    let got = broker.head(Method::POST, "q").await;
    let spelled = |name: &str| got.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        spelled("content-type"),
        "application/json; charset=\"utf-8\""
    );
    assert_eq!(spelled("mittnavn"), "\"bl\\u00e5b\\u00e6r\"");
    assert_eq!(spelled("x-tall"), "12345");
    assert_eq!(spelled("x-sant"), "true");
    assert_eq!(spelled("x-bart"), "\"ord\"");
    assert_eq!(spelled("x-dato"), "\"Sun, 06 Nov 1994 08:49:37 GMT\"");
    assert_eq!(spelled("x-desimal"), "1.5");
    // How a name was spelled is seen over AMQP, where case counts.
    let mut client = super::client::Client::new(broker.listening.amqp).await;
    let message = broker.request(Method::PUT, "").build().unwrap();
    drop(message);
    let lock = got.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(broker.client.put(&lock).send().await.unwrap().status(), 200);
    let link = client.receiver("q").await.unwrap();
    let delivery = client.take(link, 1).await;
    let property = |name| super::client::property(&delivery, name);
    assert_eq!(property("MittNavn"), Some("blåbær".into()));
    assert_eq!(property("mittnavn"), None);
    assert_eq!(property("X-Tall"), Some(amqp::Value::Long(12345)));
    let date = amqp::Value::Timestamp(784_111_777_000);
    assert_eq!(property("X-Dato"), Some(date));
    assert_eq!(property("Host"), None);
}

#[tokio::test]
async fn broker_properties_come_back() {
    let broker = broker().await;
    let told = r#"{"MessageId":"m/1 ø","CorrelationId":"c","Label":"L","To":"t","ReplyTo":"r",
        "SessionId":"s","ReplyToSessionId":"rs","PartitionKey":"s","TimeToLive":60,"Ukjent":1}"#;
    let told = told.replace('\n', " ");
    let request = broker.request(Method::POST, "q/messages");
    let sent = request
        .header("BrokerProperties", told)
        .body("x")
        .send()
        .await;
    assert_eq!(sent.unwrap().status(), 201);
    let got = broker.head(Method::POST, "q").await;
    let known = properties(&got);
    for (name, value) in [
        ("MessageId", "m/1 ø"),
        ("CorrelationId", "c"),
        ("Label", "L"),
        ("To", "t"),
        ("ReplyTo", "r"),
        ("SessionId", "s"),
        ("ReplyToSessionId", "rs"),
        ("PartitionKey", "s"),
        ("State", "Active"),
        ("EnqueuedTimeUtc", "Tue, 24 Nov 2026 12:00:00 GMT"),
        ("LockedUntilUtc", "Tue, 24 Nov 2026 12:01:00 GMT"),
    ] {
        assert_eq!(known[name], value, "{name}");
    }
    assert_eq!(known["TimeToLive"], 60.0);
    assert_eq!(known["SequenceNumber"], 1);
    assert_eq!(known["DeliveryCount"], 1);
    assert!(known.get("Ukjent").is_none());
    // Whatever the id is, the address of the lock can be used as it is.
    let lock = got.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(
        broker.client.delete(&lock).send().await.unwrap().status(),
        200
    );
}

#[tokio::test]
async fn a_batch_is_all_or_nothing() {
    let broker = broker().await;
    let kind = "application/vnd.microsoft.servicebus.json";
    let post = async |batch: &str| {
        let request = broker.request(Method::POST, "q/messages");
        let request = request.header("Content-Type", kind).header("X-Ikke", "1");
        request
            .body(batch.to_owned())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    for wrong in [
        r#"[{"Body":"a"},{"Body":7}]"#,
        r#"[{"Body":"a"},{"BrokerProperties":{}}]"#,
        r#"[{"Body":"a"},{"Body":"b","BrokerProperties":{"TimeToLive":"x"}}]"#,
        r#"{"Body":"a"}"#,
        "[",
        r#"[{"Body":"a"},{"Body":"=","IsBodyBase64Encoded":true}]"#,
    ] {
        assert_eq!(post(wrong).await, 400, "{wrong}");
    }
    let large = format!(r#"[{{"Body":"a"}},{{"Body":"{}"}}]"#, "x".repeat(100_001));
    assert_eq!(post(&large).await, 413);
    assert_eq!(broker.head(Method::POST, "q").await.status(), 204);
    let good = r#"[{"Body":"a","BrokerProperties":{"Label":"L"},
        "UserProperties":{"Farge":"blå","Tall":7}},
        {"Body":"aGVp","IsBodyBase64Encoded":true}]"#;
    assert_eq!(post(good).await, 201);
    let first = broker.head(Method::DELETE, "q").await;
    assert_eq!(properties(&first)["Label"], "L");
    assert_eq!(first.headers()["farge"], "\"bl\\u00e5\"");
    assert_eq!(first.headers()["tall"], "7");
    // > custom headers do not apply to the messages of a batch
    assert!(!first.headers().contains_key("x-ikke"));
    let second = broker.head(Method::DELETE, "q").await;
    assert_eq!(second.text().await.unwrap(), "hei");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_come_in_any_way_that_http_has() {
    let broker = broker().await;
    let chunked = "POST /q/messages HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n3\r\nhei\r\n5\r\n igjen\r\n0\r\n\r\n";
    // One byte too many in the second chunk: no message.
    assert!(raw(&broker, chunked).starts_with("HTTP/1.1 400"));
    let chunked = chunked.replace("5\r\n", "6\r\n");
    assert!(raw(&broker, &chunked).starts_with("HTTP/1.1 201"));
    let expects = "POST /q/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\
         Expect: 100-continue\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(broker.listening.http).unwrap();
    stream.write_all(expects.as_bytes()).unwrap();
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"to").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let empty = "POST /q/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n";
    assert!(raw(&broker, empty).starts_with("HTTP/1.1 201"));
    for body in ["hei igjen", "to", ""] {
        let got = broker.head(Method::DELETE, "q").await;
        assert_eq!(got.status(), 200);
        assert_eq!(got.text().await.unwrap(), body);
    }
}

#[tokio::test]
async fn a_scheduled_message_waits_and_an_old_one_goes() {
    let broker = broker().await;
    let send = async |told: &str| {
        let request = broker.request(Method::POST, "q/messages");
        let request = request.header("BrokerProperties", told).body("x");
        request.send().await.unwrap().status().as_u16()
    };
    let later = r#"{"ScheduledEnqueueTimeUtc":"Tue, 24 Nov 2026 12:00:30 GMT"}"#;
    assert_eq!(send(later).await, 201);
    assert_eq!(send(r#"{"TimeToLiveTimeSpan":"0.00:00:20"}"#).await, 201);
    broker.clock.advance(std::time::Duration::from_secs(25));
    assert_eq!(broker.head(Method::POST, "q").await.status(), 204);
    let path = "q/$DeadLetterQueue/messages/head?timeout=60";
    let over = broker.request(Method::POST, path).send().await.unwrap();
    assert_eq!(over.status(), 201);
    assert_eq!(
        over.headers()["deadletterreason"],
        "\"TTLExpiredException\""
    );
    assert_eq!(properties(&over)["DeadLetterSource"], "q");
    broker.clock.advance(std::time::Duration::from_secs(10));
    let come = broker.request(Method::POST, "q/messages/head?timeout=60");
    let come = come.send().await.unwrap();
    assert_eq!(come.status(), 201);
    assert_eq!(
        properties(&come)["SequenceNumber"],
        3,
        "numbered when it came"
    );
    let at = &properties(&come)["ScheduledEnqueueTimeUtc"];
    assert_eq!(*at, "Tue, 24 Nov 2026 12:00:30 GMT");
}
