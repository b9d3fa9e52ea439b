//! The work that outlives a request: one job, one file, one outcome.
//!
//! Read [`run`] first. A job may run twice; each file says why that is harmless.

use std::time::Duration;

use fault::Fault;
use jiff::Timestamp;
use store::job::{Birth, Job, Task};
use tokio::sync::mpsc::OwnedPermit;

use crate::outgoing::Load;
use crate::time::after;
use crate::{Error, Point, outgoing, report};

/// Jobs that wait in memory for a hand; further ones wait in the store alone.
pub(crate) const JOBS_WAITING_MAX: usize = 256;
/// Time between two tries: doubled from the first to the last of these.
const RETRY_TIME_MIN: Duration = Duration::from_secs(1);
const RETRY_TIME_MAX: Duration = Duration::from_secs(5 * 60);

/// A job to be carried out, with what its maker had at hand for it.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) job: Job,
    pub(crate) load: Option<Box<Load>>,
}

impl From<Job> for Ready {
    fn from(job: Job) -> Self {
        Self { job, load: None }
    }
}

/// Carry the job out and commit what came of it.
#[tracing::instrument(
    name = "job",
    skip_all,
    fields(
        message.id = %ready.job.message_id,
        job.attempt = ready.job.attempt,
        otel.name = ready.job.task.name(),
        otel.status_code,
    )
)]
pub(crate) async fn run(point: &Point, ready: Ready) {
    let Ready { job, load } = ready;
    let result = match &job.task {
        Task::Deliver => outgoing::deliver(point, &job, load).await,
        Task::Report { status, sbd } => report::report(point, &job, *status, sbd).await,
    };
    let settled = match result {
        Ok(()) => Ok(()),
        Err(error) => {
            tracing::Span::current().record("otel.status_code", "ERROR");
            fail(point, &job, &error).await
        }
    };
    point.held.let_go(job.row);
    if let Err(error) = settled {
        // Its lease runs out and it is tried again; nothing is lost by waiting.
        tracing::error!(message.id = %job.message_id, %error, "a job was not settled");
    }
}

/// What passes is tried again; what does not is given up, and the reason is told.
async fn fail(point: &Point, job: &Job, error: &Error) -> Result<(), Error> {
    let attempt = job.attempt + 1;
    let reason = error.to_string();
    if error.fault() == Fault::Link || matches!(error, Error::Certificate(_)) {
        tracing::warn!(
            message.id = %job.message_id, attempt, reason, "a job is tried again later"
        );
        return retry(point, job, reason).await;
    }
    tracing::error!(message.id = %job.message_id, attempt, reason, "a job is given up");
    match &job.task {
        Task::Deliver => outgoing::give_up(point, job, reason).await,
        Task::Report { .. } => retry(point, job, reason).await,
    }
}

async fn retry(point: &Point, job: &Job, reason: String) -> Result<(), Error> {
    let (row, at) = (job.row, next(point.setup.clock.now(), job.attempt));
    point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move {
                Ok::<_, Error>(store::job::retry(tx, row, at, &reason).await?)
            })
        })
        .await
}

/// When to try again after this many tries.
pub(crate) fn next(now: Timestamp, attempt: u32) -> Timestamp {
    let time = RETRY_TIME_MIN.saturating_mul(1 << attempt.min(16));
    after(now, time.min(RETRY_TIME_MAX))
}

/// Who will carry out a job that is about to be made.
pub(crate) enum Hand {
    /// We, as soon as it is committed.
    Free(OwnedPermit<Ready>),
    /// Whoever of us is free next.
    Busy,
    /// Whoever of us is free then.
    Later(Timestamp),
}

impl Point {
    /// Look for a free hand before the transaction that makes the job.
    pub(crate) fn hand(&self) -> Hand {
        match self.jobs.clone().try_reserve_owned() {
            Ok(permit) => Hand::Free(permit),
            Err(_) => Hand::Busy,
        }
    }

    /// The same for a job that tells a sender of a status.
    pub(crate) fn reporter(&self) -> Hand {
        let delay = self.setup.limits.status_delay;
        if delay.is_zero() {
            return self.hand();
        }
        Hand::Later(after(self.setup.clock.now(), delay))
    }
}

impl Hand {
    pub(crate) fn birth(&self) -> Birth {
        match self {
            Hand::Free(_) => Birth::Leased,
            Hand::Busy => Birth::Free,
            Hand::Later(at) => Birth::Due(*at),
        }
    }

    /// After the commit: run it now, or leave it to whoever is free next.
    pub(crate) fn start(self, point: &Point, ready: Option<Ready>) {
        match (self, ready) {
            (Hand::Free(permit), Some(ready)) => {
                point.held.take(ready.job.row, point.setup.clock.now());
                drop(permit.send(ready));
            }
            (Hand::Busy, _) => point.wake.notify_one(),
            // It waits for its time, or for an earlier job about the same message.
            (Hand::Later(_) | Hand::Free(_), _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_spread_and_never_more_than_five_minutes_apart() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let seconds = |attempt| next(now, attempt).as_second() - now.as_second();
        assert_eq!(
            [0, 1, 2, 3, 8, 9, 40].map(seconds),
            [1, 2, 4, 8, 256, 300, 300]
        );
    }
}
