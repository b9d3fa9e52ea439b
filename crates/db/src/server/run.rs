//! Transactions, each in a task of its own: an asker that goes away does not take half
//! a transaction with it.

#![expect(
    clippy::disallowed_methods,
    reason = "the task lives as long as one transaction, whose end is awaited"
)]

use deadpool_postgres::Pool;
use tokio_postgres::IsolationLevel;

use super::session::Session;
use super::unreachable;
use crate::{Error, Tx, Work};

/// How often a piece of work is run until it is not sent back.
const TRIES_MAX: u32 = 10;

/// Run the work in a transaction and commit it.
pub(crate) async fn write<T, E, F>(pool: &Pool, work: F) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let mut work = Some(work);
    apart(pool, move || work.take(), true).await
}

/// The same, as often as it takes until the server does not send it back.
pub(crate) async fn insist<T, E, F>(pool: &Pool, work: F) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Clone + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    apart(pool, move || Some(work.clone()), true).await
}

/// Run the work on one snapshot.
pub(crate) async fn read<T, E, F>(pool: &Pool, work: F) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let mut work = Some(work);
    apart(pool, move || work.take(), false).await
}

async fn apart<T, E, F>(
    pool: &Pool,
    mut next: impl FnMut() -> Option<F> + Send + 'static,
    writes: bool,
) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let pool = pool.clone();
    let task = tokio::spawn(async move {
        let mut tries = 1;
        let mut waiting = next();
        while let Some(work) = waiting.take() {
            match once(&pool, work, writes).await {
                Ok(value) => return Ok(value),
                Err(Undone::Unbegun(work, _)) if tries < TRIES_MAX => {
                    waiting = Some(work);
                }
                Err(Undone::Sent(error)) => {
                    waiting = next().filter(|_| tries < TRIES_MAX);
                    if waiting.is_none() {
                        return Err(error);
                    }
                }
                Err(Undone::Unbegun(_, error) | Undone::Failed(error)) => {
                    return Err(error);
                }
            }
            tries += 1;
        }
        Err(Error::Closed.into())
    });
    match task.await {
        Ok(result) => result,
        Err(lost) if lost.is_panic() => Err(Error::Panicked.into()),
        Err(_) => Err(Error::Closed.into()),
    }
}

/// Nothing of the work was kept.
enum Undone<F, E> {
    /// It was not begun.
    Unbegun(F, E),
    /// It was sent back in favour of another.
    Sent(E),
    /// It failed.
    Failed(E),
}

async fn once<T, E, F>(pool: &Pool, work: F, writes: bool) -> Result<T, Undone<F, E>>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send,
    E: From<Error>,
{
    let failed = |error: Error| Undone::Failed(error.into());
    let mut client = pool.get().await.map_err(|e| failed(unreachable(e)))?;
    let begin = match writes {
        true => client.build_transaction(),
        // Several queries of one piece see the same.
        false => client
            .build_transaction()
            .read_only(true)
            .isolation_level(IsolationLevel::RepeatableRead),
    };
    let transaction = match begin.start().await {
        Ok(transaction) => transaction,
        Err(error) => return Err(Undone::Unbegun(work, Error::from(error).into())),
    };
    let mut tx = Tx::Server(Session::new(&transaction, writes));
    let result = work(&mut tx).await;
    let sent_back = matches!(&tx, Tx::Server(session) if session.sent_back());
    match result {
        Ok(value) => {
            let committed = transaction.commit().await;
            committed.map_err(|error| failed(Error::Commit(error.to_string())))?;
            Ok(value)
        }
        Err(error) => {
            // If this fails too, the line is lost and the server has rolled back.
            let _ = transaction.rollback().await;
            Err(match sent_back {
                true => Undone::Sent(error),
                false => Undone::Failed(error),
            })
        }
    }
}
