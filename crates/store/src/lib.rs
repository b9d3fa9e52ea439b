//! Everything that an access point keeps across a restart.
//!
//! One noun, one file, and in each the statements on its table. The functions take a
//! transaction, so that `flow` can commit a change together with the job it causes.
//! Only `flow` may call [`conversation::record`]: a status changes in one place.

pub mod conversation;
pub mod file;
pub mod incoming;
pub mod job;
pub mod melding;
pub mod organisation;
pub mod outgoing;
pub mod page;
pub mod push;
pub mod quarantine;
pub mod register;
pub mod seen;
pub mod status;
pub mod status_queue;
pub mod subscription;

mod blobs;
mod content;
mod correspondence;
mod error;
mod id;
mod vault;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambient::{Clock, Random};
use db::{Db, Migration, Tx, Work};
use rustix::fs::FlockOperation;
use rustix::io::Errno;

pub use blobs::Blobs;
pub use content::{CONTENT_ROW_BYTES_MAX, Content};
pub use error::Error;
pub use vault::Vault;

/// The tables, step by step.
const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "access point",
        sql: include_str!("../migrations/0001-access-point.sql"),
    },
    Migration {
        number: 2,
        name: "subscription",
        sql: include_str!("../migrations/0002-subscription.sql"),
    },
    Migration {
        number: 3,
        name: "push",
        sql: include_str!("../migrations/0003-push.sql"),
    },
    Migration {
        number: 4,
        name: "lock token",
        sql: include_str!("../migrations/0004-lock-token.sql"),
    },
    Migration {
        number: 5,
        name: "compact",
        sql: include_str!("../migrations/0005-compact.sql"),
    },
    Migration {
        number: 6,
        name: "melding",
        sql: include_str!("../migrations/0006-melding.sql"),
    },
    Migration {
        number: 7,
        name: "order",
        sql: include_str!("../migrations/0007-order.sql"),
    },
    Migration {
        number: 8,
        name: "register",
        sql: include_str!("../migrations/0008-register.sql"),
    },
    Migration {
        number: 9,
        name: "own",
        sql: include_str!("../migrations/0009-own.sql"),
    },
];

/// The store of one process, or of several that share it: a database, and a place for
/// what is too large for it.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    blobs: Blobs,
    random: Random,
    /// Where the database is, unless another machine keeps it.
    folder: Option<PathBuf>,
    /// Held for as long as the folder is ours.
    _lock: Option<Arc<File>>,
}

impl Store {
    /// Open the store in this folder, creating it when absent: `sendebud.db`, and
    /// `content/` for blobs. One process at a time.
    pub async fn open(
        folder: &Path,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, Error> {
        let blobs = Blobs::folder(&folder.join("content"))?;
        Self::alone(folder, blobs, clock, random).await
    }

    /// The same with blobs in another place.
    pub async fn alone(
        folder: &Path,
        blobs: Blobs,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, Error> {
        let lock = Some(Arc::new(lock(folder)?));
        let db = Db::open(&folder.join("sendebud.db"), MIGRATIONS, clock)?;
        let random = random.clone();
        let folder = Some(folder.to_owned());
        let store = Self {
            db,
            blobs,
            random,
            folder,
            _lock: lock,
        };
        store.write(|tx| Box::pin(job::release(tx))).await?;
        Ok(store)
    }

    /// Open the store in a PostgreSQL database, for any number of processes at once,
    /// which must have the same place for blobs.
    pub async fn shared(
        address: &str,
        blobs: Blobs,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, Error> {
        let db = Db::connect(address, MIGRATIONS, clock).await?;
        let random = random.clone();
        Ok(Self {
            db,
            blobs,
            random,
            folder: None,
            _lock: None,
        })
    }

    /// Run the work in one transaction and answer when it is durable. It may be run more
    /// than once, each time on what the time before did not change.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        self.db.insist(work).await
    }

    /// Run the work on a snapshot of what is committed.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        self.db.read(work).await
    }

    /// Bytes on the disk that holds the database: free for us, and in all. None where a
    /// server has it.
    pub fn space(&self) -> std::io::Result<Option<(u64, u64)>> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let found = rustix::fs::statvfs(folder)?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        Ok(Some((free, found.f_blocks.saturating_mul(found.f_frsize))))
    }

    /// Whether a server has the database.
    pub fn is_shared(&self) -> bool {
        self.folder.is_none()
    }
}

/// Two processes on one folder would do each job twice: the second is refused. The lock
/// is gone with the process, however that ends.
fn lock(folder: &Path) -> Result<File, Error> {
    let wrong = |reason: String| Error::Folder {
        folder: folder.display().to_string(),
        reason,
    };
    std::fs::create_dir_all(folder).map_err(|e| wrong(e.to_string()))?;
    let file = File::create(folder.join("sendebud.lock"));
    let file = file.map_err(|e| wrong(e.to_string()))?;
    let locked = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
    if locked == Err(Errno::WOULDBLOCK) {
        return Err(wrong(
            "another process is at work in it; end that first".into(),
        ));
    }
    // A file system that knows no locks says otherwise: whoever starts it must know.
    Ok(file)
}
