//! Our transports to a message service under TLS, as Azure has it: HTTPS, AMQPS, and AMQP
//! in a WebSocket.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::time::Duration;

use ambient::{Clock, Random};
use broker::queue::Pattern;
use broker::{FirstUse, Policy, Right, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::sync::{oneshot, watch};
use transport::servicebus::{Amqp, Rest, Settings};
use transport::{Error, Parcel, Transport};

const WAIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the test owns the broker")]
async fn a_parcel_goes_there_and_back_under_tls() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(place("cert.pem"), cert.pem()).unwrap();
    fs::write(place("key.pem"), signing_key.serialize_pem()).unwrap();
    let any = Some("127.0.0.1:0".parse().unwrap());
    let settings = broker::Settings {
        https: any,
        amqps: any,
        tls: Some(Tls {
            certificate: place("cert.pem"),
            key: place("key.pem"),
        }),
        policies: vec![Policy {
            name: "Alle".into(),
            key: "SAS_KEY_VALUE".into(),
            secondary_key: None,
            rights: vec![Right::Manage],
        }],
        first_use: FirstUse {
            names: vec![Pattern::from("*".to_owned())],
            ..FirstUse::default()
        },
        ..broker::Settings::new(folder.path())
    };
    let (stop, stopped) = watch::channel(false);
    let (ready, listening) = oneshot::channel();
    let (clock, random) = (Clock::system(), Random::system());
    let broker =
        tokio::spawn(broker::run(settings, clock.clone(), random, ready, stopped));
    let listening = listening.await.unwrap();

    let settings = |port: u16, authorities: Option<Vec<u8>>| Settings {
        authorities,
        ..Settings::parse(&format!(
            "Endpoint=sb://localhost:{port};SharedAccessKeyName=Alle;\
             SharedAccessKey=SAS_KEY_VALUE"
        ))
        .unwrap()
    };
    let believed = || Some(cert.pem().into_bytes());
    let (amqps, https) = (
        listening.amqps.unwrap().port(),
        listening.https.unwrap().port(),
    );
    let clock = || clock.clone();
    let amqp = Amqp::new(settings(amqps, believed()), "a".into(), clock()).unwrap();
    let rest = Rest::new(settings(https, believed()), "b".into(), clock()).unwrap();
    let inside = Settings {
        websocket: Some(Random::system()),
        ..settings(https, believed())
    };
    let socket = Amqp::new(inside, "c".into(), clock()).unwrap();
    let all: [(&dyn Transport, &dyn Transport, &str); 4] = [
        (&amqp, &rest, "b"),
        (&rest, &amqp, "a"),
        (&socket, &rest, "b"),
        (&rest, &socket, "c"),
    ];
    for (from, to, queue) in all {
        let body = "{\"sbd\": \"æøå\"}".repeat(9000);
        from.send(parcel(queue, &body)).await.unwrap();
        let got = to.receive(1, WAIT).await.unwrap().pop().unwrap();
        assert_eq!(got.body, body);
        to.complete(&got.lock).await.unwrap();
    }

    strangers(&settings(amqps, None), &settings(https, None)).await;
    stop.send_replace(true);
    broker.await.unwrap().unwrap();
}

fn parcel(queue: &str, body: &str) -> Parcel {
    Parcel {
        queue: queue.into(),
        message_id: "m".into(),
        body: body.to_owned().into(),
        time_to_live: None,
    }
}

/// A service that nobody vouches for is told nothing, and that is said.
async fn strangers(amqps: &Settings, https: &Settings) {
    let clock = Clock::system;
    let amqp = Amqp::new(amqps.clone(), "a".into(), clock()).unwrap();
    let rest = Rest::new(https.clone(), "b".into(), clock()).unwrap();
    for stranger in [&amqp as &dyn Transport, &rest] {
        let refused = stranger.send(parcel("a", "x")).await.unwrap_err();
        assert!(matches!(refused, Error::Unreachable(_)), "{refused}");
    }
}
