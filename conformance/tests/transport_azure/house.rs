//! A broker that imposes Azure's limits, with a clock that is set by hand.

use std::time::Duration;

use ambient::{Clock, Random};
use broker::queue::Pattern;
use broker::{Azure, FirstUse, Listening, Policy, Right};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use transport::servicebus::{Amqp, Rest, Settings};
use transport::{Parcel, Received, Transport};

const WAIT: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Amqp,
    Rest,
}

pub(crate) struct House {
    pub(crate) clock: Clock,
    listening: Listening,
    _folder: tempfile::TempDir,
    _stop: watch::Sender<bool>,
    _tasks: JoinSet<Result<(), broker::Error>>,
}

impl House {
    /// Its queues hold a megabyte.
    pub(crate) async fn new(azure: Azure) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let full = serde_json::json!({
            "MaxSizeInMegabytes": 1, "RequiresDuplicateDetection": true,
        });
        let settings = broker::Settings {
            azure: Some(azure),
            policies: vec![Policy {
                name: "Alle".into(),
                key: "SAS_KEY_VALUE".into(),
                secondary_key: None,
                rights: vec![Right::Manage],
            }],
            first_use: FirstUse {
                names: vec![Pattern::from("*".to_owned())],
                properties: serde_json::from_value(full).unwrap(),
            },
            max_delivery_count: 2000,
            ..broker::Settings::new(folder.path())
        };
        let clock = Clock::manual("2026-11-26T12:00:00Z".parse().unwrap());
        let (stop, stopped) = watch::channel(false);
        let (ready, listening) = oneshot::channel();
        let run =
            broker::run(settings, clock.clone(), Random::system(), ready, stopped);
        let mut tasks = JoinSet::new();
        tasks.spawn(run);
        let Ok(listening) = listening.await else {
            panic!("{:?}", tasks.join_next().await);
        };
        Self {
            clock,
            listening,
            _folder: folder,
            _stop: stop,
            _tasks: tasks,
        }
    }

    /// An end of a road that reads this queue.
    pub(crate) fn end(&self, protocol: Protocol, own: &str) -> Box<dyn Transport> {
        let port = match protocol {
            Protocol::Amqp => self.listening.amqp.port(),
            Protocol::Rest => self.listening.http.port(),
        };
        let settings = Settings::parse(&format!(
            "Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=Alle;\
             SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true"
        ));
        let (settings, own) = (settings.unwrap(), own.to_owned());
        match protocol {
            Protocol::Amqp => {
                Box::new(Amqp::new(settings, own, self.clock.clone()).unwrap())
            }
            Protocol::Rest => {
                Box::new(Rest::new(settings, own, self.clock.clone()).unwrap())
            }
        }
    }
}

/// For the queue `q`.
pub(crate) fn parcel(id: &str, bytes: usize) -> Parcel {
    Parcel {
        queue: "q".into(),
        message_id: id.into(),
        body: vec![b'x'; bytes].into(),
        time_to_live: None,
    }
}

/// The next message.
pub(crate) async fn one(end: &dyn Transport) -> Received {
    let mut got = end.receive(1, WAIT).await.unwrap();
    got.pop().expect("a message comes")
}
