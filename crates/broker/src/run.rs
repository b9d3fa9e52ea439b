//! Start the broker, keep it going, end it.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use tokio::sync::{mpsc, oneshot, watch};

use crate::Error;
use crate::azure::Imposed;
use crate::engine::{Disk, Engine, Setup};
use crate::port::{Keys, Port};
use crate::queue::QueueSettings;
use crate::rest::{self, Front, router};
use crate::sas::Guard;
use crate::settings::{Authentication, Declared, Settings};

/// After how long upkeep is tried again when it has failed.
const AGAIN_TIME: Duration = Duration::from_secs(1);
/// What the largest message may be; Azure's largest is 100 MB.
const MESSAGE_BYTES: RangeInclusive<u64> = 1..=100 * 1024 * 1024;
/// What a file of the log may be: a place in one has 32 bits.
const SEGMENT_BYTES: RangeInclusive<u64> = 4096..=1024 * 1024 * 1024;
/// WebSockets that have connected and are to be taken.
const UPGRADES_MAX: usize = 64;

/// Where the broker listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// REST.
    pub http: SocketAddr,
    /// AMQP.
    pub amqp: SocketAddr,
    /// REST over TLS.
    pub https: Option<SocketAddr>,
    /// AMQP over TLS.
    pub amqps: Option<SocketAddr>,
}

/// Run until the shutdown turns true. Tells where it listens once it does.
///
/// Fails when the settings cannot be used, the log cannot be read, or an address is
/// taken.
pub async fn run(
    settings: Settings,
    clock: Clock,
    random: Random,
    ready: oneshot::Sender<Listening>,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), Error> {
    check(&settings)?;
    // Bound before the log is read: whoever connects meanwhile waits a little.
    let ports = Ports::bind(&settings).await?;
    let listening = ports.listening()?;
    let setup = setup(&settings, &clock, &random)?;
    let (engine, write) = aside(|| Engine::open(setup)).await?;
    let writer = std::thread::Builder::new()
        .name("broker-log".into())
        .spawn(write);
    let writer = writer.map_err(|e| Error::Log(e.to_string()))?;
    let declared = declare(&engine, &settings.queues).await;
    if declared.is_ok() {
        let _ = ready.send(listening);
        tokio::select! {
            () = serve(ports, settings, &engine, clock, random) => {}
            () = keep(&engine) => {}
            _ = async { shutdown.wait_for(|stop| *stop).await.is_ok() } => {}
        }
    }
    // Whoever still waits is cut off; what was handed to the log is written.
    engine.close();
    let joined = tokio::task::spawn_blocking(move || writer.join()).await;
    drop(joined);
    declared
}

fn setup(settings: &Settings, clock: &Clock, random: &Random) -> Result<Setup, Error> {
    let most = settings.message_bytes_max;
    let (all, usual) = match &settings.azure {
        None => (most, most),
        Some(azure) => (azure.message_bytes_max(), azure.usual_bytes_max()),
    };
    Ok(Setup {
        folder: settings.data.clone(),
        disk: Disk::real(),
        message_bytes_max: all.min(most),
        queue_bytes_max: usual.min(most),
        file_bytes: settings.segment_bytes,
        first_use: settings.first_use.names.clone(),
        first_use_settings: settings.first_use()?,
        clock: clock.clone(),
        random: random.clone(),
    })
}

/// Every address that is listened on: plain, and over TLS where that is wanted.
struct Ports {
    http: Port,
    amqp: Port,
    https: Option<Port>,
    amqps: Option<Port>,
}

impl Ports {
    async fn bind(settings: &Settings) -> Result<Self, Error> {
        let keys = settings.tls.as_ref().map(Keys::read).transpose()?;
        let keys = keys.map(Arc::new);
        Ok(Self {
            http: Port::bind(settings.http, None).await?,
            amqp: Port::bind(settings.amqp, None).await?,
            https: secure(settings.https, keys.as_ref()).await?,
            amqps: secure(settings.amqps, keys.as_ref()).await?,
        })
    }

