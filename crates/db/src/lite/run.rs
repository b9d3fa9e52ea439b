//! The threads that own connections: one that writes, a few that read.
//!
//! The writer takes whatever waits, runs each piece under a savepoint of its own,
//! commits once for all of them, and only then answers. An answer sent before the
//! commit would be a promise that a power cut could break.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{Error, Tx, Work};

/// How many pieces of work may share one commit.
const BATCH_MAX: usize = 512;
/// While pieces come faster than they are committed, a commit waits so long for others
/// to share it: less than a disk takes to sync, and a third less work in all.
const GATHER_TIME: Duration = Duration::from_millis(1);
/// Reading threads. Point reads take microseconds; two keep a slow list from queueing.
const READERS: usize = 2;

/// Runs the work, if there is a transaction to run it in, and returns how to answer
/// it, given what the commit came to.
type Piece = Box<dyn FnOnce(Result<&mut Connection, Error>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;

/// The threads and the way to them.
pub(crate) struct Lanes {
    write: Option<Sender<Piece>>,
    read: Option<Sender<Piece>>,
    threads: Vec<JoinHandle<()>>,
}

impl Lanes {
    pub(crate) fn start(
        writer: Connection,
        reader: impl Fn() -> Result<Connection, Error>,
    ) -> Result<Self, Error> {
        let (write, pieces) = channel();
        let mut threads = vec![thread("db-write", move || write_all(writer, &pieces))?];
        let (read, pieces) = channel();
        let pieces = Arc::new(Mutex::new(pieces));
        for _ in 0..READERS {
            let (connection, pieces) = (reader()?, Arc::clone(&pieces));
            threads.push(thread("db-read", move || read_all(connection, &pieces))?);
        }
        Ok(Self {
            write: Some(write),
            read: Some(read),
            threads,
        })
    }

    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        hand(self.write.as_ref(), |c| in_savepoint(c, work)).await
    }

    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        hand(self.read.as_ref(), |c| in_snapshot(c, work)).await
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        // Closing the channels ends the threads once they have done what waits.
        (self.write, self.read) = (None, None);
        for thread in self.threads.drain(..) {
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn thread(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|source| Error::File {
            path: name.to_owned(),
            source,
        })
}

/// Give a piece of work to a lane and wait for its answer.
async fn hand<T, E>(
    lane: Option<&Sender<Piece>>,
    run: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let piece: Piece = Box::new(move |connection| {
        let result = connection.map_err(E::from).and_then(run);
        Box::new(move |commit: Result<(), &str>| {
            let kept = match commit {
                Ok(()) => result,
                Err(why) => Err(Error::Commit(why.to_owned()).into()),
            };
            // The asker may have gone away; what was committed stays committed.
            let _ = answer.send(kept);
        })
    });
    lane.ok_or(Error::Closed)?
        .send(piece)
        .map_err(|_| Error::Closed)?;
    answered.await.map_err(|_| Error::Closed)?
}

fn write_all(mut connection: Connection, pieces: &Receiver<Piece>) {
    let mut busy = false;
    while let Ok(first) = pieces.recv() {
        let gathered = Instant::now() + GATHER_TIME;
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            first(Err(error.into()))(Ok(()));
            continue;
        }
        let mut answers = vec![first(Ok(&mut connection))];
        while answers.len() < BATCH_MAX
            && let Some(next) = match busy {
                true => pieces.recv_timeout(left(gathered)).ok(),
                false => pieces.try_recv().ok(),
            }
        {
            answers.push(next(Ok(&mut connection)));
        }
        busy = answers.len() > 1;
        let outcome = commit(&mut connection);
        for answer in answers {
            answer(outcome.as_ref().copied().map_err(String::as_str));
        }
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

fn commit(connection: &mut Connection) -> Result<(), String> {
    if let Err(error) = connection.execute_batch("COMMIT") {
        let _ = connection.execute_batch("ROLLBACK");
        tracing::error!(%error, "a batch could not be committed and was rolled back");
        return Err(error.to_string());
    }
    Ok(())
}

fn read_all(mut connection: Connection, pieces: &Mutex<Receiver<Piece>>) {
    loop {
        let next = {
            let Ok(pieces) = pieces.lock() else { return };
            pieces.recv()
        };
        let Ok(piece) = next else { return };
        piece(Ok(&mut connection))(Ok(()));
    }
}

fn in_savepoint<T, E, F>(connection: &mut Connection, work: F) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E>,
    E: From<Error>,
{
    bracket(
        connection,
        work,
        ["SAVEPOINT piece", "RELEASE piece", "ROLLBACK TO piece"],
    )
}

fn in_snapshot<T, E, F>(connection: &mut Connection, work: F) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E>,
    E: From<Error>,
{
    bracket(connection, work, ["BEGIN", "COMMIT", "ROLLBACK"])
}

/// Run the work between an opening and a closing statement, undone if it fails.
fn bracket<T, E, F>(
    connection: &mut Connection,
    work: F,
    [open, keep, undo]: [&str; 3],
) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E>,
    E: From<Error>,
{
    let run = |c: &mut Connection, sql| {
        c.prepare_cached(sql)
            .and_then(|mut s| s.execute([]))
            .map_err(Error::from)
    };
    run(connection, open)?;
    match ready(connection, work) {
        Ok(value) => {
            run(connection, keep)?;
            Ok(value)
        }
        Err(error) => {
            run(connection, undo)?;
            if undo.starts_with("ROLLBACK TO") {
                run(connection, keep)?;
            }
            Err(error)
        }
    }
}

/// Poll the work once: with SQLite it never has to wait.
fn ready<T, E, F>(connection: &mut Connection, work: F) -> Result<T, E>
where
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> Work<'a, T, E>,
    E: From<Error>,
{
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let mut tx = Tx::Lite(connection);
        let mut future = work(&mut tx);
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }));
    match polled {
        Ok(Poll::Ready(result)) => result,
        Ok(Poll::Pending) => Err(Error::Waited.into()),
        Err(_) => Err(Error::Panicked.into()),
    }
}
