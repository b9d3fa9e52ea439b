//! Azure's limits and habits, where they are imposed: each with the words that its clients
//! know (servicebus §1.1, §2.1, §2.7, §4).

use std::time::Duration;

use amqp::sasl::Login;
use amqp::{Condition, Connection, Event, Outcome, Settings, condition};
use broker::queue::Pattern;
use broker::{Azure, Declared, Properties, Tier};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Client, open, plain, with};
use super::house::{self, Broker};

const KILOBYTE: usize = 1024;
const MEGABYTE: usize = 1024 * KILOBYTE;

async fn azure(azure: Azure) -> Broker {
    house::with(|settings| {
        settings.message_bytes_max = 100 * MEGABYTE;
        settings.segment_bytes = 16 << 20;
        settings.azure = Some(azure);
        settings.first_use.names = vec![Pattern::from("q*".to_owned())];
        let large: Properties =
            serde_json::from_str("{\"MaxMessageSizeInKilobytes\": 102400}").unwrap();
        settings.queues = vec![Declared {
            name: "large".parse().unwrap(),
            properties: large,
            policies: Vec::new(),
        }];
    })
    .await
}

/// A client whose broker looks at the time every 10 ms.
async fn quick(broker: &Broker) -> Client {
    let stream = TcpStream::connect(broker.listening.amqp).await.unwrap();
    let open = open(65_536, Some(40));
    Client::over(stream, open, Login::Anonymous).await.unwrap()
}

fn refusal(outcome: &Outcome) -> &Condition {
    match outcome {
        Outcome::Rejected(Some(error)) => error,
        other => panic!("{other:?}"),
    }
}

