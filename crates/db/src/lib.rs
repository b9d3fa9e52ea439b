//! One database, one writer: transactions that share a commit, readers beside them,
//! migrations.
//!
//! [`Db::write`] takes a piece of work, runs it inside a transaction and answers when
//! the commit is on stable storage. Many such pieces share one commit: while the disk
//! syncs, the next batch gathers. A piece that fails is rolled back alone.
//!
//! The work is written as an `async` function over [`Tx`], so that the same text can
//! run on a server database. On SQLite it is polled once, in the writer's thread, and
//! must be ready: a transaction that waits for anything but the database is a bug and
//! is refused, which is how "no network inside a transaction" is kept.

mod error;
mod migrate;
mod open;
mod run;
mod tx;
mod value;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

pub use error::Error;
pub use migrate::Migration;
pub use tx::Tx;
pub use value::{Row, Value};

use ambient::Clock;

/// Work inside a transaction: a boxed future that borrows it.
pub type Work<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// An open database. Cheap to clone; the last clone that goes away closes it.
#[derive(Clone)]
pub struct Db {
    lanes: Arc<run::Lanes>,
}

impl Db {
    /// Open the file, creating it when absent, and bring its tables up to date.
    ///
    /// Fails when the file cannot be opened, is no database, was written by a newer
    /// program, or holds a migration that differs from ours.
    pub fn open(
        path: &Path,
        migrations: &[Migration],
        clock: &Clock,
    ) -> Result<Self, Error> {
        let mut writer = open::writer(path)?;
        migrate::apply(&mut writer, migrations, clock.now())?;
        let lanes = run::Lanes::start(writer, || open::reader(path))?;
        Ok(Self {
            lanes: Arc::new(lanes),
        })
    }

    /// Run the work in a transaction of its own and answer when it is durable.
    ///
    /// An error from the work rolls back what it did and nothing else.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.lanes.write(work).await
    }

    /// Run the work on a reader's snapshot, beside the writer. It must not write.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.lanes.read(work).await
    }
}
