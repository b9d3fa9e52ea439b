//! An engine that runs, for as long as a test holds it.

use std::path::Path;
use std::thread::JoinHandle;

use ambient::{Clock, Random};
use broker::engine::{Disk, Engine, Setup};
use broker::queue::QueueSettings;
use tempfile::TempDir;

pub(crate) struct Running {
    pub(crate) engine: Engine,
    writer: Option<JoinHandle<()>>,
}

/// As most tests want it: small files, and a disk that is not waited for.
pub(crate) fn setup(folder: &Path) -> Setup {
    Setup {
        folder: folder.to_owned(),
        disk: Disk::trial(u64::MAX),
        message_bytes_max: 100_000,
        queue_bytes_max: 100_000,
        file_bytes: 8 * 1024,
        first_use: vec!["first*".to_owned().into()],
        first_use_settings: QueueSettings::default(),
        clock: clock(),
        random: Random::seeded(1),
    }
}

pub(crate) fn clock() -> Clock {
    Clock::manual("2026-11-24T12:00:00Z".parse().unwrap())
}

impl Running {
    pub(crate) fn start(setup: Setup) -> Self {
        let (engine, work) = Engine::open(setup).expect("the folder can be opened");
        let writer = std::thread::Builder::new().spawn(work);
        Self {
            engine,
            writer: Some(writer.expect("a thread can be started")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.close();
        if let Some(writer) = self.writer.take() {
            writer.join().unwrap();
        }
    }
}

/// Wait for it here.
pub(crate) fn block<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap().block_on(future)
}

/// A folder in memory where that can be: a disk on trial is not waited for anyhow.
pub(crate) fn folder() -> TempDir {
    let memory = TempDir::new_in("/dev/shm");
    memory.or_else(|_| TempDir::new()).unwrap()
}