async fn post(broker: &Broker, queue: &str, bytes: usize) -> (u16, String) {
    let request = broker.request(Method::POST, &format!("{queue}/messages"));
    let answer = request.body(vec![b'x'; bytes]).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn standard_takes_256_kilobytes() {
    let broker = azure(Azure::new(Tier::Standard)).await;
    let mut client = Client::new(broker.listening.amqp).await;
    for queue in ["q", "large"] {
        let link = client.sender(queue).await.unwrap();
        let sent = client.send(link, &plain(&vec![0; 255 * KILOBYTE])).await;
        assert_eq!(sent, Outcome::Accepted);
        let sent = client.send(link, &plain(&vec![0; 256 * KILOBYTE])).await;
        assert_eq!(refusal(&sent).name, condition::MESSAGE_SIZE);
        assert_eq!(post(&broker, queue, 255 * KILOBYTE).await.0, 201);
        // The whole message counts, properties included.
        assert_eq!(post(&broker, queue, 256 * KILOBYTE).await.0, 413);
    }
}

#[tokio::test]
async fn premium_takes_a_megabyte_and_by_amqp_what_a_queue_says() {
    let broker = azure(Azure::new(Tier::Premium)).await;
    let mut client = Client::new(broker.listening.amqp).await;
    let usual = client.sender("q").await.unwrap();
    let large = client.sender("large").await.unwrap();
    let message = plain(&vec![0; 3 * MEGABYTE]);
    let sent = client.send(usual, &message).await;
    assert_eq!(refusal(&sent).name, condition::MESSAGE_SIZE);
    assert_eq!(client.send(large, &message).await, Outcome::Accepted);
    for queue in ["q", "large"] {
        assert_eq!(post(&broker, queue, MEGABYTE - KILOBYTE).await.0, 201);
        assert_eq!(post(&broker, queue, MEGABYTE + 1).await.0, 413);
    }
}

#[tokio::test]
async fn ids_and_properties_have_limits() {
    let broker = azure(Azure::new(Tier::Standard)).await;
    let mut client = Client::new(broker.listening.amqp).await;
    let link = client.sender("q").await.unwrap();
    let named = |length| {
        with(b"x", |p| {
            p.message_id = Some("i".repeat(length).as_str().into());
        })
    };
    assert_eq!(client.send(link, &named(128)).await, Outcome::Accepted);
    let sent = client.send(link, &named(129)).await;
    assert_eq!(refusal(&sent).name, condition::ARGUMENT_ERROR);
    let labelled = |bytes| with(b"x", |p| p.subject = Some("l".repeat(bytes)));
    let sent = client.send(link, &labelled(63 * KILOBYTE)).await;
    assert_eq!(sent, Outcome::Accepted);
    let sent = client.send(link, &labelled(65 * KILOBYTE)).await;
    assert_eq!(refusal(&sent).name, condition::ARGUMENT_ERROR);
    let request = broker.request(Method::POST, "q/messages");
    let id = serde_json::json!({ "MessageId": "i".repeat(129) });
    let request = request.header("BrokerProperties", id.to_string());
    assert_eq!(request.send().await.unwrap().status(), 400);
}

// > 429/503 throttled/server busy; 50002 (servicebus §1.1)
#[tokio::test]
async fn whoever_asks_too_often_is_told_to_wait() {
    let broker = azure(Azure {
        operations_per_second: Some(3),
        ..Azure::new(Tier::Standard)
    })
    .await;
    let mut client = Client::new(broker.listening.amqp).await;
    let link = client.sender("q").await.unwrap();
    let message = plain(b"x");
    for _ in 0..2 {
        assert_eq!(client.send(link, &message).await, Outcome::Accepted);
    }
    let sent = client.send(link, &message).await;
    let error = refusal(&sent);
    assert_eq!(error.name, condition::SERVER_BUSY);
    assert!(error.description.as_ref().unwrap().contains("50002"));
    let (status, words) = post(&broker, "q", 1).await;
    assert!(status == 503 && words.contains("50002"), "{status} {words}");
    assert_eq!(broker.head(Method::POST, "q").await.status(), 503);
    let refused = client.sender("q").await.unwrap_err();
    assert_eq!(refused.name, condition::SERVER_BUSY);
    broker.clock.advance(Duration::from_secs(1));
    assert_eq!(client.send(link, &message).await, Outcome::Accepted);
    assert_eq!(post(&broker, "q", 1).await.0, 201);
    assert_eq!(broker.head(Method::POST, "q").await.status(), 201);
}

// > connection with no links for 5 min → amqp:connection:forced (servicebus §2.1)
#[tokio::test]
async fn what_is_not_used_ends() {
    let broker = azure(Azure::new(Tier::Standard)).await;
    let mut client = quick(&broker).await;
    let used = client.sender("q").await.unwrap();
    let idle = client.receiver("q").await.unwrap();
    broker.clock.advance(Duration::from_mins(9));
    assert_eq!(client.send(used, &plain(b"x")).await, Outcome::Accepted);
    broker.clock.advance(Duration::from_mins(1));
    for (link, waits) in [(idle, 0), (used, 9)] {
        broker.clock.advance(Duration::from_mins(waits));
        let why = client.detached(link).await.unwrap();
        assert_eq!(why.name, condition::DETACH_FORCED);
    }
    // One that takes another link is left alone.
    let another = client.sender("q").await.unwrap();
    client.connection.detach(another, None);
    client.events().await;
    broker.clock.advance(Duration::from_mins(5));
    let closed = |event: &Event| matches!(event, Event::Close(_));
    let Event::Close(Some(why)) = client.until(closed).await.unwrap() else {
        panic!("it says why");
    };
    assert_eq!(why.name, condition::CONNECTION_FORCED);
}

#[tokio::test]
async fn connections_have_a_limit() {
    let broker = azure(Azure {
        connections_max: 1,
        ..Azure::new(Tier::Standard)
    })
    .await;
    let first = Client::new(broker.listening.amqp).await;
    let why = closed(&broker).await.expect("there is no room");
    assert_eq!(why.name, condition::RESOURCE_LIMIT);
    drop(first);
    // It may still be on its way out.
    while closed(&broker).await.is_some() {}
}

/// Why the broker closes a connection; none when it takes it.
async fn closed(broker: &Broker) -> Option<Condition> {
    let mut stream = TcpStream::connect(broker.listening.amqp).await.unwrap();
    let settings = Settings::new(open(65_536, None));
    let mut client = Connection::client(settings, Login::Anonymous);
    loop {
        while let Some(event) = client.next().unwrap() {
            match event {
                Event::Open(_) => drop(client.begin()),
                Event::Begin(_) => return None,
                Event::Close(why) => return why,
                _ => {}
            }
        }
        stream.write_all(client.output()).await.unwrap();
        client.output().clear();
        stream.read_buf(client.input()).await.unwrap();
    }
}

#[tokio::test]
async fn a_link_ends_after_its_share() {
    let broker = azure(Azure {
        detach_after: Some(2),
        ..Azure::new(Tier::Standard)
    })
    .await;
    let mut client = Client::new(broker.listening.amqp).await;
    let link = client.sender("q").await.unwrap();
    for _ in 0..2 {
        client.post(link, &plain(b"x"), 0);
    }
    let why = client.detached(link).await.unwrap();
    assert_eq!(why.name, condition::DETACH_FORCED);
    let link = client.receiver("q").await.unwrap();
    client.connection.grant(link, 10, false);
    let why = client.detached(link).await.unwrap();
    assert_eq!(why.name, condition::DETACH_FORCED);
}
