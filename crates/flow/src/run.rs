//! The loops of an access point: carry out jobs, receive, watch levetid.
//!
//! Each ends when the shutdown is told: what runs is finished, nothing new is begun.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use transport::Received;

use crate::incoming::receive;
use crate::job::Ready;
use crate::{Error, Point, expiry, job, lease, push, retention};

/// How often the store is asked for jobs that nobody runs: retries that are due, and
/// what a crash left. New jobs do not wait for it.
const SWEEP_TIME: Duration = Duration::from_millis(500);
/// How often levetid is looked at.
const EXPIRY_TIME: Duration = Duration::from_secs(1);
/// How often what is old is forgotten.
const PURGE_TIME: Duration = Duration::from_secs(60 * 60);
/// How long one request for messages waits when there are none.
const RECEIVE_WAIT: Duration = Duration::from_secs(30);
/// Pause after the message service could not be reached, or our store failed.
const PAUSE_TIME: Duration = Duration::from_secs(1);

impl Point {
    /// Work until the shutdown turns true; answers when the last job is settled.
    pub async fn run(self: Arc<Self>, shutdown: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        loops.spawn(work(Arc::clone(&self), shutdown.clone()));
        loops.spawn(listen(Arc::clone(&self), shutdown.clone()));
        loops.spawn(forget(Arc::clone(&self), shutdown.clone()));
        loops.spawn(push::run(Arc::clone(&self), shutdown.clone()));
        loops.spawn(watch_levetid(self, shutdown));
        while loops.join_next().await.is_some() {}
    }
}

/// Carry out jobs: those just made come by the channel, the rest are claimed.
async fn work(point: Arc<Point>, mut shutdown: watch::Receiver<bool>) {
    let Some(mut made) = taken(&point) else {
        return;
    };
    let mut running = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP_TIME);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let free = point.setup.limits.jobs_max.saturating_sub(running.len());
        tokio::select! {
            biased;
            () = told(&mut shutdown) => break,
            Some(ready) = made.recv(), if free > 0 => start(&mut running, &point, ready),
            Some(_) = running.join_next(), if !running.is_empty() => {}
            () = point.wake.notified(), if free > 0 => {
                claim(&mut running, &point, free).await;
            }
            _ = sweep.tick() => {
                if let Err(error) = lease::renew(&point).await {
                    tracing::error!(%error, "leases could not be renewed");
                }
                if free > 0 {
                    claim(&mut running, &point, free).await;
                }
            }
        }
    }
    while running.join_next().await.is_some() {}
}

/// Wait until the shutdown is told, or until nobody is left to tell it.
pub(crate) async fn told(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

fn taken(point: &Point) -> Option<mpsc::Receiver<Ready>> {
    point
        .waiting
        .lock()
        .expect("nobody panics while holding it")
        .take()
}

fn start(running: &mut JoinSet<()>, point: &Arc<Point>, ready: Ready) {
    let point = Arc::clone(point);
    running.spawn(async move { job::run(&point, ready).await });
}

async fn claim(running: &mut JoinSet<()>, point: &Arc<Point>, free: usize) {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let limit = u32::try_from(free).unwrap_or(u32::MAX);
    let claimed = point
        .setup
        .store
        .write(move |tx| {
            Box::pin(async move { store::job::claim(tx, &owner, limit, now).await })
        })
        .await;
    match claimed {
        Ok(jobs) => {
            for job in jobs {
                point.held.take(job.row, now);
                start(running, point, job.into());
            }
        }
        Err(error) => tracing::error!(%error, "jobs could not be claimed"),
    }
}

/// Fetch messages and keep them, several at once, no more than we have room for.
async fn listen(point: Arc<Point>, mut shutdown: watch::Receiver<bool>) {
    let max = point.setup.limits.receive_max;
    let mut kept = JoinSet::new();
    let mut fetch = None;
    loop {
        if fetch.is_none() && kept.len() < max {
            fetch = Some(Box::pin(fetch_some(&point, max - kept.len())));
        }
        tokio::select! {
            () = told(&mut shutdown) => break,
            Some(_) = kept.join_next(), if !kept.is_empty() => {}
            batch = async { fetch.as_mut().expect("guarded").await }, if fetch.is_some() => {
                fetch = None;
                for received in batch {
                    let point = Arc::clone(&point);
                    kept.spawn(async move { keep(&point, received).await });
                }
            }
        }
    }
    drop(fetch);
    while kept.join_next().await.is_some() {}
}

async fn fetch_some(point: &Point, max: usize) -> Vec<Received> {
    let received = point.setup.transport.receive(max, RECEIVE_WAIT).await;
    let reason = received.as_ref().err().map(ToString::to_string);
    *point
        .road_closed
        .lock()
        .expect("nobody panics while holding it") = reason;
    match received {
        Ok(batch) => batch,
        Err(error) => {
            tracing::warn!(%error, "the message service cannot be read from");
            tokio::time::sleep(PAUSE_TIME).await;
            Vec::new()
        }
    }
}

/// Keep one message. While our own store fails it is tried again and nothing more is
/// fetched in its place, so a full disk does not use up the message's deliveries.
async fn keep(point: &Point, received: Received) {
    loop {
        match receive::receive(point, &received).await {
            Ok(_) => return,
            Err(error @ Error::Store(_)) => {
                tracing::error!(%error, "a received message cannot be kept yet");
                tokio::time::sleep(PAUSE_TIME).await;
            }
            Err(error) => {
                tracing::warn!(%error, "a received message is left for its redelivery");
                return;
            }
        }
    }
}

async fn forget(point: Arc<Point>, mut shutdown: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(PURGE_TIME);
    loop {
        tokio::select! {
            () = told(&mut shutdown) => return,
            _ = tick.tick() => {
                if let Err(error) = retention::purge(&point).await {
                    tracing::error!(%error, "what is old could not be forgotten");
                }
            }
        }
    }
}

async fn watch_levetid(point: Arc<Point>, mut shutdown: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(EXPIRY_TIME);
    loop {
        tokio::select! {
            () = told(&mut shutdown) => return,
            _ = tick.tick() => {
                if let Err(error) = expiry::expire(&point).await {
                    tracing::error!(%error, "levetid could not be looked at");
                }
            }
        }
    }
}
