//! Our AMQP transport against our broker: a message there and back, and what becomes of
//! it when something on the way breaks.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use ambient::{Clock, Random};
use broker::queue::Pattern;
use broker::{FirstUse, Listening, Policy, Right};
use fault::Fault;
use tokio::sync::{oneshot, watch};
use transport::servicebus::{Amqp, Settings};
use transport::{DeadLettered, Error, Parcel, Received, Transport};

const WAIT: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(300);
const LOCK_SECONDS: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_goes_there_and_is_completed() {
    let house = House::new().await;
    let (here, there) = (house.end("here"), house.end("there"));
    let body = "{\"sbd\": \"æøå\"}";
    here.send(parcel("there", "m-1", body)).await.unwrap();
    let got = one(&there).await;
    assert_eq!((&got.body[..], got.delivery_count), (body.as_bytes(), 1));
    there.complete(&got.lock).await.unwrap();
    assert_eq!(there.complete(&got.lock).await, Err(Error::LockLost));
    assert!(there.receive(1, SHORT).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_all_sizes_arrive_as_they_were() {
    let house = House::new().await;
    let end = house.end("q");
    for size in [0, 1, 300, 70_000, 3_560_000] {
        let body: String = ('a'..='z').cycle().take(size).collect();
        end.send(parcel("q", "m", &body)).await.unwrap();
        let got = one(&end).await;
        assert_eq!(got.body, body);
        end.complete(&got.lock).await.unwrap();
    }
    let large = "x".repeat(6 * 1024 * 1024);
    let refused = end.send(parcel("q", "m", &large)).await.unwrap_err();
    assert_eq!(refused, Error::TooLarge { bytes: large.len() });
    assert_eq!(refused.fault(), Fault::Caller);
    end.send(parcel("q", "m", "the link lives on"))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn abandoned_comes_again_and_dead_letters_are_put_aside() {
    let house = House::new().await;
    let end = house.end("q");
    end.send(parcel("q", "m", "x")).await.unwrap();
    let got = one(&end).await;
    end.abandon(&got.lock).await.unwrap();
    let again = one(&end).await;
    assert_eq!(again.delivery_count, 2);
    let done = end.dead_letter(&again.lock, "grunn", "æøå").await.unwrap();
    assert_eq!(done, DeadLettered::Done);
    assert!(end.receive(1, SHORT).await.unwrap().is_empty());
    let aside = house.end("q/$DeadLetterQueue");
    assert_eq!(&one(&aside).await.body[..], b"x");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_under_way_arrive_once_each() {
    let house = House::new().await;
    let end = house.end("q");
    let sends = (0..3000).map(|n| end.send(parcel("q", "m", &n.to_string())));
    let sent = futures_util::future::join_all(sends).await;
    assert!(sent.iter().all(Result::is_ok));
    let mut got = Vec::new();
    while got.len() < 3000 {
        let some = end.receive(100, WAIT).await.unwrap();
        let settled = some.iter().map(|r| end.complete(&r.lock));
        let settled = futures_util::future::join_all(settled).await;
        assert!(settled.iter().all(Result::is_ok));
        got.extend(some.into_iter().map(|r| r.body));
    }
    // Who sends at once with others has no place among them.
    let expected: BTreeSet<String> = (0..3000).map(|n: u32| n.to_string()).collect();
    assert_eq!(got.len(), expected.len());
    let text = |body| String::from_utf8(Vec::from(body)).unwrap();
    assert!(got.into_iter().map(text).collect::<BTreeSet<_>>() == expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_queues_are_sent_to_over_one_connection() {
    let house = House::new().await;
    let end = house.end("q");
    // More than one session has handles for.
    let queues: Vec<String> = (0..300).map(|n| format!("queue-{n}")).collect();
    let sends = queues
        .iter()
        .map(|queue| end.send(parcel(queue, "m", queue)));
    let sent = futures_util::future::join_all(sends).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    let last = house.end("queue-299");
    assert_eq!(one(&last).await.body, "queue-299");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_fetched_and_not_taken_is_given_back() {
    let house = House::new().await;
    let end = house.end("q");
    for n in 0..10 {
        end.send(parcel("q", "m", &n.to_string())).await.unwrap();
    }
    let first = one(&end).await;
    end.complete(&first.lock).await.unwrap();
    drop(end);
    let other = house.end("q");
    let mut got = Vec::new();
    while got.len() < 9 {
        got.extend(other.receive(10, WAIT).await.unwrap());
    }
    // Given back, not run out: so it counts as never delivered.
    assert!(got.iter().all(|r| r.delivery_count == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_has_run_out_is_lost() {
    let house = House::new().await;
    let end = house.end("q");
    end.send(parcel("q", "m", "x")).await.unwrap();
    let got = one(&end).await;
    let again = one(&end).await;
    assert_eq!(again.delivery_count, 2);
    assert_eq!(end.complete(&got.lock).await, Err(Error::LockLost));
    end.complete(&again.lock).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_a_bad_name_are_refused_and_may_be_mended() {
    let house = House::new().await;
    let wrong = connection(house.listening.amqp, "feil");
    let (own, clock) = ("q".to_owned(), Clock::system());
    let end = Amqp::new(wrong, own, clock).unwrap();
    let refused = end.send(parcel("q", "m", "x")).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 401, .. }));
    let refused = end.receive(1, WAIT).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 401, .. }));
    assert_eq!(refused.fault(), Fault::Link);
    let end = house.end("q");
    let long = "x".repeat(300);
    let refused = end.send(parcel(&long, "m", "x")).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 404, .. }));
    end.send(parcel("q", "m", "x")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_comes_back_is_found_again() {
    let mut house = House::new().await;
    let end = house.end("q");
    end.send(parcel("q", "m-1", "before")).await.unwrap();
    let held = one(&end).await;
    house.stop().await;

    let refused = end.send(parcel("q", "m-2", "x")).await.unwrap_err();
    assert_eq!(refused.fault(), Fault::Link);
    // Whatever the broken road says first, then it is waited for.
    house.start().await;
    while end.send(parcel("q", "m-2", "after")).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(end.complete(&held.lock).await, Err(Error::LockLost));
    let mut bodies = Vec::new();
    while bodies.len() < 2 {
        for got in end.receive(10, WAIT).await.unwrap_or_default() {
            end.complete(&got.lock).await.unwrap();

            bodies.push(got.body);
        }
    }
    assert_eq!(bodies, ["before", "after"]);
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let nowhere = "127.0.0.1:1".parse().unwrap();
    let settings = connection(nowhere, "k");
    let end = Amqp::new(settings, "q".into(), Clock::system()).unwrap();
    let refused = end.send(parcel("q", "m", "x")).await.unwrap_err();
    assert!(matches!(refused, Error::Unreachable(_)));
    assert!(end.receive(1, WAIT).await.is_err());
}

/// A broker on a folder that outlives it.
struct House {
    folder: tempfile::TempDir,
    listening: Listening,
    stop: watch::Sender<bool>,
    broker: tokio::task::JoinHandle<Result<(), broker::Error>>,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (stop, listening, broker) = run(folder.path(), free()).await;
        Self {
            folder,
            listening,
            stop,
            broker,
        }
    }

    fn end(&self, own: &str) -> Amqp {
        let settings = connection(self.listening.amqp, "SAS_KEY_VALUE");
        Amqp::new(settings, own.into(), Clock::system()).unwrap()
    }

    async fn stop(&mut self) {
        self.stop.send(true).unwrap();
        (&mut self.broker).await.unwrap().unwrap();
    }

    /// Again, at the same address.
    async fn start(&mut self) {
        let address = self.listening.amqp;
        // The tasks of the first may still be on their way out.
        while std::net::TcpListener::bind(address).is_err() {
            tokio::task::yield_now().await;
        }
        let run = run(self.folder.path(), address).await;
        (self.stop, self.listening, self.broker) = run;
    }
}

/// An address that nobody is given who asks for any: it must be free again when the broker
/// comes back.
fn free() -> SocketAddr {
    loop {
        let port = 10_000 + u16::try_from(Random::system().number() % 20_000).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

type Broker = tokio::task::JoinHandle<Result<(), broker::Error>>;

#[expect(clippy::disallowed_methods, reason = "the test owns the broker")]
async fn run(
    folder: &Path,
    amqp: SocketAddr,
) -> (watch::Sender<bool>, Listening, Broker) {
    let settings = broker::Settings {
        amqp,
        policies: vec![Policy {
            name: "Alle".into(),
            key: "SAS_KEY_VALUE".into(),
            secondary_key: None,
            rights: vec![Right::Manage],
        }],
        lock_seconds: LOCK_SECONDS,
        segment_bytes: 16 * 1024 * 1024,
        first_use: FirstUse {
            names: vec![Pattern::from("*".to_owned())],
            ..FirstUse::default()
        },
        ..broker::Settings::new(folder)
    };
    let (stop, stopped) = watch::channel(false);
    let (ready, listening) = oneshot::channel();
    let (clock, random) = (Clock::system(), Random::system());
    let run = broker::run(settings, clock, random, ready, stopped);
    let broker = tokio::spawn(run);
    let Ok(listening) = listening.await else {
        panic!("{:?}", broker.await);
    };
    (stop, listening, broker)
}

fn connection(amqp: SocketAddr, key: &str) -> Settings {
    let port = amqp.port();
    let text = format!(
        "Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=Alle;\
         SharedAccessKey={key};UseDevelopmentEmulator=true"
    );
    Settings::parse(&text).unwrap()
}

fn parcel(queue: &str, id: &str, body: &str) -> Parcel {
    Parcel {
        queue: queue.into(),
        message_id: id.into(),
        body: body.to_owned().into(),
        time_to_live: None,
    }
}

/// One message, however long its lock elsewhere takes to run out.
async fn one(end: &Amqp) -> Received {
    let mut got = end.receive(1, WAIT).await.unwrap();
    got.pop().expect("a message comes")
}
