//! Messages of many megabytes: written down as they come, read as they go.

use amqp::message::{self, BATCH_FORMAT};
use amqp::{Delivery, Event, Outcome, Outgoing, Tag, condition};
use reqwest::Method;

use super::client::{Client, body, open, plain, with};
use super::house::{self, Broker};

const MEGABYTE: usize = 1024 * 1024;

async fn roomy() -> Broker {
    house::with(|settings| {
        settings.message_bytes_max = 20 * MEGABYTE;
        settings.segment_bytes = 4 * MEGABYTE as u64;
    })
    .await
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 253).to_le_bytes()[0]).collect()
}

#[tokio::test]
async fn they_go_there_and_back_over_amqp() {
    let broker = roomy().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let from = client.receiver("q").await.unwrap();
    for length in [MEGABYTE - 10, MEGABYTE, MEGABYTE + 1, 9 * MEGABYTE + 7] {
        let body = bytes(length);
        let sent = with(&body, |p| p.message_id = Some("m".into()));
        assert_eq!(client.send(to, &sent).await, Outcome::Accepted, "{length}");
        let got = client.take(from, 1).await;
        let payload = got.payload.clone().unwrap();
        let message = amqp::Message::read(&payload).unwrap();
        assert_eq!(message.bare.len(), sent.len());
        assert!(message.bare == sent, "{length} bytes are not what was sent");
        assert_eq!(
            client.settle(got.id, Outcome::Accepted).await,
            Outcome::Accepted
        );
    }
}

#[tokio::test]
async fn the_order_of_a_sender_is_kept() {
    let broker = roomy().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let large = bytes(3 * MEGABYTE);
    let mut numbers = Vec::new();
    for round in 0..3_u8 {
        numbers.push(client.post(to, &plain(&[round, 0]), 0));
        numbers.push(client.post(to, &plain(&large), 0));
        numbers.push(client.post(to, &plain(&[round, 1]), 0));
    }
    for number in numbers {
        assert_eq!(client.outcome(number).await, Outcome::Accepted);
    }
    let from = client.receiver("q").await.unwrap();
    let all = client.drain(from, 20).await;
    let heads: Vec<Vec<u8>> = all.iter().map(|d| body(d)[..2].to_vec()).collect();
    let large = large[..2].to_vec();
    let expected: Vec<Vec<u8>> = (0..3)
        .flat_map(|round| [vec![round, 0], large.clone(), vec![round, 1]])
        .collect();
    assert_eq!(heads, expected);
}

#[tokio::test]
async fn they_go_between_rest_and_amqp() {
    let broker = roomy().await;
    let large = bytes(5 * MEGABYTE);
    let post = broker
        .request(Method::POST, "q/messages")
        .header("X-Navn", "\"blå\"");
    let sent = post.body(large.clone()).send().await.unwrap();
    assert_eq!(sent.status(), 201);
    let mut client = Client::new(broker.listening.amqp).await;
    let from = client.receiver("q").await.unwrap();
    let got = client.take(from, 1).await;
    assert!(body(&got) == large);
    let name = super::client::property(&got, "x-navn");
    assert!(name.is_some() || super::client::property(&got, "X-Navn").is_some());
    // Put aside, with the reason among its properties, and read over REST.
    client.settle(got.id, Outcome::Rejected(None)).await;
    let aside = broker.head(Method::POST, "q/$DeadLetterQueue").await;
    assert_eq!(aside.status(), 201);
    assert_eq!(aside.headers()["content-length"], large.len().to_string());
    let lock = aside.headers()["location"].to_str().unwrap().to_owned();
    assert!(aside.bytes().await.unwrap() == large);
    assert_eq!(
        broker.client.delete(&lock).send().await.unwrap().status(),
        200
    );
    // Several sections come as one body.
    let mut parts = Vec::new();
    large
        .chunks(MEGABYTE)
        .for_each(|part| message::data(&mut parts, part));
    let to = client.sender("q").await.unwrap();
    assert_eq!(client.send(to, &parts).await, Outcome::Accepted);
    let got = broker.head(Method::DELETE, "q").await;
    assert!(got.bytes().await.unwrap() == large);
    // Chunked, so that nobody knows before how long it is.
    let stream = futures_util::stream::iter(
        large
            .chunks(99_999)
            .map(|part| Ok::<_, std::io::Error>(part.to_vec()))
            .collect::<Vec<_>>(),
    );
    let post = broker.request(Method::POST, "q/messages");
    let sent = post
        .body(reqwest::Body::wrap_stream(stream))
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), 201);
    assert!(body(&client.take(from, 1).await) == large);
}

