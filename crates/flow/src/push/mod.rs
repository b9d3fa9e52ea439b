//! Tell subscribers of statuses: what `/api/subscriptions` asked for ends here. The archive
//! that speaks BEST/EDU and the operator's mailbox are among them, each told in its own way.
//!
//! Order:   claim → endpoint may be called? → sign → post → note what came of it.
//! Writes:  the outcome of the attempt, which is the delivery log.
//! Refuses: an endpoint outside the allow-list: given up, with the reason in the log.
//! Twice:   harmless. The second carries the same `webhook-id`.
//!
//! A push is laid in the transaction that records its status, so it leaves after the
//! commit and survives a restart. Pushes have hands of their own: an endpoint that hangs
//! keeps neither messages nor other subscribers waiting.

mod network;
mod sign;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;
use store::incoming;
use store::push::{self, Outcome, Push};
use store::subscription::{Own, Subscription};
use tokio::sync::watch;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

pub use network::Network;
pub(crate) use network::reason;

use crate::run::told;
use crate::{Error, Point, alert, bestedu, job};

/// How often the store is asked for pushes.
const SWEEP_TIME: Duration = Duration::from_millis(250);
/// How many pushes are on their way at once.
const PUSHES_MAX: usize = 32;
/// How long an event is tried before it is given up.
const TRY_TIME_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How long an archive that does not answer is tried: it may be down over Easter.
const ARCHIVE_TIME_MAX: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How often an archive is told what it answers that it does not take: for a quarter of an
/// hour or so. What is behind waits as long.
const REFUSALS_MAX: u32 = 10;
/// How long the log remembers what was settled.
const LOG_TIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often the log forgets.
const PURGE_TIME: Duration = Duration::from_secs(10 * 60);

/// Who may be told of statuses, and how they know that it is us.
#[derive(Clone)]
pub struct Webhooks {
    /// The only networks and hosts that endpoints may be on; every one, the machine's
    /// own link excepted, when none is given.
    pub allow: Vec<Network>,
    /// Signs each push, by the rules of Standard Webhooks.
    pub secret: Option<Zeroizing<Vec<u8>>>,
    /// Sent as `Authorization: Bearer`.
    pub bearer: Option<Zeroizing<String>>,
    /// How long a connection may take to stand. The Java one: 10 seconds.
    pub connect_time_max: Duration,
    /// How long an endpoint may take to answer. The Java one: 10 seconds.
    pub answer_time_max: Duration,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            secret: None,
            bearer: None,
            connect_time_max: Duration::from_secs(10),
            answer_time_max: Duration::from_secs(10),
        }
    }
}

impl Webhooks {
    /// Why this endpoint will never be called, if that can be told from its name.
    pub fn objection(&self, endpoint: &str) -> Option<String> {
        network::target(endpoint, &self.allow).err()
    }
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Webhooks {{ allow: {:?} }}", self.allow)
    }
}

/// Push until the shutdown is told.
pub(crate) async fn run(point: Arc<Point>, mut shutdown: watch::Receiver<bool>) {
    let client = match network::client(&point.setup.webhooks) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "no webhook can be called");
            return;
        }
    };
    let mut running = JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP_TIME);
    let mut purge = tokio::time::interval(PURGE_TIME);
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let free = PUSHES_MAX.saturating_sub(running.len());
        tokio::select! {
            () = told(&mut shutdown) => break,
            Some(_) = running.join_next(), if !running.is_empty() => continue,
            _ = purge.tick() => forget(&point).await,
            () = point.pushes.notified(), if free > 0 => {}
            _ = sweep.tick(), if free > 0 => {}
        }
        for (push, to) in claim(&point, free).await {
            let (point, client) = (Arc::clone(&point), client.clone());
            running.spawn(async move { attempt(&point, &client, &push, &to).await });
        }
    }
    while running.join_next().await.is_some() {}
}

async fn claim(point: &Point, limit: usize) -> Vec<(Push, Subscription)> {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    // Asked of a snapshot first: most of the time there is nothing, and then nothing
    // is written.
    let waiting = point.setup.store.read({
        let owner = owner.clone();
        move |tx| Box::pin(async move { push::count(tx, &owner).await })
    });
    let claimed = match waiting.await {
        Ok(0) => return Vec::new(),
        Ok(_) => {
            let work = point.setup.store.write(move |tx| {
                Box::pin(async move { push::claim(tx, &owner, limit, now).await })
            });
            work.await
        }
        Err(error) => Err(error),
    };
    claimed.unwrap_or_else(|error| {
        tracing::error!(%error, "webhooks could not be looked for");
        Vec::new()
    })
}

