//! Clients that leave: while they wait, and at the moment of delivery.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;

use super::house::{broker, properties};

const POLL: &[u8] =
    b"POST /q/messages/head?timeout=60 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_while_waiting_takes_and_counts_nothing() {
    let broker = broker().await;
    for _ in 0..20 {
        let mut stream = TcpStream::connect(broker.listening.http).unwrap();
        stream.write_all(POLL).unwrap();
    }
    let sent = broker.request(Method::POST, "q/messages").body("x").send();
    assert_eq!(sent.await.unwrap().status(), 201);
    // Whether the broker has noticed yet or not: what went to one who has left comes
    // back, uncounted.
    let path = "q/messages/head?timeout=30";
    let got = broker.request(Method::POST, path).send().await.unwrap();
    assert_eq!(got.status(), 201);
    assert_eq!(properties(&got)["DeliveryCount"], 1);
}

/// A client that hangs up in the middle of an answer that is too large to have left.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_arrive_gives_its_message_back() {
    let broker = super::house::with(|settings| {
        settings.message_bytes_max = 40 * 1024 * 1024;
        settings.segment_bytes = 64 * 1024 * 1024;
    })
    .await;
    let large = vec![b'x'; 30 * 1024 * 1024];
    let sent = broker
        .request(Method::POST, "q/messages")
        .body(large)
        .send();
    assert_eq!(sent.await.unwrap().status(), 201);
    for _ in 0..3 {
        let mut stream = TcpStream::connect(broker.listening.http).unwrap();
        stream.write_all(POLL).unwrap();
        let mut some = [0; 1000];
        stream.read_exact(&mut some).unwrap();
        assert!(some.starts_with(b"HTTP/1.1 201"));
        drop(stream);
        let path = "q/messages/head?timeout=30";
        let got = broker.request(Method::POST, path).send().await.unwrap();
        assert_eq!(got.status(), 201, "it came back before its lock ran out");
        assert_eq!(properties(&got)["DeliveryCount"], 1);
        let lock = got.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(got.bytes().await.unwrap().len(), 30 * 1024 * 1024);
        // Given back, uncounted would be better, but REST has only this.
        assert_eq!(
            broker.client.post(&lock).send().await.unwrap().status(),
            200
        );
        let taken = broker.client.delete(&lock).send().await.unwrap();
        assert_eq!(taken.status(), 200);
        let again = vec![b'x'; 30 * 1024 * 1024];
        let sent = broker
            .request(Method::POST, "q/messages")
            .body(again)
            .send();
        assert_eq!(sent.await.unwrap().status(), 201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_together_share_nothing() {
    let broker = broker().await;
    let poll = || {
        let request = broker.request(Method::DELETE, "q/messages/head?timeout=30");
        async { request.send().await.unwrap().text().await.unwrap() }
    };
    let polls = futures_util::future::join_all((0..50).map(|_| poll()));
    let sends = async {
        for number in 0..50 {
            let request = broker.request(Method::POST, "q/messages");
            let sent = request.body(number.to_string()).send().await.unwrap();
            assert_eq!(sent.status(), 201);
        }
    };
    let (mut got, ()) = tokio::join!(polls, sends);
    got.sort_by_key(|text| text.parse::<u32>().unwrap());
    let all: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(got, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_serves_many_requests() {
    let broker = broker().await;
    let mut stream = TcpStream::connect(broker.listening.http).unwrap();
    let mut answer = Vec::new();
    for _ in 0..100 {
        let request =
            b"POST /q/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
        stream.write_all(request).unwrap();
        answer.clear();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        assert!(answer.starts_with(b"HTTP/1.1 201"));
    }
}
