//! The world of the recordings, from its description: two access points, the register
//! and a message service in memory.

#![expect(
    clippy::unwrap_used,
    reason = "a world that does not stand fails its test"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use api::{Door, router};
use axum::Router;
use dokumentpakke::Identity;
use flow::bestedu::Bestedu;
use flow::{Limits, Point, Setup, Webhooks};
use registry::server::{Directory, Postadresse};
use registry::{Registry, Settings};
use serde_json::Value;
use store::Store;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use transport::loopback::Hub;
use transport::{Mode, Transport, queue};

/// The recorded access points polled once a second, and the recordings ask for what was
/// true in between.
const STATUS_DELAY: Duration = Duration::from_secs(1);

/// Times and sizes, how webhooks go, and whether what can be decrypted is handed over
/// whatever its signature is worth, as in the recordings.
type Figures = (Limits, Webhooks, bool);

#[allow(dead_code, reason = "not every test speaks with all of it")]
pub(crate) struct World {
    pub(crate) body: String,
    pub(crate) portal: String,
    /// The message service between them.
    pub(crate) hub: Hub,
    shutdown: watch::Sender<bool>,
    tasks: JoinSet<()>,
    register: JoinSet<()>,
    points: JoinSet<()>,
    _folders: Vec<TempDir>,
}

pub(crate) fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/vectors")
}

#[allow(dead_code, reason = "not every test reads them")]
pub(crate) fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[allow(dead_code, reason = "not every test speaks with all of it")]
impl World {
    pub(crate) async fn start() -> Self {
        Self::behind(Door::new).await
    }

    /// The same, with doors made so.
    pub(crate) async fn behind(door: impl Fn(Arc<Point>) -> Door) -> Self {
        Self::with(door, Webhooks::default()).await
    }

    /// The same, and with webhooks that go so.
    pub(crate) async fn with(
        door: impl Fn(Arc<Point>) -> Door,
        webhooks: Webhooks,
    ) -> Self {
        let limits = Limits {
            status_delay: STATUS_DELAY,
            ..Limits::default()
        };
        Self::made(door, webhooks, limits).await
    }

    /// The same, with these figures.
    pub(crate) async fn made(
        door: impl Fn(Arc<Point>) -> Door,
        webhooks: Webhooks,
        limits: Limits,
    ) -> Self {
        Self::speaking(door, webhooks, limits, || None).await
    }

    /// The same, speaking BEST/EDU.
    pub(crate) async fn speaking(
        door: impl Fn(Arc<Point>) -> Door,
        webhooks: Webhooks,
        limits: Limits,
        bestedu: impl Fn() -> Option<Bestedu>,
    ) -> Self {
        let hub = Hub::default();
        let end = hub.clone();
        let road = move |own| Arc::new(end.end(own)) as Arc<dyn Transport>;
        Self::on(hub, road, door, (limits, webhooks, true), bestedu).await
    }

    /// The same, with the message service at the end of a road that is made for each
    /// queue.
    pub(crate) async fn over(road: impl Fn(String) -> Arc<dyn Transport>) -> Self {
        let limits = Limits {
            status_delay: STATUS_DELAY,
            ..Limits::default()
        };
        let figures = (limits, Webhooks::default(), true);
        Self::on(Hub::default(), road, Door::new, figures, || None).await
    }

    /// The same as it starts, with the packages judged as settings judge them that say
    /// nothing of it.
    pub(crate) async fn judging() -> Self {
        let hub = Hub::default();
        let end = hub.clone();
        let road = move |own| Arc::new(end.end(own)) as Arc<dyn Transport>;
        let figures = (Limits::default(), Webhooks::default(), false);
        Self::on(hub, road, Door::new, figures, || None).await
    }

    async fn on(
        hub: Hub,
        road: impl Fn(String) -> Arc<dyn Transport>,
        door: impl Fn(Arc<Point>) -> Door,
        figures: Figures,
        bestedu: impl Fn() -> Option<Bestedu>,
    ) -> Self {
        let text = std::fs::read_to_string(vectors().join("world.json")).unwrap();
        let described: Value = serde_json::from_str(&text).unwrap();
        let organisations = described["organisations"].as_array().unwrap();
        let mut tasks = JoinSet::new();
        let directory = Directory::new(organisations.iter().map(organisation));
        let mut registers = JoinSet::new();
        let register = serve(&mut registers, registry::server::router(directory)).await;
        let (shutdown, told) = watch::channel(false);
        let (mut points, mut folders) = (JoinSet::new(), Vec::new());
        let mut addresses = Vec::new();
        for described in organisations.iter().filter(|o| o["target"].is_string()) {
            let folder = TempDir::new().unwrap();
            let point = point(described, &folder, &register, &road, figures.clone());
            let point = point.await;
            let point = Arc::new(point.speaking(bestedu()).await.unwrap());
            points.spawn(Arc::clone(&point).run(told.clone()));
            folders.push(folder);
            addresses.push(serve(&mut tasks, router(door(point))).await);
        }
        let portal = addresses.pop().unwrap();
        let body = addresses.pop().unwrap();
        Self {
            body,
            portal,
            hub,
            shutdown,
            tasks,
            register: registers,
            points,
            _folders: folders,
        }
    }

    /// The register is away from now on.
    pub(crate) async fn end_register(&mut self) {
        self.register.shutdown().await;
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.send_replace(true);
        while self.points.join_next().await.is_some() {}
        self.tasks.shutdown().await;
    }
}

async fn point(
    described: &Value,
    folder: &TempDir,
    register: &str,
    road: &impl Fn(String) -> Arc<dyn Transport>,
    (limits, webhooks, hand_over): Figures,
) -> Point {
    let text = |name: &str| described[name].as_str().unwrap();
    let (clock, random) = (Clock::system(), Random::system());
    let keystore = std::fs::read(vectors().join(text("keystore"))).unwrap();
    let orgnr: sbd::Orgnr = text("orgnr").parse().unwrap();
    let mode: Mode = text("mode").parse().unwrap();
    let base = register.parse().unwrap();
    let settings = Settings::open(base);
    Point::open(Setup {
        keys: vec![Identity::from_pkcs12(&keystore, text("password")).unwrap()],
        mode,
        receipt_process: sbd::urn::RESPONSE_PROCESS.to_owned(),
        receipt_queue: None,
        store: Store::open(folder.path(), &clock, &random).await.unwrap(),
        transport: road(queue::own(&orgnr, mode)),
        registry: Arc::new(Registry::new(&settings, clock.clone()).unwrap()),
        orgnr,
        clock,
        random,
        judging: flow::Judging {
            hand_over,
            ..flow::Judging::default()
        },
        limits,
        webhooks,
    })
    .await
    .unwrap()
}

fn organisation(described: &Value) -> registry::server::Organisation {
    let mut described = described.clone();
    let members = described.as_object_mut().unwrap();
    members.retain(|name, _| {
        ["orgnr", "name", "certificate", "records"].contains(&name.as_str())
    });
    let path = vectors().join(members["certificate"].as_str().unwrap());
    members["certificate"] = std::fs::read_to_string(path).unwrap().into();
    let mut known: registry::server::Organisation =
        serde_json::from_value(described).unwrap();
    // What the recorded register gave for everyone.
    known.postadresse = Some(Postadresse {
        adresse: "Testveien 1".into(),
        postnummer: "0001".into(),
        poststed: "OSLO".into(),
        land: "Norge".into(),
    });
    known
}

async fn serve(tasks: &mut JoinSet<()>, router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}