async fn attempt(
    point: &Point,
    client: &reqwest::Client,
    push: &Push,
    to: &Subscription,
) {
    let told = match (to.own(), &push.event) {
        (Some(Own::Archive), Some(event)) => bestedu::tell(point, event).await,
        (Some(Own::Mail), Some(event)) => {
            alert::tell(point, push, event).await.map(|()| None)
        }
        _ => tell(point, client, push, to).await.map(Some),
    };
    let to_archive = to.own() == Some(Own::Archive);
    let now = point.setup.clock.now();
    let (answer, error) = match &told {
        Ok(status) => (status.map(|status| status.as_u16()), None),
        Err(Failed::Refused(status, words)) => {
            (Some(status.as_u16()), Some(words.clone()))
        }
        Err(Failed::Answered(status)) => (
            Some(status.as_u16()),
            Some(format!("the endpoint answered {status}")),
        ),
        Err(Failed::Closed(words) | Failed::Forbidden(words)) => {
            (None, Some(words.clone()))
        }
    };
    let time_max = match to_archive {
        true => ARCHIVE_TIME_MAX,
        false => TRY_TIME_MAX,
    };
    let outcome = match &told {
        Ok(_) => Outcome::Delivered,
        Err(Failed::Forbidden(_)) => Outcome::GivenUp,
        Err(Failed::Refused(..)) if push.attempt + 1 >= REFUSALS_MAX => {
            Outcome::GivenUp
        }
        // A hello that nobody hears is not said again (rest-api §7.3).
        Err(_) if push.event.is_none() => Outcome::GivenUp,
        Err(_) if now.duration_since(push.at) > time_max => Outcome::GivenUp,
        Err(_) => Outcome::Later(job::next(now, push.attempt)),
    };
    if let Some(reason) = &error {
        let (subscription, attempt) = (push.subscription, push.attempt + 1);
        let what = match to.own() {
            Some(Own::Archive) => "an archive was not told",
            Some(Own::Mail) => "the operator was not told by mail",
            _ => "a webhook was not delivered",
        };
        tracing::warn!(subscription, attempt, reason, "{what}");
    }
    let (push, owner) = (push.clone(), point.orgnr().clone());
    let ended = to_archive && !matches!(outcome, Outcome::Later(_));
    let settled = point.setup.store.write(move |tx| {
        Box::pin(async move {
            let about = push.event.as_ref().filter(|_| ended);
            if let Some(Ok(id)) = about.map(|event| event.message_id.parse()) {
                incoming::release(tx, &owner, Some(&id)).await?;
            }
            push::settle(tx, &push, &outcome, answer, error.as_deref(), now).await
        })
    });
    if let Err(error) = settled.await {
        tracing::error!(%error, "what became of a webhook was not noted");
    }
    point.pushes.notify_one();
}

/// Why a push was not delivered.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The endpoint answered something else than 2xx.
    Answered(StatusCode),
    /// It did not answer.
    Closed(String),
    /// It answered that it does not take this, and why.
    Refused(StatusCode, String),
    /// It may not be called, or there is nothing that it could be told.
    Forbidden(String),
}

async fn tell(
    point: &Point,
    client: &reqwest::Client,
    push: &Push,
    to: &Subscription,
) -> Result<StatusCode, Failed> {
    let hooks = &point.setup.webhooks;
    let url = network::target(&to.said.push_endpoint, &hooks.allow)
        .map_err(Failed::Forbidden)?;
    let body = wire::body(push);
    let id = format!("{}-{}", point.orgnr(), push.id);
    let mut request = client
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", &id);
    if let Some(secret) = &hooks.secret {
        let at = point.setup.clock.now().as_second();
        request = request
            .header("webhook-timestamp", at)
            .header("webhook-signature", sign::sign(secret, &id, at, &body));
    }
    if let Some(bearer) = &hooks.bearer {
        request = request.bearer_auth(bearer.as_str());
    }
    match request.body(body).send().await {
        Ok(answer) if answer.status().is_success() => Ok(answer.status()),
        Ok(answer) => Err(Failed::Answered(answer.status())),
        Err(error) => Err(Failed::Closed(network::reason(error))),
    }
}

async fn forget(point: &Point) {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let Ok(before) = now.checked_sub(LOG_TIME) else {
        return;
    };
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { push::purge(tx, &owner, before).await })
    });
    if let Err(error) = work.await.map_err(Error::from) {
        tracing::error!(%error, "the log of webhooks could not be cut");
    }
}
