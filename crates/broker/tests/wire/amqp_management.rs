//! A queue's `$management`: locks, messages put off, scheduled and looked at
//! (servicebus §2.6).

use std::time::Duration;

use amqp::{Message, Outcome, Value, condition, message};

use super::client::{Client, body, modified, note, plain};
use super::house::{NOW, broker};

#[tokio::test]
async fn a_lost_lock_is_said_to_be_lost_on_the_link_and_by_management() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    client.send(to, &plain(b"x")).await;
    let from = client.receiver("q").await.unwrap();
    let got = client.take(from, 1).await;
    let tag: [u8; 16] = got.tag.as_slice().try_into().unwrap();
    // In maps the same token is in network order.
    let token = Value::Uuid(*uuid::Uuid::from_bytes_le(tag).as_bytes());
    let tokens = [("lock-tokens", Value::Array(vec![token]))];
    let (status, renewed) = client.manage("q", "renew-lock", &tokens).await;
    let until = Value::Array(vec![Value::Timestamp((NOW + 60) * 1000)]);
    assert_eq!((status, renewed.field("expirations")), (200, Some(&until)));
    broker.clock.advance(Duration::from_secs(61));
    let Outcome::Rejected(Some(why)) = client.settle(got.id, Outcome::Accepted).await
    else {
        panic!("it was settled")
    };
    assert_eq!(why.name, condition::LOCK_LOST);
    assert_eq!(client.manage("q", "renew-lock", &tokens).await.0, 410);
    let done = [
        tokens[0].clone(),
        ("disposition-status", "completed".into()),
    ];
    assert_eq!(client.manage("q", "update-disposition", &done).await.0, 410);
    // Another gets it, counted.
    let mut other = Client::new(broker.listening.amqp).await;
    let from = other.receiver("q").await.unwrap();
    let again = other.take(from, 1).await;
    assert_ne!(again.tag, got.tag);
    let tag: [u8; 16] = again.tag.as_slice().try_into().unwrap();
    let token = Value::Uuid(*uuid::Uuid::from_bytes_le(tag).as_bytes());
    // And the first may settle it, by its token.
    let done = [
        ("lock-tokens", Value::Array(vec![token])),
        ("disposition-status", "completed".into()),
    ];
    assert_eq!(client.manage("q", "update-disposition", &done).await.0, 200);
}

#[tokio::test]
async fn put_off_is_received_by_number() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    client.send(to, &plain(b"x")).await;
    let from = client.receiver("q").await.unwrap();
    let got = client.take(from, 1).await;
    let answer = client
        .settle(got.id, modified(true, &[("k", Value::Int(1))]))
        .await;
    assert!(matches!(answer, Outcome::Modified { .. }));
    assert!(client.drain(from, 1).await.is_empty());
    let peek = [
        ("from-sequence-number", Value::Long(1)),
        ("message-count", Value::Int(10)),
    ];
    let (status, seen) = client.manage("q", "peek-message", &peek).await;
    assert_eq!(status, 200);
    let [seen] = seen.field("messages").unwrap().items().unwrap() else {
        panic!("one message")
    };
    let Some(Value::Binary(seen)) = seen.field("message") else {
        panic!("no message")
    };
    let seen = Message::read(seen).unwrap();
    let state = seen.annotations().unwrap();
    assert_eq!(state.field("x-opt-message-state"), Some(&Value::Int(1)));
    let ask = |number| {
        [
            ("sequence-numbers", Value::Array(vec![Value::Long(number)])),
            ("receiver-settle-mode", Value::Uint(1)),
        ]
    };
    let receive = "receive-by-sequence-number";
    assert_eq!(client.manage("q", receive, &ask(2)).await.0, 404);
    let (status, got) = client.manage("q", receive, &ask(1)).await;
    assert_eq!(status, 200);
    let [got] = got.field("messages").unwrap().items().unwrap() else {
        panic!("one message")
    };
    let token = got.field("lock-token").unwrap().clone();
    // > Go reads only that: a delivery annotation
    let Some(Value::Binary(message)) = got.field("message") else {
        panic!("no message")
    };
    let Value::Uuid(id) = token else {
        panic!("no token")
    };
    assert!(message.windows(16).any(|bytes| bytes == id));
    let back = [
        ("lock-tokens", Value::Array(vec![token])),
        ("disposition-status", "abandoned".into()),
    ];
    assert_eq!(client.manage("q", "update-disposition", &back).await.0, 200);
    assert!(client.drain(from, 1).await.is_empty(), "it stays put off");
    let (_, got) = client.manage("q", receive, &ask(1)).await;
    let [got] = got.field("messages").unwrap().items().unwrap() else {
        panic!("one message")
    };
    let done = [
        (
            "lock-tokens",
            Value::List(vec![got.field("lock-token").unwrap().clone()]),
        ),
        ("disposition-status", "completed".into()),
    ];
    assert_eq!(client.manage("q", "update-disposition", &done).await.0, 200);
    assert_eq!(client.manage("q", receive, &ask(1)).await.0, 404);
}

