//! Start a role from its settings, keep it until a signal, end it in order.

#![expect(
    clippy::disallowed_methods,
    reason = "the process's tasks start and end here"
)]

use std::future::Future;
use std::path::Path;
use std::pin::Pin;

use serde::de::DeserializeOwned;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::cli::Role;
use crate::settings;

/// A role that has been started: what to say of it, and what to wait for.
pub(crate) struct Started {
    /// Where it listens, for people.
    pub(crate) listening: String,
    /// Ends when the role has.
    pub(crate) ended: Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>,
}

/// Told true when it is time to end.
pub(crate) type Shutdown = watch::Receiver<bool>;

/// Run one role as this process.
pub(crate) fn role<S, F>(
    role: &Role,
    start: impl FnOnce(S, Shutdown) -> F,
) -> anyhow::Result<()>
where
    S: DeserializeOwned + settings::Rooted,
    F: Future<Output = anyhow::Result<Started>>,
{
    log();
    begin(settings::load(&role.config)?, start)
}

/// Run a role that has its settings as this process.
pub(crate) fn begin<S, F>(
    settings: S,
    start: impl FnOnce(S, Shutdown) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<Started>>,
{
    runtime()?.block_on(async {
        let (tell, shutdown) = watch::channel(false);
        let started = start(settings, shutdown).await?;
        println!("listening {}", started.listening);
        tokio::spawn(async move {
            told().await;
            tell.send_replace(true);
        });
        started.ended.await
    })
}

/// Wait for SIGTERM or ctrl-c.
pub(crate) async fn told() {
    let terminated = signal(SignalKind::terminate());
    match terminated {
        Ok(mut terminated) => tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.min(4))
        .max_blocking_threads(cores.max(2) + 2)
        .enable_all()
        .build()
}

/// Log lines to standard error; `SENDEBUD_LOG` sets what is said, JSON when it is not a
/// person who reads.
pub(crate) fn log() {
    let filter = EnvFilter::try_from_env("SENDEBUD_LOG");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("info,rustls=error"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let set = if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    drop(set);
}

/// The name of a settings file, for messages.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}
