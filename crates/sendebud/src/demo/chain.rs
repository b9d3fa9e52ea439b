//! Start every role in this process, from the same settings that processes use.

use std::future::Future;
use std::path::Path;

use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::roles;
use crate::run::{Shutdown, Started};
use crate::settings::{Rooted, load};

/// The roles, running.
pub(crate) struct Chain {
    tell: watch::Sender<bool>,
    tasks: JoinSet<anyhow::Result<()>>,
}

/// Start them, each when what it needs listens.
pub(crate) async fn start(folder: &Path) -> anyhow::Result<Chain> {
    let (tell, shutdown) = watch::channel(false);
    let mut chain = Chain {
        tell,
        tasks: JoinSet::new(),
    };
    let told = || shutdown.clone();
    let tasks = &mut chain.tasks;
    one(tasks, folder, "broker.toml", told(), roles::broker::start).await?;
    one(
        tasks,
        folder,
        "registry.toml",
        told(),
        roles::registry::start,
    )
    .await?;
    one(tasks, folder, "einnsyn.toml", told(), roles::serve::start).await?;
    one(tasks, folder, "kommune.toml", told(), roles::serve::start).await?;
    one(
        tasks,
        folder,
        "postmottak.toml",
        told(),
        roles::postmottak::start,
    )
    .await?;
    one(tasks, folder, "portal.toml", told(), roles::portal::start).await?;
    one(tasks, folder, "klient.toml", told(), roles::klient::start).await?;
    Ok(chain)
}

async fn one<S, F>(
    tasks: &mut JoinSet<anyhow::Result<()>>,
    folder: &Path,
    file: &str,
    shutdown: Shutdown,
    start: impl FnOnce(S, Shutdown) -> F,
) -> anyhow::Result<()>
where
    S: DeserializeOwned + Rooted,
    F: Future<Output = anyhow::Result<Started>>,
{
    let started = start(load(&folder.join(file))?, shutdown).await?;
    tasks.spawn(started.ended);
    Ok(())
}

impl Chain {
    /// End every role; what hangs on is cut off.
    pub(crate) async fn stop(mut self) {
        self.tell.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), all).await;
    }
}
