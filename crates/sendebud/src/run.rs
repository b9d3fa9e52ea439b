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

use crate::cli::Role;
use crate::notify::notify;
use crate::{log, settings, trace};

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
    log::start();
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
    let done = runtime()?.block_on(async {
        let (tell, shutdown) = watch::channel(false);
        let started = start(settings, shutdown).await?;
        println!("listening {}", started.listening);
        notify("READY=1");
        tokio::spawn(async move {
            told().await;
            notify("STOPPING=1");
            tell.send_replace(true);
        });
        started.ended.await
    });
    trace::end();
    done
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

/// The name of a settings file, for messages.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}
