//! Messages over AMQP: sent, received, settled, put off, scheduled, put aside
//! (servicebus §2.4 to §2.6).

use std::time::Duration;

use amqp::message::{self, BATCH_FORMAT, Properties};
use amqp::{Condition, Message, Outcome, Value, condition};

use super::client::{Client, body, modified, note, plain, property, with};
use super::house::{self, NOW, broker};

const DEAD: &str = "q/$DeadLetterQueue";

fn dead_letter(pairs: &[(&str, Value)]) -> Outcome {
    let pairs = pairs
        .iter()
        .map(|(k, v)| (Value::Symbol((*k).into()), v.clone()));
    let mut why = Condition::new(condition::DEAD_LETTER, "");
    why.info = Value::Map(pairs.collect());
    Outcome::rejected(why)
}

#[tokio::test]
async fn what_is_sent_comes_as_it_was_with_what_the_broker_says() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let sent = with(b"hei", |p| {
        p.message_id = Some("m1".into());
        p.subject = Some("emne".into());
        p.content_type = Some("text/plain".into());
    });
    assert_eq!(client.send(to, &sent).await, Outcome::Accepted);
    let from = client.receiver("q").await.unwrap();
    let got = client.take(from, 1).await;
    let payload = got.payload.clone().unwrap();
    let message = Message::read(&payload).unwrap();
    assert_eq!(message.bare, sent, "what the sender wrote is not touched");
    assert_eq!(message.header.delivery_count, 0);
    assert_eq!(note(&got, "x-opt-sequence-number"), Some(Value::Long(1)));
    let at = Value::Timestamp(NOW * 1000);
    assert_eq!(note(&got, "x-opt-enqueued-time"), Some(at));
    let until = Value::Timestamp((NOW + 60) * 1000);
    assert_eq!(note(&got, "x-opt-locked-until"), Some(until));
    assert_eq!(note(&got, "x-opt-message-state"), Some(Value::Int(0)));
    // > delivery-tag = 16-byte GUID
    assert_eq!(got.tag.as_slice().len(), 16);
    assert!(!got.settled);
    assert_eq!(
        client.settle(got.id, Outcome::Accepted).await,
        Outcome::Accepted
    );
    // > complete twice is an error
    let twice = client.settle(got.id, Outcome::Accepted).await;
    let Outcome::Rejected(Some(why)) = twice else {
        panic!("{twice:?}")
    };
    assert_eq!(why.name, condition::LOCK_LOST);
    assert!(client.drain(from, 5).await.is_empty());
}

#[tokio::test]
async fn a_message_without_an_id_gets_one_and_keeps_all_else() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let mut sent = with(b"x", |p| p.subject = Some("s".into()));
    sent.splice(0..0, []);
    client.send(to, &sent).await;
    client.send(to, &plain(b"y")).await;
    let from = client.receiver("q").await.unwrap();
    client.connection.grant(from, 2, false);
    for subject in [Some("s"), None] {
        let got = client.next(from).await;
        let payload = got.payload.unwrap();
        let properties = Message::read(&payload).unwrap().properties().unwrap();
        assert_eq!(properties.subject.as_deref(), subject);
        let id = properties.message_id.unwrap();
        assert_eq!(id.text().unwrap().len(), 32);
    }
}

