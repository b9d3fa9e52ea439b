//! Peers that are small, slow, silent or broken: none of them harms another.

use std::time::Duration;

use amqp::sasl::Login;
use amqp::{Attach, Outcome, Role, Terminus, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Client, body, open, plain, with};
use super::house::{Broker, broker};

async fn small(broker: &Broker, frame_bytes_max: u32, idle: Option<u32>) -> Client {
    let stream = TcpStream::connect(broker.listening.amqp).await.unwrap();
    let open = open(frame_bytes_max, idle);
    Client::over(stream, open, Login::Anonymous).await.unwrap()
}

// > Peers may be small: max-frame-size 512 is legal
#[tokio::test]
async fn everything_fits_into_frames_of_512_bytes() {
    let broker = broker().await;
    let mut client = small(&broker, 512, None).await;
    let name = "n".repeat(150);
    let (from, to) = (Terminus::new("x".repeat(200)), Terminus::new("q"));
    let to = client
        .attach(Attach::new(name, Role::Sender, from, to))
        .await
        .unwrap();
    let large: Vec<u8> = (0..90_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert_eq!(client.send(to, &plain(&large)).await, Outcome::Accepted);
    let from = client.receiver("q").await.unwrap();
    assert_eq!(body(&client.take(from, 1).await), large);
    let peek = [
        ("from-sequence-number", Value::Long(1)),
        ("message-count", Value::Int(1)),
    ];
    let (status, seen) = client.manage("q", "peek-message", &peek).await;
    assert_eq!(status, 200);
    let [seen] = seen.field("messages").unwrap().items().unwrap() else {
        panic!("one message")
    };
    assert!(
        matches!(seen.field("message"), Some(Value::Binary(m)) if m.len() > 90_000)
    );
}

// > a fixed 20 s timer loses a proton client with a 4 s heartbeat
#[tokio::test]
async fn a_silent_client_hears_from_us_in_time() {
    let broker = broker().await;
    let mut stream = TcpStream::connect(broker.listening.amqp).await.unwrap();
    let mut connection = amqp::Connection::client(
        amqp::Settings::new(open(65_536, Some(400))),
        Login::Anonymous,
    );
    let mut beats = 0;
    while beats < 5 {
        let output = std::mem::take(connection.output());
        stream.write_all(&output).await.unwrap();
        let mut bytes = [0; 4096];
        let patience = Duration::from_millis(400);
        let read = tokio::time::timeout(patience, stream.read(&mut bytes)).await;
        let count = read.expect("the broker was silent for too long").unwrap();
        beats += usize::from(bytes[..count] == [0, 0, 0, 8, 2, 0, 0, 0]);
        connection.input().extend_from_slice(&bytes[..count]);
        while connection.next().unwrap().is_some() {}
    }
}

#[tokio::test]
async fn broken_frames_end_their_connection_and_no_other() {
    let broker = broker().await;
    let mut good = Client::new(broker.listening.amqp).await;
    let to = good.sender("q").await.unwrap();
    for broken in [
        // A frame that says it is larger than any, one that is too small, one that
        // begins nowhere, an unknown performative, a link in no session, garbage.
        &b"\x7f\xff\xff\xff\x02\0\0\0"[..],
        b"\0\0\0\x04\x02\0\0\0",
        b"\0\0\0\x10\xff\0\0\0\0\0\0\0\0\0\0\0",
        b"\0\0\0\x0c\x02\0\0\0\0\x53\x77\x45",
        b"\0\0\0\x0c\x02\0\0\x07\0\x53\x12\x45",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ] {
        let mut client = Client::new(broker.listening.amqp).await;
        client.raw(broken).await;
        // It ends, with a close that says why, and takes nothing along.
        let said = client.rest().await;
        assert!(said.windows(3).any(|w| w == b"\0\x53\x18"), "{broken:?}");
        assert_eq!(good.send(to, &plain(b"x")).await, Outcome::Accepted);
    }
}

#[tokio::test]
async fn many_links_and_sessions_are_served() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let mut links = Vec::new();
    // > Go opens one session per link
    for number in 0..100 {
        client.session = client.begin().await;
        for link in 0..10 {
            let queue = format!("q{}", (number * 10 + link) % 50);
            links.push((client.session, client.sender(&queue).await.unwrap()));
        }
    }
    for (session, link) in links {
        client.session = session;
        assert_eq!(client.send(link, &plain(b"x")).await, Outcome::Accepted);
    }
    let from = client.receiver("q7").await.unwrap();
    assert_eq!(client.drain(from, 100).await.len(), 20);
}

#[tokio::test]
async fn one_who_does_not_read_is_not_read_from() {
    let broker = broker().await;
    let mut slow = Client::new(broker.listening.amqp).await;
    let to = slow.sender("q").await.unwrap();
    let large = with(&vec![7; 50_000], |p| p.message_id = Some("m".into()));
    for _ in 0..200 {
        slow.send(to, &large).await;
    }
    let from = slow.receiver("q").await.unwrap();
    slow.connection.grant(from, 200, false);
    slow.flush().await;
    // It takes none of the ten megabytes; meanwhile others are served.
    let mut other = Client::new(broker.listening.amqp).await;
    let there = other.sender("q2").await.unwrap();
    for _ in 0..50 {
        assert_eq!(other.send(there, &plain(b"x")).await, Outcome::Accepted);
    }
    // And in the end all of it comes.
    for _ in 0..200 {
        assert_eq!(body(&slow.next(from).await).len(), 50_000);
    }
}

#[tokio::test]
async fn a_disposition_of_two_billion_deliveries_is_one_of_those_there_are() {
    let broker = broker().await;
    let mut client = Client::new(broker.listening.amqp).await;
    let to = client.sender("q").await.unwrap();
    for number in 0..10 {
        client.send(to, &plain(&[number])).await;
    }
    let from = client.receiver("q").await.unwrap();
    client.connection.grant(from, 10, false);
    for _ in 0..10 {
        client.next(from).await;
    }
    // 0 to 2³¹−1, accepted, to be confirmed.
    let all = b"\0\0\0\x1a\x02\0\0\0\0\x53\x15\xc0\x0d\x05\x41\x43\x70\x7f\xff\xff\xff\
        \x42\0\x53\x24\x45";
    client.raw(all).await;
    for number in 0..10 {
        assert_eq!(client.settled(number).await, Outcome::Accepted);
        if number < 9 {
            break; // They come in one.
        }
    }
    assert!(client.drain(from, 10).await.is_empty());
}
