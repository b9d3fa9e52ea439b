//! Pushes: what subscribers are to be told, and what became of telling them.
//!
//! A push is born in the transaction that records the status, so that nobody is told of
//! what was not committed, and whoever is to be told is told.

use std::time::Duration;

use db::{Row, Tx, Value};
use jiff::Timestamp;
use sbd::{Orgnr, Status};

use crate::error::typed;
use crate::page::{Ask, Page};
use crate::status::moment;
use crate::subscription::{Filter, Subscription};
use crate::{Error, id};

/// For how long a push belongs to the process that took it.
const LEASE_TIME: Duration = Duration::from_secs(60);
/// How many pushes of one subscription are on their way at once, so that an endpoint
/// that hangs does not hold every hand.
const PER_SUBSCRIPTION_MAX: usize = 4;

/// A push as it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Number of the row, the same at each attempt.
    pub id: i64,
    /// The subscription's number.
    pub subscription: i64,
    /// What is told; none for a ping.
    pub event: Option<Event>,
    /// When the event was recorded.
    pub at: Timestamp,
    /// How often it has been tried before.
    pub attempt: u32,
}

/// A status of a message, as a subscriber is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the wire's; see rest-api §7.3")]
pub struct Event {
    pub message_id: String,
    pub conversation_id: String,
    pub direction: String,
    pub service: String,
    pub status: Status,
    pub description: Option<String>,
}

/// A push and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The push.
    pub push: Push,
    /// `waiting`, `delivered` or `given up`.
    pub state: String,
    /// The status code that the endpoint answered last.
    pub answer: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was delivered or given up.
    pub settled_at: Option<Timestamp>,
}

/// The column behind a property of a push, for sorting and filters.
pub fn column(property: &str) -> Option<&'static str> {
    Some(match property {
        "id" => "id",
        "messageId" => "message_id",
        "status" => "status",
        "state" => "state",
        "createdTs" => "at",
        "attempts" => "attempt",
        _ => return None,
    })
}

/// A status was recorded: lay a push for everyone who asked for it.
pub(crate) async fn announce(
    tx: &mut Tx<'_>,
    conversation: i64,
    status: Status,
    description: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let asked = tx
        .query(
            "SELECT s.id, s.filter, c.owner, c.message_id,
                 COALESCE(c.conversation_id, c.message_id), direction, service
             FROM conversation AS c JOIN subscription AS s ON s.owner = c.owner
             JOIN correspondence ON correspondence.id = c.correspondence
             WHERE c.id = $1 AND s.event IN ('all', 'status')
             ORDER BY s.id",
            &[conversation.into()],
        )
        .await?;
    for row in asked {
        let filter = row.maybe_text(1)?.map(str::parse::<Filter>).transpose();
        let wanted = filter.ok().flatten().is_none_or(|filter| {
            let (direction, service) = (text(&row, 5), text(&row, 6));
            filter.admits(&status.to_string(), &direction, &service)
        });
        if wanted {
            let event = Event {
                message_id: id::shown(row.blob(3)?)?,
                conversation_id: id::shown(row.blob(4)?)?,
                direction: text(&row, 5),
                service: text(&row, 6),
                status,
                description: description.map(str::to_owned),
            };
            lay(tx, &text(&row, 2), row.int(0)?, Some(&event), now).await?;
        }
    }
    Ok(())
}

/// Say hello to an endpoint that has just been named.
pub async fn ping(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    subscription: i64,
    now: Timestamp,
) -> Result<(), Error> {
    lay(tx, owner.as_str(), subscription, None, now).await
}