#[tokio::test]
async fn every_kind_of_body_and_property_comes_back() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let from = client.receiver("q").await.unwrap();
    let values = [
        Value::Null,
        Value::Bool(true),
        Value::Ubyte(7),
        Value::Ushort(7),
        Value::Uint(7),
        Value::Ulong(7),
        Value::Byte(-7),
        Value::Short(-7),
        Value::Int(-70_000),
        Value::Long(-7),
        Value::Float(1.5),
        Value::Double(1.5),
        Value::Decimal128([7; 16]),
        Value::Char(0x1f600),
        Value::Timestamp(7),
        Value::Uuid([7; 16]),
        Value::Binary(vec![0, 255].into()),
        Value::String("blåbær".into()),
        Value::Symbol("symbol".into()),
    ];
    let front = || {
        let mut out = Vec::new();
        let properties = Properties {
            message_id: Some(Value::Uuid([9; 16])),
            ..Properties::default()
        };
        properties.write(&mut out);
        message::application(&mut out, |f| {
            for (number, value) in values.iter().enumerate() {
                f.string(&*format!("p{number}"));
                f.value(value);
            }
        });
        out
    };
    let mut bodies = vec![Vec::new(); 5];
    message::data(&mut bodies[0], b"");
    for part in [&b"a"[..], b"", b"bc"] {
        message::data(&mut bodies[1], part);
    }
    message::value(&mut bodies[2], &Value::List(values.to_vec()));
    message::value(&mut bodies[3], &Value::Null);
    let map = Value::Map(vec![("k".into(), Value::Array(vec![Value::Long(1)]))]);
    message::value(&mut bodies[4], &map);
    for body in &bodies {
        let sent = [front(), body.clone()].concat();
        assert_eq!(client.send(to, &sent).await, Outcome::Accepted);
        let got = client.take(from, 1).await;
        let payload = got.payload.unwrap();
        assert_eq!(Message::read(&payload).unwrap().bare, sent);
        client.settle(got.id, Outcome::Accepted).await;
    }
}

#[tokio::test]
async fn a_batch_is_kept_whole_or_not_at_all() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let batch = |messages: &[Vec<u8>]| {
        let mut out = Vec::new();
        messages
            .iter()
            .for_each(|message| message::data(&mut out, message));
        out
    };
    let good = batch(&[plain(b"a"), with(b"b", |p| p.message_id = Some("b".into()))]);
    let number = client.post(to, &good, BATCH_FORMAT);
    assert_eq!(client.outcome(number).await, Outcome::Accepted);
    let bad = batch(&[plain(b"c"), b"no message".to_vec()]);
    let number = client.post(to, &bad, BATCH_FORMAT);
    let refused = client.outcome(number).await;
    assert!(matches!(refused, Outcome::Rejected(Some(_))), "{refused:?}");
    let large = batch(&[plain(b"d"), plain(&vec![7; 99_990])]);
    let number = client.post(to, &large, BATCH_FORMAT);
    let Outcome::Rejected(Some(why)) = client.outcome(number).await else {
        panic!("it was taken")
    };
    assert_eq!(why.name, condition::MESSAGE_SIZE);
    let from = client.receiver("q").await.unwrap();
    let all = client.drain(from, 10).await;
    let all: Vec<Vec<u8>> = all.iter().map(body).collect();
    assert_eq!(all, [b"a", b"b"]);
}

#[tokio::test]
async fn too_large_is_refused_and_the_link_lives_on() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let Outcome::Rejected(Some(why)) = client.send(to, &plain(&vec![7; 100_001])).await
    else {
        panic!("it was taken")
    };
    // > rejected(amqp:link:message-size-exceeded), with all three fields
    assert_eq!(why.name, condition::MESSAGE_SIZE);
    assert!(why.description.is_some());
    assert_eq!(why.info, Value::Map(Vec::new()));
    let fits = client.send(to, &plain(&vec![7; 99_900])).await;
    assert_eq!(fits, Outcome::Accepted);
}

#[tokio::test]
async fn abandoned_comes_again_in_its_place_with_what_was_changed() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    for text in ["a", "b"] {
        client.send(to, &plain(text.as_bytes())).await;
    }
    let from = client.receiver("q").await.unwrap();
    let got = client.take(from, 1).await;
    let changes = [("farge", Value::from("blå")), ("tall", Value::Int(7))];
    let answer = client.settle(got.id, modified(false, &changes)).await;
    // > echo the same outcome type with no error
    assert!(matches!(answer, Outcome::Modified { .. }), "{answer:?}");
    let again = client.take(from, 1).await;
    assert_eq!(body(&again), b"a");
    assert_eq!(property(&again, "farge"), Some("blå".into()));
    let count = |d: &amqp::Delivery| {
        let payload = d.payload.clone().unwrap();
        Message::read(&payload).unwrap().header.delivery_count
    };
    assert_eq!(count(&again), 1);
    client
        .settle(again.id, modified(false, &[("farge", "rød".into())]))
        .await;
    let third = client.take(from, 1).await;
    assert_eq!(property(&third, "farge"), Some("rød".into()));
    assert_eq!(property(&third, "tall"), Some(Value::Int(7)));
    assert_eq!(count(&third), 2);
    // A released one does not count.
    client.settle(third.id, Outcome::Released).await;
    let fourth = client.take(from, 1).await;
    assert_eq!(count(&fourth), 2);
    assert_eq!(note(&fourth, "x-opt-sequence-number"), Some(Value::Long(1)));
}

