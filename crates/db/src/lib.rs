//! The database: transactions, snapshots, migrations. SQLite for one node, PostgreSQL
//! for any number of them.
//!
//! [`Db::write`] takes a piece of work, runs it inside a transaction and answers when
//! the commit is on stable storage. A piece that fails is rolled back alone.
//!
//! The work is written once, as an `async` function over [`Tx`]. On SQLite there is one
//! writer: pieces that come together share a commit, and each is polled once, in the
//! writer's thread, and must be ready. A transaction that waits for anything but the
//! database is a bug and is refused, which is how "no network inside a transaction" is
//! kept. On PostgreSQL pieces run beside each other, each on a connection of its own;
//! what one of them reads in order to change it, it locks ([`Tx::for_update`]).

mod error;
mod lite;
mod migrate;
mod server;
mod tx;
mod value;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

pub use error::Error;
pub use migrate::Migration;
pub use server::Session;
pub use tx::Tx;
pub use value::{Row, Value};

use ambient::Clock;

/// Work inside a transaction: a boxed future that borrows it.
pub type Work<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// An open database. Cheap to clone; the last clone that goes away closes it.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Lite(Arc<lite::run::Lanes>),
    Server(server::Pool),
}

impl Db {
    /// Open a SQLite file, creating it when absent, and bring its tables up to date.
    ///
    /// Fails when the file cannot be opened, is no database, was written by a newer
    /// program, or holds a migration that differs from ours.
    pub fn open(
        path: &Path,
        migrations: &[Migration],
        clock: &Clock,
    ) -> Result<Self, Error> {
        let lanes = lite::open(path, migrations, clock.now())?;
        Ok(Self {
            engine: Engine::Lite(Arc::new(lanes)),
        })
    }

    /// Connect to a PostgreSQL database, `postgresql://user:password@host/database`,
    /// and bring its tables up to date. Nodes that start together do so one by one.
    ///
    /// Fails when the address cannot be read or reached, and as [`Db::open`] does.
    pub async fn connect(
        address: &str,
        migrations: &[Migration],
        clock: &Clock,
    ) -> Result<Self, Error> {
        let pool = server::connect(address, migrations, clock.now()).await?;
        Ok(Self {
            engine: Engine::Server(pool),
        })
    }

    /// Whether other nodes may be at work on the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Server(_))
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
        match &self.engine {
            Engine::Lite(lanes) => lanes.write(work).await,
            Engine::Server(pool) => server::run::write(pool, work).await,
        }
    }

    /// The same for work that may be run more than once: of two transactions that wait
    /// for each other a server sends one back, and that is run again.
    pub async fn insist<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.engine {
            Engine::Lite(lanes) => lanes.write(work).await,
            Engine::Server(pool) => server::run::insist(pool, work).await,
        }
    }

    /// Run the work on a snapshot of what is committed. It must not write.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match &self.engine {
            Engine::Lite(lanes) => lanes.read(work).await,
            Engine::Server(pool) => server::run::read(pool, work).await,
        }
    }
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.engine {
            Engine::Lite(_) => "Db(SQLite)",
            Engine::Server(_) => "Db(PostgreSQL)",
        })
    }
}
