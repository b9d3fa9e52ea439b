//! Everything that an access point keeps across a restart.
//!
//! One noun, one file, and in each the statements on its table. The functions take a
//! transaction, so that `flow` can commit a change together with the job it causes.
//! Only `flow` may call [`conversation::record`]: a status changes in one place.

pub mod conversation;
pub mod file;
pub mod incoming;
pub mod job;
pub mod organisation;
pub mod outgoing;
pub mod page;
pub mod push;
pub mod quarantine;
pub mod seen;
pub mod status;
pub mod subscription;

mod content;
mod error;
mod vault;

use std::path::{Path, PathBuf};

use ambient::{Clock, Random};
use db::{Db, Migration, Tx, Work};

pub use content::{CONTENT_ROW_BYTES_MAX, Content};
pub use error::Error;
pub use vault::Vault;

/// The tables, step by step.
const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "access point",
        sql: include_str!("../migrations/sqlite/0001-access-point.sql"),
    },
    Migration {
        number: 2,
        name: "subscription",
        sql: include_str!("../migrations/sqlite/0002-subscription.sql"),
    },
    Migration {
        number: 3,
        name: "push",
        sql: include_str!("../migrations/sqlite/0003-push.sql"),
    },
];

/// The store of one process: a database and a folder for what is too large for it.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    folder: PathBuf,
    random: Random,
}

impl Store {
    /// Open the store in this folder, creating it when absent.
    ///
    /// The folder holds `sendebud.db` and `content/`. Files in `content/` that no row
    /// names, as a crash may leave them, are removed.
    pub async fn open(
        folder: &Path,
        clock: &Clock,
        random: &Random,
    ) -> Result<Self, Error> {
        let db = Db::open(&folder.join("sendebud.db"), MIGRATIONS, clock)?;
        let folder = folder.join("content");
        let store = Self {
            db,
            folder,
            random: random.clone(),
        };
        store.write(|tx| Box::pin(job::release(tx))).await?;
        store.sweep().await?;
        Ok(store)
    }

    /// Run the work in one transaction and answer when it is durable.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        self.db.write(work).await
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

    /// Bytes on the disk that holds the store: free for us, and in all.
    pub fn space(&self) -> std::io::Result<(u64, u64)> {
        // `content/` is made with the first content that is too large for a row.
        let place = self.folder.parent().unwrap_or(&self.folder);
        let found = rustix::fs::statvfs(place)?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        Ok((free, found.f_blocks.saturating_mul(found.f_frsize)))
    }
}