async fn lay(
    tx: &mut Tx<'_>,
    owner: &str,
    subscription: i64,
    event: Option<&Event>,
    now: Timestamp,
) -> Result<(), Error> {
    let empty = || Value::Text(String::new());
    let part = |pick: fn(&Event) -> &str| event.map_or_else(empty, |e| pick(e).into());
    tx.exec(
        "INSERT INTO push (owner, subscription, message_id, conversation_id, direction,
             service, status, description, at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting')",
        &[
            owner.into(),
            subscription.into(),
            part(|e| &e.message_id),
            part(|e| &e.conversation_id),
            part(|e| &e.direction),
            part(|e| &e.service),
            event.map_or_else(empty, |e| e.status.to_string().into()),
            event.and_then(|e| e.description.as_deref()).into(),
            now.as_microsecond().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Claim pushes, oldest first, at most so many. Of a subscription whose endpoint failed
/// only the oldest is tried; about one message there is one on its way at a time.
pub async fn claim(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<(Push, Subscription)>, Error> {
    let mut claimed = Vec::new();
    for (subscription, failures) in crate::subscription::awake(tx, owner, now).await? {
        if claimed.len() >= limit {
            break;
        }
        let max = if failures > 0 {
            1
        } else {
            PER_SUBSCRIPTION_MAX
        };
        let sql = format!(
            "SELECT {COLUMNS}, leased_until FROM push
             WHERE subscription = $1 AND state = 'waiting' ORDER BY id LIMIT {max}{}",
            tx.skip_locked()
        );
        let rows = tx.query(&sql, &[subscription.id.into()]).await?;
        let mut before: Vec<String> = Vec::new();
        for row in &rows {
            let (push, message) = (read(row)?, text(row, 2));
            let free = row.int(LEASED)? <= now.as_microsecond();
            if free && (message.is_empty() || !before.contains(&message)) {
                lease(tx, push.id, now).await?;
                claimed.push((push, subscription.clone()));
            }
            before.push(message);
        }
    }
    claimed.truncate(limit);
    Ok(claimed)
}

async fn lease(tx: &mut Tx<'_>, id: i64, now: Timestamp) -> Result<(), Error> {
    let lease = i64::try_from(LEASE_TIME.as_micros()).unwrap_or(i64::MAX);
    let until = now.as_microsecond().saturating_add(lease);
    let sql = "UPDATE push SET leased_until = $1 WHERE id = $2";
    tx.exec(sql, &[until.into(), id.into()]).await?;
    Ok(())
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The endpoint answered 2xx.
    Delivered,
    /// It did not; try again at the given time, and the subscription's others not
    /// before that.
    Later(Timestamp),
    /// It did not, and it is not tried again.
    GivenUp,
}

/// Note an attempt: its outcome, what the endpoint answered, and why it failed.
pub async fn settle(
    tx: &mut Tx<'_>,
    push: &Push,
    outcome: &Outcome,
    answer: Option<u16>,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let state = match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Later(_) => "waiting",
        Outcome::GivenUp => "given up",
    };
    let settled = (state != "waiting").then(|| now.as_microsecond());
    tx.exec(
        "UPDATE push SET state = $1, leased_until = 0, attempt = attempt + 1,
             answer = $2, last_error = $3, settled_at = $4
         WHERE id = $5",
        &[
            state.into(),
            answer.map(i64::from).into(),
            error.into(),
            settled.into(),
            push.id.into(),
        ],
    )
    .await?;
    let paused = match outcome {
        Outcome::Later(at) => at.as_microsecond(),
        _ => 0,
    };
    let sql = if *outcome == Outcome::Delivered {
        "UPDATE subscription SET failures = 0, paused_until = $1
         WHERE id = $2 AND failures > 0"
    } else {
        "UPDATE subscription SET failures = failures + 1, paused_until = $1
         WHERE id = $2"
    };
    tx.exec(sql, &[paused.into(), push.subscription.into()])
        .await?;
    Ok(())
}

/// A page of the log of one subscription.
pub async fn list(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    subscription: i64,
    ask: Ask,
) -> Result<Page<Pushed>, Error> {
    let columns = format!("{COLUMNS}, state, answer, last_error, settled_at");
    ask.equal("owner", owner.as_str())
        .equal("subscription", subscription)
        .run(tx, &columns, "push", |row| {
            Ok(Pushed {
                push: read(row)?,
                state: row.text(LEASED)?.to_owned(),
                answer: row.maybe_int(LEASED + 1)?,
                last_error: row.maybe_text(LEASED + 2)?.map(str::to_owned),
                settled_at: row.maybe_int(LEASED + 3)?.map(moment),
            })
        })
        .await
}

/// How many wait.
pub async fn count(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM push JOIN subscription ON
                   subscription.id = push.subscription
               WHERE push.owner = $1 AND state = 'waiting' AND resource <> 'queue'";
    let row = tx.one(sql, &[owner.as_str().into()]).await?;
    Ok(row
        .map(|r| r.int(0))
        .transpose()?
        .unwrap_or(0)
        .unsigned_abs())
}

/// Forget what was settled before this time.
pub async fn purge(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    before: Timestamp,
) -> Result<u64, Error> {
    let sql = "DELETE FROM push WHERE settled_at < $1 AND owner = $2";
    let values = [before.as_microsecond().into(), owner.as_str().into()];
    Ok(tx.exec(sql, &values).await?)
}

const COLUMNS: &str = "id, subscription, message_id, conversation_id, direction, \
    service, status, description, at, attempt";
/// The first column after those.
const LEASED: usize = 10;

fn read(row: &Row) -> Result<Push, Error> {
    let message_id = row.text(2)?.to_owned();
    let event = if message_id.is_empty() {
        None
    } else {
        Some(Event {
            message_id,
            conversation_id: row.text(3)?.to_owned(),
            direction: row.text(4)?.to_owned(),
            service: row.text(5)?.to_owned(),
            status: typed(row.text(6)?, "a status")?,
            description: row.maybe_text(7)?.map(str::to_owned),
        })
    };
    Ok(Push {
        id: row.int(0)?,
        subscription: row.int(1)?,
        event,
        at: moment(row.int(8)?),
        attempt: u32::try_from(row.int(9)?).unwrap_or(u32::MAX),
    })
}

fn text(row: &Row, column: usize) -> String {
    row.text(column).unwrap_or_default().to_owned()
}
