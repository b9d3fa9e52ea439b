//! Two access points, a register, and a road between them that breaks on demand.

mod road;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use dokumentpakke::Identity;
use fagsystem::Correspondence;
use flow::outgoing::NewFile;
use flow::{Limits, Point, Setup, incoming, ledger, outgoing};
use registry::server::{Directory, Register};
use registry::{Registry, Settings};
use sbd::{Envelope, MessageId, Orgnr, Status};
use serde_json::Value;
use store::page::Ask;
use store::{Blobs, Store};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;
use transport::loopback::Hub;
use transport::{Mode, queue};

pub(crate) use road::Road;

pub(crate) const PORTAL: &str = "910077473";
pub(crate) const BODY: &str = "910076787";

/// What the sender knows of a message that the case system has taken.
pub(crate) const HOME: [Status; 4] = [
    Status::Opprettet,
    Status::Sendt,
    Status::Mottatt,
    Status::Levert,
];

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks: without it the looking keeps the cores from what it waits for.
const BETWEEN: Duration = Duration::from_millis(5);

pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) clock: Clock,
    kind: Kind,
    pub(crate) limits: Limits,
    described: Value,
    /// What the address register knows.
    pub(crate) directory: Arc<Register>,
    register: String,
    tasks: JoinSet<()>,
}

/// Which database the access points of a world keep everything in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Lite,
    Server,
}

/// Where one access point, or several nodes of one, keep everything.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    folder: Arc<TempDir>,
    address: Option<String>,
}

/// An access point at work.
pub(crate) struct End {
    pub(crate) point: Arc<Point>,
    pub(crate) road: Arc<Road>,
    place: Place,
    shutdown: watch::Sender<bool>,
    runs: JoinSet<()>,
}

impl World {
    pub(crate) async fn new(kind: Kind) -> Self {
        Self::at(kind, Clock::system()).await
    }

    /// The same with the time in our hands.
    pub(crate) async fn at(kind: Kind, clock: Clock) -> Self {
        let text = std::fs::read_to_string(vectors().join("world.json")).unwrap();
        let described: Value = serde_json::from_str(&text).unwrap();
        let all = described["organisations"].as_array().unwrap();
        let directory = Directory::new(all.iter().map(organisation));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let register = format!("http://{}", listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        let directory = Arc::new(Register::new(directory));
        let router = registry::server::routes(Arc::clone(&directory));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            hub: Hub::default(),
            clock,
            kind,
            limits: Limits::default(),
            described,
            directory,
            register,
            tasks,
        }
    }

    /// The address register is gone, for whoever was not connected to it.
    pub(crate) async fn lose_register(&mut self) {
        self.tasks.shutdown().await;
    }

    /// The access point of an organisation, working.
    pub(crate) async fn start(&self, orgnr: &str) -> End {
        let mut end = self.open(orgnr, self.place()).await;
        end.run();
        end
    }

    /// An empty place.
    pub(crate) fn place(&self) -> Place {
        let shared = || cluster::Cluster::shared().database();
        Place {
            folder: Arc::new(TempDir::new().unwrap()),
            address: (self.kind == Kind::Server).then(shared),
        }
    }

    /// The same on a place that was used before, not yet working.
    pub(crate) async fn open(&self, orgnr: &str, place: Place) -> End {
        let (point, road) = self.try_open(orgnr, &place).await.unwrap();
        End {
            point: Arc::new(point),
            road,
            place,
            shutdown: watch::channel(false).0,
            runs: JoinSet::new(),
        }
    }

    /// The point itself, which may refuse.
    pub(crate) async fn try_open(
        &self,
        orgnr: &str,
        place: &Place,
    ) -> Result<(Point, Arc<Road>), flow::Error> {
        let all = self.described["organisations"].as_array().unwrap();
        let own = all.iter().find(|o| o["orgnr"] == orgnr).unwrap();
        let mode: Mode = own["mode"].as_str().unwrap().parse().unwrap();
        let orgnr: Orgnr = orgnr.parse().unwrap();
        let keystore = vectors().join(own["keystore"].as_str().unwrap());
        let password = own["password"].as_str().unwrap();
        let keystore = std::fs::read(keystore).unwrap();
        let (clock, random) = (self.clock.clone(), Random::system());
        let settings = Settings::open(self.register.parse().unwrap());
        let road = Arc::new(Road::new(self.hub.end(queue::own(&orgnr, mode))));
        let point = Point::open(Setup {
            keys: vec![Identity::from_pkcs12(&keystore, password).unwrap()],
            mode,
            receipt_process: sbd::urn::RESPONSE_PROCESS.to_owned(),
            receipt_queue: None,
            store: place.open(&clock, &random).await,
            transport: Arc::clone(&road) as _,
            registry: Arc::new(Registry::new(&settings, clock.clone()).unwrap()),
            orgnr,
            clock,
            random,
            judging: flow::Judging::default(),
            limits: self.limits,
            webhooks: flow::Webhooks::default(),
        });
        Ok((point.await?, road))
    }
}

