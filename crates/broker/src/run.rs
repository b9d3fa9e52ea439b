//! Start the broker, keep it going, end it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use crate::Error;
use crate::engine::{Disk, Engine, Setup};
use crate::queue::QueueSettings;
use crate::rest::{Front, router};
use crate::sas::Guard;
use crate::settings::{Authentication, Declared, Settings};

/// After how long upkeep is tried again when it has failed.
const AGAIN_TIME: Duration = Duration::from_secs(1);

/// Where the broker listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// REST.
    pub http: SocketAddr,
    /// AMQP.
    pub amqp: SocketAddr,
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
    let (engine, write) = Engine::open(Setup {
        folder: settings.data.clone(),
        disk: Disk::real(),
        message_bytes_max: settings.message_bytes_max,
        file_bytes: settings.segment_bytes,
        first_use: settings.first_use.names.clone(),
        first_use_settings: settings.first_use()?,
        clock: clock.clone(),
        random: random.clone(),
    })?;
    let writer = std::thread::Builder::new()
        .name("broker-log".into())
        .spawn(write);
    let writer = writer.map_err(|e| Error::Log(e.to_string()))?;
    declare(&engine, &settings.queues).await?;
    let http = bind(settings.http).await?;
    let amqp = bind(settings.amqp).await?;
    let address =
        |l: &TcpListener| l.local_addr().map_err(|e| Error::Log(e.to_string()));
    let listening = Listening {
        http: address(&http)?,
        amqp: address(&amqp)?,
    };
    let own = {
        let engine = engine.clone();
        Arc::new(move |path: &str| engine.policies(path))
    };
    let guard = Guard::new(settings.authentication, settings.policies, own);
    let clients = crate::amqp::Front {
        engine: engine.clone(),
        guard: guard.clone(),
        clock: clock.clone(),
        random: random.clone(),
    };
    let front = Front {
        engine: engine.clone(),
        guard,
        clock,
        random,
        wait: Duration::from_secs(settings.wait_seconds),
    };
    let _ = ready.send(listening);
    let serve = serve(http, front);
    tokio::select! {
        served = serve => served?,
        () = crate::amqp::serve(amqp, clients) => {}
        () = keep(&engine) => {}
        _ = async { shutdown.wait_for(|stop| *stop).await.is_ok() } => {}
    }
    // Whoever still waits is cut off; what was handed to the log is written.
    engine.close();
    let joined = tokio::task::spawn_blocking(move || writer.join()).await;
    drop(joined);
    Ok(())
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
    if settings.authentication == Authentication::None {
        if !(settings.http.ip().is_loopback() && settings.amqp.ip().is_loopback()) {
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

async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|e| {
        Error::Settings(format!(
            "cannot listen on {address}: {e}; end what listens there, or give another \
             address in the settings"
        ))
    })
}

async fn serve(listener: TcpListener, front: Front) -> Result<(), Error> {
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let served = axum::serve(listener, router(front)).await;
    served.map_err(|e| Error::Log(e.to_string()))
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