#[tokio::test]
async fn dead_letters_say_why() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    for text in ["a", "b", "c"] {
        client.send(to, &plain(text.as_bytes())).await;
    }
    let from = client.receiver("q").await.unwrap();
    client.connection.grant(from, 3, false);
    let first = client.next(from).await;
    let why = [
        ("DeadLetterReason", Value::from("grunn")),
        ("DeadLetterErrorDescription", "forklaring".into()),
        ("egen", Value::Long(7)),
    ];
    let answer = client.settle(first.id, dead_letter(&why)).await;
    // > Echoing the client's error back makes Python raise, JS hang.
    assert_eq!(answer, Outcome::Rejected(None));
    let second = client.next(from).await;
    client.settle(second.id, dead_letter(&[])).await;
    let third = client.next(from).await;
    // > `reject` (no error) must also dead-letter
    client.settle(third.id, Outcome::Rejected(None)).await;
    let aside = client.receiver("Q/$deadletterqueue").await.unwrap();
    client.connection.grant(aside, 5, false);
    let got = client.next(aside).await;
    assert_eq!(body(&got), b"a");
    assert_eq!(property(&got, "DeadLetterReason"), Some("grunn".into()));
    let words = property(&got, "DeadLetterErrorDescription");
    assert_eq!(words, Some("forklaring".into()));
    assert_eq!(property(&got, "egen"), Some(Value::Long(7)));
    assert_eq!(note(&got, "x-opt-deadletter-source"), Some("q".into()));
    assert_eq!(body(&client.next(aside).await), b"b");
    assert_eq!(body(&client.next(aside).await), b"c");
    client.settle(got.id, Outcome::Accepted).await;
    let refused = client.sender(DEAD).await.unwrap_err();
    assert_eq!(refused.name, condition::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn after_too_many_deliveries_it_is_put_aside() {
    let broker = house::with(|settings| settings.max_delivery_count = 3).await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    client.send(to, &plain(b"gift")).await;
    let from = client.receiver("q").await.unwrap();
    for _ in 0..3 {
        let got = client.take(from, 1).await;
        client.settle(got.id, Outcome::FAILED).await;
    }
    assert!(client.drain(from, 1).await.is_empty());
    let aside = client.receiver(DEAD).await.unwrap();
    let got = client.take(aside, 1).await;
    let reason = property(&got, "DeadLetterReason");
    assert_eq!(reason, Some("MaxDeliveryCountExceeded".into()));
    let words = property(&got, "DeadLetterErrorDescription").unwrap();
    // > Message could not be consumed after N delivery attempts.
    let expected = "Message could not be consumed after 3 delivery attempts.";
    assert_eq!(words.text(), Some(expected));
}

#[tokio::test]
async fn duplicates_are_taken_and_dropped() {
    let broker = house::with(|settings| {
        let properties = r#"{"RequiresDuplicateDetection": true,
            "DuplicateDetectionHistoryTimeWindow": "PT1M"}"#;
        settings.queues = vec![broker::Declared {
            name: "once".parse().unwrap(),
            properties: serde_json::from_str(properties).unwrap(),
            policies: Vec::new(),
        }];
    })
    .await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("once").await.unwrap();
    let message = |id: &str| with(b"x", |p| p.message_id = Some(id.into()));
    for id in ["a", "a", "b"] {
        assert_eq!(client.send(to, &message(id)).await, Outcome::Accepted);
    }
    // Those that are under way together as well.
    let posts = ["c", "c", "c"].map(|id| client.post(to, &message(id), 0));
    for number in posts {
        assert_eq!(client.outcome(number).await, Outcome::Accepted);
    }
    let mut batch = Vec::new();
    for id in ["a", "d", "d"] {
        message::data(&mut batch, &message(id));
    }
    let number = client.post(to, &batch, BATCH_FORMAT);
    assert_eq!(client.outcome(number).await, Outcome::Accepted);
    let from = client.receiver("once").await.unwrap();
    let all = client.drain(from, 50).await;
    assert_eq!(all.len(), 4);
    for got in all {
        client.settle(got.id, Outcome::Accepted).await;
    }
    client.send(to, &message("a")).await;
    assert!(
        client.drain(from, 5).await.is_empty(),
        "also after it was settled"
    );
    broker.clock.advance(Duration::from_secs(61));
    client.send(to, &message("a")).await;
    assert_eq!(
        client.drain(from, 5).await.len(),
        1,
        "after the window it counts"
    );
}