impl Place {
    /// What the server says to this, for a place that is on one.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let address = self.address.as_deref().unwrap();
        let (_, database) = address.rsplit_once('=').unwrap();
        cluster::Cluster::shared().sql(database, statement)
    }

    pub(crate) async fn open(&self, clock: &Clock, random: &Random) -> Store {
        let Some(address) = &self.address else {
            return Store::open(self.folder.path(), clock, random)
                .await
                .unwrap();
        };
        let blobs = Blobs::folder(&self.folder.path().join("content")).unwrap();
        Store::shared(address, blobs, clock, random).await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}

impl End {
    pub(crate) fn run(&mut self) {
        self.road.watch(&self.point);
        let told = self.shutdown.subscribe();
        self.runs.spawn(Arc::clone(&self.point).run(told));
    }

    /// Lose the process: whatever it was at stops where it stands. Every task of it holds
    /// the point, and one that is told to stop may still do its last step.
    pub(crate) async fn lose(mut self) -> Place {
        self.runs.shutdown().await;
        until("the process is gone", async || {
            Arc::strong_count(&self.point) == 1
        })
        .await;
        self.place.clone()
    }

    /// Send an innsynskrav with one file; answers its id.
    pub(crate) async fn send(&self, to: &str) -> MessageId {
        let message = innsynskrav(self.point.orgnr(), to);
        let file = vec![file("order.xml")];
        let sent = outgoing::send_whole(&self.point, message, file).await;
        sent.unwrap().facts().unwrap().message_id
    }

    /// Take the message as a case system does.
    pub(crate) async fn take(&self, id: &MessageId) {
        let ask = || Ask::all(1).equal("message_id", id.as_str());
        until("the message has arrived", async || {
            incoming::peek(&self.point, ask()).await.unwrap().is_some()
        })
        .await;
        incoming::pop(&self.point, id, None).await.unwrap();
        incoming::remove(&self.point, id, None).await.unwrap();
    }

    /// How many messages wait for the case system.
    pub(crate) async fn waiting(&self) -> u64 {
        ledger::waiting(&self.point).await.unwrap().incoming
    }

    /// The message's log.
    pub(crate) async fn log(&self, id: &MessageId) -> Vec<Status> {
        let known = ledger::by_message(&self.point, id).await.unwrap();
        let lines = known.into_iter().flat_map(|c| c.statuses);
        lines.map(|line| line.status).collect()
    }

    /// Until the message's log is that of one that has come home. Of two statuses that
    /// are fetched at once the later may be recorded first; the other is put before it.
    pub(crate) async fn comes_home(&self, id: &MessageId) {
        until("the log is whole", async || self.log(id).await == HOME).await;
    }

    /// Until the message's log ends so.
    pub(crate) async fn reaches(&self, id: &MessageId, status: Status) {
        until("the status has come", async || {
            self.log(id).await.last() == Some(&status)
        })
        .await;
    }
}

/// Each of these once on either database.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::world::Kind::Lite).await;
            })*
        }
        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::world::Kind::Server).await;
            })*
        }
    };
}

pub(crate) use on_both;

/// Ask until it is so.
pub(crate) async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let wait = async {
        while !so().await {
            tokio::time::sleep(BETWEEN).await;
        }
    };
    let over = tokio::time::timeout(PATIENCE, wait).await;
    assert!(over.is_ok(), "waited in vain until {what}");
}

pub(crate) fn innsynskrav(from: &Orgnr, to: &str) -> Envelope {
    let random = Random::system();
    let receiver: Orgnr = to.parse().unwrap();
    let who = Correspondence {
        sender: from.clone(),
        receiver: receiver.clone(),
        message_id: random.uuid().to_string().parse().unwrap(),
        conversation_id: random.uuid().to_string(),
        expires: None,
    };
    fagsystem::innsynskrav(&who, &receiver, "postmottak@lillevik.example")
}

/// A small file.
pub(crate) fn file(name: &str) -> NewFile {
    NewFile {
        name: name.into(),
        title: None,
        mime: "application/xml".into(),
        bytes: "<bestilling/>".into(),
    }
}

fn organisation(described: &Value) -> registry::server::Organisation {
    let mut described = described.clone();
    let members = described.as_object_mut().unwrap();
    members.retain(|name, _| {
        ["orgnr", "name", "certificate", "records"].contains(&name.as_str())
    });
    let path = vectors().join(members["certificate"].as_str().unwrap());
    members["certificate"] = std::fs::read_to_string(path).unwrap().into();
    serde_json::from_value(described).unwrap()
}

pub(crate) fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors")
}
