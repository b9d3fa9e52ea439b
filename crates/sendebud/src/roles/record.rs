//! A road that keeps a copy of what is sent over it. For demonstrations.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use transport::{DeadLettered, Lock, Parcel, Pending, Received, Transport};

/// A transport with a folder beside it.
pub(crate) struct Recording {
    road: Arc<dyn Transport>,
    folder: PathBuf,
}

impl Recording {
    pub(crate) fn new(
        road: Arc<dyn Transport>,
        folder: PathBuf,
    ) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { road, folder })
    }
}

impl Transport for Recording {
    fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
        if let Err(error) = keep(&self.folder, &parcel) {
            tracing::warn!(%error, "a copy of a parcel could not be kept");
        }
        self.road.send(parcel)
    }

    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
        self.road.receive(max, wait)
    }

    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        self.road.complete(lock)
    }

    fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        self.road.abandon(lock)
    }

    fn dead_letter<'a>(
        &'a self,
        lock: &'a Lock,
        reason: &'a str,
        description: &'a str,
    ) -> Pending<'a, DeadLettered> {
        self.road.dead_letter(lock, reason, description)
    }
}

/// The body as it goes out, and the package in it as CMS.
fn keep(folder: &Path, parcel: &Parcel) -> std::io::Result<()> {
    let name = folder.join(&parcel.message_id);
    std::fs::write(name.with_extension("json"), &parcel.body)?;
    if let Ok(payload) = sbd::payload::parse(&parcel.body)
        && let Some(package) = payload.asic
    {
        std::fs::write(name.with_extension("p7m"), package)?;
    }
    Ok(())
}