#[tokio::test]
async fn a_full_or_disabled_queue_says_so() {
    let broker = house::with(|settings| {
        settings.message_bytes_max = 2 * 1024 * 1024;
        settings.segment_bytes = 8 * 1024 * 1024;
        let queue = |name: &str, properties: &str| broker::Declared {
            name: name.parse().unwrap(),
            properties: serde_json::from_str(properties).unwrap(),
            policies: Vec::new(),
        };
        settings.queues = vec![
            queue("small", r#"{"MaxSizeInMegabytes": 1}"#),
            queue("shut", r#"{"Status": "SendDisabled"}"#),
            queue("closed", r#"{"Status": "ReceiveDisabled"}"#),
        ];
    })
    .await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("small").await.unwrap();
    let half = plain(&vec![7; 600_000]);
    assert_eq!(client.send(to, &half).await, Outcome::Accepted);
    let Outcome::Rejected(Some(why)) = client.send(to, &half).await else {
        panic!("it was taken")
    };
    assert_eq!(why.name, condition::RESOURCE_LIMIT);
    let to = client.sender("shut").await.unwrap();
    let Outcome::Rejected(Some(why)) = client.send(to, &plain(b"x")).await else {
        panic!("it was taken")
    };
    assert_eq!(why.name, condition::ENTITY_DISABLED);
    let from = client.receiver("closed").await.unwrap();
    client.connection.grant(from, 1, false);
    let why = client.detached(from).await.unwrap();
    assert_eq!(why.name, condition::ENTITY_DISABLED);
}

#[tokio::test]
async fn rest_and_amqp_are_the_same_message() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let mut sent = Vec::new();
    let properties = Properties {
        message_id: Some("m".into()),
        subject: Some("emne".into()),
        content_type: Some("text/plain".into()),
        ..Properties::default()
    };
    properties.write(&mut sent);
    message::application(&mut sent, |f| {
        f.string("Farge");
        f.string("blå");
    });
    message::value(&mut sent, &"hei".into());
    client.send(to, &sent).await;
    let got = broker.head(reqwest::Method::POST, "q").await;
    assert_eq!(got.headers()["content-type"], "text/plain");
    assert_eq!(got.headers()["farge"], "\"bl\\u00e5\"");
    let known = house::properties(&got);
    assert_eq!(
        (&known["Label"], &known["MessageId"]),
        (&"emne".into(), &"m".into())
    );
    let lock = got.headers()["location"].to_str().unwrap().to_owned();
    // > an amqp-value body read over REST: string → UTF-8 bytes
    assert_eq!(got.text().await.unwrap(), "hei");
    broker.client.put(&lock).send().await.unwrap();
    let from = client.receiver("q").await.unwrap();
    let again = client.take(from, 1).await;
    let payload = again.payload.clone().unwrap();
    let message = Message::read(&payload).unwrap();
    assert_eq!(
        (message.bare, message.header.delivery_count),
        (&sent[..], 1)
    );
}