#[tokio::test]
async fn too_large_is_refused_however_it_comes() {
    let broker = roomy().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let large = plain(&bytes(20 * MEGABYTE));
    let Outcome::Rejected(Some(why)) = client.send(to, &large).await else {
        panic!("it was taken")
    };
    assert_eq!(why.name, condition::MESSAGE_SIZE);
    let mut batch = Vec::new();
    for _ in 0..3 {
        message::data(&mut batch, &plain(&bytes(3 * MEGABYTE)));
    }
    let number = client.post(to, &batch, BATCH_FORMAT);
    assert_eq!(client.outcome(number).await, Outcome::Accepted);
    let post = broker.request(Method::POST, "q/messages");
    let sent = post.body(bytes(20 * MEGABYTE + 1)).send().await.unwrap();
    assert_eq!(sent.status(), 413);
    let from = client.receiver("q").await.unwrap();
    assert_eq!(client.drain(from, 9).await.len(), 3);
}

#[tokio::test]
async fn one_that_is_taken_back_or_cut_off_is_none() {
    let broker = roomy().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    let large = plain(&bytes(4 * MEGABYTE));
    let part = Outgoing {
        tag: Tag::from(1),
        key: 1,
        settled: false,
        format: 0,
        head: &large[..3 * MEGABYTE],
        body: &[],
        more: true,
    };
    client.connection.send(to, &part).unwrap();
    client.connection.abort(to);
    client.flush().await;
    assert_eq!(client.send(to, &plain(b"next")).await, Outcome::Accepted);
    client.connection.send(to, &part).unwrap();
    client.flush().await;
    drop(client);
    let mut client = Client::new(broker.listening.amqp).await;
    let from = client.receiver("q").await.unwrap();
    let all: Vec<Vec<u8>> = client.drain(from, 9).await.iter().map(body).collect();
    assert_eq!(all, [b"next"]);
}

#[tokio::test]
async fn a_small_window_and_another_link_are_no_trouble() {
    let broker = roomy().await;
    let stream = tokio::net::TcpStream::connect(broker.listening.amqp)
        .await
        .unwrap();
    let login = amqp::sasl::Login::Anonymous;
    let mut client = Client::over(stream, open(2000, None), login).await.unwrap();
    let to = client.sender("q1").await.unwrap();
    let large = bytes(3 * MEGABYTE);
    assert_eq!(client.send(to, &plain(&large)).await, Outcome::Accepted);
    let other = client.sender("q2").await.unwrap();
    let from = client.receiver("q1").await.unwrap();
    let there = client.receiver("q2").await.unwrap();
    client.connection.grant(from, 1, false);
    client.connection.grant(there, 5, false);
    for number in 0..5 {
        client.send(other, &plain(&[number])).await;
    }
    let (mut small, mut got): (Vec<Vec<u8>>, Option<Delivery>) = (Vec::new(), None);
    while small.len() < 5 || got.is_none() {
        let any = |e: &Event| matches!(e, Event::Delivery(..));
        let Event::Delivery(link, delivery) = client.until(any).await.unwrap() else {
            unreachable!()
        };
        match link == from {
            true => got = Some(delivery),
            false => small.push(body(&delivery)),
        }
    }
    assert!(body(&got.unwrap()) == large);
}
