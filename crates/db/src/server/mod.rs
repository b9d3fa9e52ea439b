//! PostgreSQL: a pool of connections, shared with whatever other nodes there are.

mod address;
mod migrate;
pub(crate) mod run;
mod session;
mod tls;

use std::error::Error as _;
use std::time::Duration;

use crate::{Error, Migration};
pub(crate) use deadpool_postgres::Pool;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime};
use jiff::Timestamp;
pub use session::Session;

/// Connections that a node keeps at the most. PostgreSQL allows 100 in all as it comes.
const CONNECTIONS_MAX: usize = 24;
/// How long a piece of work waits for one of them, and for a new one to be made.
const CONNECTION_WAIT: Duration = Duration::from_secs(30);
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// What the server ends by itself: a wait for a lock, a transaction that was left open.
/// And no plan reads a whole table where there is an index: our queues are empty when the
/// plan is made, and long when it is used.
const OPTIONS: &str = "-c lock_timeout=15s -c idle_in_transaction_session_timeout=60s \
     -c jit=off -c enable_seqscan=off";

/// Make the pool and bring the tables up to date.
pub(crate) async fn connect(
    address: &str,
    migrations: &[Migration],
    now: Timestamp,
) -> Result<Pool, Error> {
    let pool = pool(address)?;
    let mut client = pool.get().await.map_err(unreachable)?;
    migrate::apply(&mut client, migrations, now).await?;
    Ok(pool)
}

fn pool(address: &str) -> Result<Pool, Error> {
    let address::Address {
        mut config,
        authorities,
    } = address::read(address)?;
    if config.get_options().is_none() {
        config.options(OPTIONS);
    }
    if config.get_application_name().is_none() {
        config.application_name("sendebud");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIME_MAX);
    }
    let recycle = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let tls = tls::Tls::new(authorities.as_deref())?;
    let manager = Manager::from_config(config, tls, recycle);
    Pool::builder(manager)
        .max_size(CONNECTIONS_MAX)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(CONNECTION_WAIT))
        .create_timeout(Some(CONNECTION_WAIT))
        .build()
        .map_err(|error| Error::Address(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn unreachable(error: deadpool_postgres::PoolError) -> Error {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        words = format!("{words}: {deeper}");
        cause = deeper.source();
    }
    Error::Unreachable(words)
}
