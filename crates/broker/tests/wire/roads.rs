//! The ways in: TLS and WebSocket.

use std::sync::Arc;

use amqp::Outcome;
use amqp::sasl::Login;
use broker::Tls;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::ServerName;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::client::{Client, Stream, body, open, plain};
use super::house::{self, Broker};

struct Secure {
    broker: Broker,
    folder: TempDir,
}

/// Write a new certificate; answers who trusts it.
fn certify(folder: &std::path::Path) -> TlsConnector {
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(names).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn secure() -> (Secure, TlsConnector) {
    let folder = TempDir::new().unwrap();
    let connector = certify(folder.path());
    let local = "127.0.0.1:0".parse().unwrap();
    let broker = house::with(|settings| {
        settings.https = Some(local);
        settings.amqps = Some(local);
        settings.tls = Some(Tls {
            certificate: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
        });
    })
    .await;
    (Secure { broker, folder }, connector)
}

async fn connect(
    connector: &TlsConnector,
    address: std::net::SocketAddr,
) -> std::io::Result<impl Stream + 'static> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, stream).await
}

async fn there_and_back(stream: impl Stream + 'static) {
    let open = open(65_536, None);
    let mut client = Client::over(stream, open, Login::Anonymous).await.unwrap();
    let to = client.sender("q").await.unwrap();
    let large: Vec<u8> = (0..90_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert_eq!(client.send(to, &plain(&large)).await, Outcome::Accepted);
    let from = client.receiver("q").await.unwrap();
    let got = client.take(from, 1).await;
    assert_eq!(body(&got), large);
    assert_eq!(
        client.settle(got.id, Outcome::Accepted).await,
        Outcome::Accepted
    );
}

#[tokio::test]
async fn amqp_and_rest_go_over_tls() {
    let (house, connector) = secure().await;
    let listening = house.broker.listening;
    let stream = connect(&connector, listening.amqps.unwrap()).await.unwrap();
    there_and_back(stream).await;
    let mut stream = connect(&connector, listening.https.unwrap()).await.unwrap();
    let post =
        b"POST /q/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nhei";
    stream.write_all(post).await.unwrap();
    let head = b"POST /q/messages/head HTTP/1.1\r\nHost: localhost\r\n\
        Content-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut answer = Vec::new();
    // Whether it says goodbye in TLS's own way does not matter here.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.contains("location: https://localhost/q/messages/"),
        "{answer}"
    );
    assert!(answer.ends_with("hei"), "{answer}");
}

#[tokio::test]
async fn a_renewed_certificate_needs_no_restart() {
    let (house, before) = secure().await;
    let address = house.broker.listening.amqps.unwrap();
    let old = connect(&before, address).await.unwrap();
    let after = certify(house.folder.path());
    // However coarse the file system's clock is.
    let key = house.folder.path().join("key.pem");
    let key = std::fs::File::options().write(true).open(key).unwrap();
    let written = key.metadata().unwrap().modified().unwrap();
    key.set_modified(written + std::time::Duration::from_secs(5))
        .unwrap();
    let new = connect(&after, address).await.unwrap();
    assert!(connect(&before, address).await.is_err());
    there_and_back(new).await;
    there_and_back(old).await;
    // One that is no good is not taken: the last good one stays.
    std::fs::write(house.folder.path().join("cert.pem"), "rubbish").unwrap();
    there_and_back(connect(&after, address).await.unwrap()).await;
}

/// A WebSocket as a stream of bytes, from the client's end.
struct Socket<S> {
    stream: S,
}