#[tokio::test]
async fn scheduled_by_property_or_by_management_and_taken_back() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let from = client.receiver("q").await.unwrap();
    let at = |seconds: i64, text: &[u8]| {
        let mut out = Vec::new();
        message::annotations(&mut out, |f| {
            f.symbol("x-opt-scheduled-enqueue-time");
            f.value(&Value::Timestamp((NOW + seconds) * 1000));
            f.symbol("x-opt-partition-key");
            f.string("nøkkel");
        });
        out.extend(plain(text));
        out
    };
    client.send(to, &at(10, b"ten")).await;
    let one = |message: Vec<u8>| {
        Value::Map(vec![
            ("message-id".into(), "m".into()),
            ("message".into(), Value::Binary(message.into())),
        ])
    };
    let messages = Value::List(vec![one(at(20, b"twenty")), one(at(30, b"thirty"))]);
    let ask = [("messages", messages)];
    let (status, answer) = client.manage("q", "schedule-message", &ask).await;
    assert_eq!(status, 200);
    let numbers = answer.field("sequence-numbers").unwrap().clone();
    assert_eq!(numbers, Value::Array(vec![Value::Long(2), Value::Long(3)]));
    assert!(client.drain(from, 9).await.is_empty(), "not early");
    let second = [("sequence-numbers", Value::Array(vec![Value::Long(2)]))];
    let cancel = "cancel-scheduled-message";
    assert_eq!(client.manage("q", cancel, &second).await.0, 200);
    assert_eq!(client.manage("q", cancel, &second).await.0, 404);
    broker.clock.advance(Duration::from_secs(31));
    client.connection.grant(from, 9, false);
    let mut came = [client.next(from).await, client.next(from).await];
    came.sort_by_key(body);
    assert_eq!(
        came.each_ref().map(body),
        [b"ten".to_vec(), b"thirty".to_vec()]
    );
    for got in &came {
        let number = note(got, "x-opt-sequence-number").unwrap().integer();
        assert!(number > Some(3), "a new number: {number:?}");
        assert_eq!(note(got, "x-opt-partition-key"), Some("nøkkel".into()));
        let now = Value::Timestamp((NOW + 31) * 1000);
        assert_eq!(note(got, "x-opt-enqueued-time"), Some(now));
    }
}

#[tokio::test]
async fn peeking_shows_all_and_takes_nothing() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let peek = |from: i64, count: i32| {
        [
            ("from-sequence-number", Value::Long(from)),
            ("message-count", Value::Int(count)),
        ]
    };
    assert_eq!(client.manage("q", "peek-message", &peek(1, 5)).await.0, 204);
    for number in 0..10 {
        client.send(to, &plain(&[number])).await;
    }
    let from = client.receiver("q").await.unwrap();
    let held = client.take(from, 1).await;
    let numbers = |answer: &Value| -> Vec<i64> {
        let messages = answer.field("messages").unwrap().items().unwrap();
        let number = |message: &Value| {
            let Some(Value::Binary(bytes)) = message.field("message") else {
                panic!("no message")
            };
            let notes = Message::read(bytes).unwrap().annotations().unwrap();
            notes
                .field("x-opt-sequence-number")
                .unwrap()
                .integer()
                .unwrap()
        };
        messages.iter().map(number).collect()
    };
    let (_, seen) = client.manage("q", "peek-message", &peek(1, 3)).await;
    assert_eq!(numbers(&seen), [1, 2, 3], "also what is locked");
    let (_, seen) = client.manage("q", "peek-message", &peek(8, 30)).await;
    assert_eq!(numbers(&seen), [8, 9, 10]);
    client.settle(held.id, Outcome::Accepted).await;
    assert_eq!(client.drain(from, 50).await.len(), 9);
}

#[tokio::test]
async fn what_management_does_not_know_is_501_and_the_link_lives_on() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let (to, from) = client.node("q/$management").await.unwrap();
    let body = Value::Map(Vec::new());
    for (operation, status) in [
        ("com.microsoft:batch-delete-messages", 501),
        ("com.microsoft:get-session-state", 501),
        ("com.microsoft:add-rule", 501),
        ("", 501),
        ("com.microsoft:renew-lock", 400),
        ("com.microsoft:peek-message", 204),
    ] {
        let ask = [("operation", Value::from(operation))];
        let (said, _) = client.ask_on(to, from, &ask, &body).await;
        let told = said.field("statusCode").unwrap();
        assert_eq!(*told, Value::Int(status), "{operation}");
        if status == 501 {
            let condition = said.field("errorCondition").unwrap().text();
            assert_eq!(condition, Some(condition::NOT_IMPLEMENTED));
        }
    }
}