    fn listening(&self) -> Result<Listening, Error> {
        let secure = |port: &Option<Port>| port.as_ref().map(Port::address).transpose();
        Ok(Listening {
            http: self.http.address()?,
            amqp: self.amqp.address()?,
            https: secure(&self.https)?,
            amqps: secure(&self.amqps)?,
        })
    }
}

async fn secure(
    address: Option<SocketAddr>,
    keys: Option<&Arc<Keys>>,
) -> Result<Option<Port>, Error> {
    let Some(address) = address else {
        return Ok(None);
    };
    let keys = keys.ok_or_else(|| {
        Error::Settings(
            "https and amqps want a certificate: give [tls] with certificate and key"
                .into(),
        )
    })?;
    Port::bind(address, Some(Arc::clone(keys))).await.map(Some)
}

/// Serve all ports until dropped.
async fn serve(
    ports: Ports,
    settings: Settings,
    engine: &Engine,
    clock: Clock,
    random: Random,
) {
    let own = {
        let engine = engine.clone();
        Arc::new(move |path: &str| engine.policies(path))
    };
    let guard = Guard::new(settings.authentication, settings.policies, own);
    let imposed = settings.azure.map(Imposed::new);
    let clients = crate::amqp::Front {
        imposed: imposed.clone(),
        engine: engine.clone(),
        guard: guard.clone(),
        clock: clock.clone(),
        random: random.clone(),
    };
    let (upgraded, upgrades) = mpsc::channel(UPGRADES_MAX);
    let front = Front {
        imposed,
        engine: engine.clone(),
        guard,
        clock,
        random,
        wait: Duration::from_secs(settings.wait_seconds),
        upgraded,
    };
    let router = router(front);
    let amqp: Vec<Port> = [Some(ports.amqp), ports.amqps]
        .into_iter()
        .flatten()
        .collect();
    let https = async {
        match ports.https {
            Some(port) => rest::serve(port, router.clone()).await,
            None => std::future::pending().await,
        }
    };
    tokio::join!(
        rest::serve(ports.http, router.clone()),
        https,
        crate::amqp::serve(amqp, upgrades, clients),
    );
}

/// See that the queues of the settings are there, and as the settings have them.
async fn declare(engine: &Engine, queues: &[Declared]) -> Result<(), Error> {
    for queue in queues {
        let usual = QueueSettings {
            policies: queue.policies.clone(),
            ..QueueSettings::default()
        };
        let settings = queue.properties.over(usual)?;
        match engine.queue(&queue.name) {
            Ok(_) => engine.update(&queue.name, settings).await?,
            Err(_) => engine.create(&queue.name, settings).await?,
        };
    }
    Ok(())
}

fn check(settings: &Settings) -> Result<(), Error> {
    let message_bytes = settings.message_bytes_max as u64;
    within("message_bytes_max", message_bytes, &MESSAGE_BYTES)?;
    within("segment_bytes", settings.segment_bytes, &SEGMENT_BYTES)?;
    if settings.authentication == Authentication::None {
        let plain = [settings.http, settings.amqp];
        let secure = [settings.https, settings.amqps];
        let mut all = plain.into_iter().chain(secure.into_iter().flatten());
        if !all.all(|address| address.ip().is_loopback()) {
            return Err(Error::Settings(
                "authentication = \"none\" is for loopback addresses only; give \
                 policies, or listen on 127.0.0.1"
                    .into(),
            ));
        }
        tracing::warn!("the broker asks NOBODY who they are (authentication = none)");
    } else if settings.policies.is_empty() {
        return Err(Error::Settings(
            "nobody could send or receive: give at least one [[policies]]".into(),
        ));
    }
    Ok(())
}

fn within(name: &str, value: u64, range: &RangeInclusive<u64>) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    Err(Error::Settings(format!(
        "{name} = {value}: give {least} to {most} bytes"
    )))
}

/// Do what time brings about.
async fn keep(engine: &Engine) {
    loop {
        if let Err(error) = engine.upkeep().await {
            tracing::error!(%error, "the queues could not be kept up");
            tokio::time::sleep(AGAIN_TIME).await;
        }
        engine.idle().await;
    }
}

/// Do something that may wait for the disk, aside from those who may not.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(Error::Closed))
}