impl<S: Stream> Socket<S> {
    async fn upgrade(mut stream: S, path: &str, protocol: &str) -> (String, Self) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
             Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: {protocol}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        (String::from_utf8(answer).unwrap(), Self { stream })
    }

    /// Carry bytes between here and a plain stream, each write in frames of its own.
    async fn carry(self, plain: tokio::io::DuplexStream) {
        let (mut from, mut to) = tokio::io::split(self.stream);
        let (mut read, mut write) = tokio::io::split(plain);
        let there = async {
            let mut bytes = [0; 1000];
            loop {
                let count = read.read(&mut bytes).await.unwrap();
                if count == 0 {
                    return;
                }
                let length = u16::try_from(count).unwrap().to_be_bytes();
                let mut frame = vec![0x82, 0xfe, length[0], length[1], 9, 8, 7, 6];
                let mask = [9, 8, 7, 6].into_iter().cycle();
                frame.extend(bytes[..count].iter().zip(mask).map(|(b, m)| b ^ m));
                to.write_all(&frame).await.unwrap();
            }
        };
        let back = async {
            while let Ok(first) = from.read_u8().await {
                assert_eq!(first, 0x82, "binary, whole");
                let length = match from.read_u8().await.unwrap() {
                    126 => from.read_u16().await.unwrap().into(),
                    127 => from.read_u64().await.unwrap(),
                    short => u64::from(short),
                };
                let mut bytes = vec![0; usize::try_from(length).unwrap()];
                from.read_exact(&mut bytes).await.unwrap();
                if write.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = there => {}
            () = back => {}
        }
    }
}

async fn over_websocket(stream: impl Stream + 'static, path: &str, protocol: &str) {
    let (answer, socket) = Socket::upgrade(stream, path, protocol).await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    // RFC 6455 §1.3, and the protocol that was offered.
    assert!(answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert!(answer.contains(&format!("sec-websocket-protocol: {protocol}")));
    let (ours, theirs) = tokio::io::duplex(65_536);
    tokio::join!(socket.carry(theirs), there_and_back(ours));
}

#[tokio::test]
async fn amqp_goes_over_websocket_with_and_without_tls() {
    let (house, connector) = secure().await;
    let listening = house.broker.listening;
    let plain = TcpStream::connect(listening.http).await.unwrap();
    over_websocket(plain, "/$servicebus/websocket", "AMQPWSB10").await;
    let secure = connect(&connector, listening.https.unwrap()).await.unwrap();
    over_websocket(secure, "/$servicebus/websocket/", "amqp").await;
}

#[tokio::test]
async fn what_is_no_websocket_is_told_so() {
    let broker = house::broker().await;
    let get = broker.request(reqwest::Method::GET, "$servicebus/websocket");
    let refused = get.send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("Upgrade"));
    let plain = TcpStream::connect(broker.listening.http).await.unwrap();
    let path = "/$servicebus/websocket";
    let (answer, _) = Socket::upgrade(plain, path, "mqtt").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

/// Why a broker does not start with these settings.
async fn refused(change: impl FnOnce(&mut broker::Settings)) -> String {
    let folder = TempDir::new().unwrap();
    let mut settings = house::settings(folder.path());
    change(&mut settings);
    let (ready, _) = tokio::sync::oneshot::channel();
    let (_stop, told) = tokio::sync::watch::channel(false);
    let (clock, random) = (ambient::Clock::system(), ambient::Random::system());
    let run = broker::run(settings, clock, random, ready, told).await;
    let Err(broker::Error::Settings(words)) = run else {
        panic!("{run:?}")
    };
    words
}

#[tokio::test]
async fn an_address_over_tls_wants_a_certificate() {
    let words = refused(|s| s.amqps = Some("127.0.0.1:0".parse().unwrap())).await;
    assert!(words.contains("[tls]"), "{words}");
}

#[tokio::test]
async fn sizes_that_cannot_be_are_named_with_what_can() {
    let words = refused(|s| s.message_bytes_max = 104_857_601).await;
    assert_eq!(
        words,
        "message_bytes_max = 104857601: give 1 to 104857600 bytes"
    );
    let words = refused(|s| s.segment_bytes = 1 << 32).await;
    assert!(words.starts_with("segment_bytes = 4294967296: "), "{words}");
}
