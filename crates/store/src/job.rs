//! Jobs: work that outlives a request.
//!
//! A job is born leased to the process that commits it, which runs it at once without
//! asking the database again. Whoever lost its process, or found no free hand, is
//! claimed when its lease has run out. So a job may run twice, and must not mind.
//!
//! Jobs about one message run one after the other, in the order in which they were made:
//! LEVERT does not overtake MOTTATT, however often the road was closed to the latter.

use std::time::Duration;

use db::{Row, Tx, Value};
use jiff::Timestamp;
use sbd::{MessageId, Orgnr, Status};

use crate::Error;
use crate::error::typed;

/// For how long a job belongs to the process that took it, unless that renews it. The
/// clocks of nodes that share a database may differ by less than this.
pub const LEASE_TIME: Duration = Duration::from_secs(10);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Pack the outgoing message and hand it to the message service.
    Deliver,
    /// Tell the sender of an incoming message what became of it.
    Report {
        /// The status to tell of.
        status: Status,
        /// The SBD of the message that it is about, as JSON.
        sbd: String,
    },
}

impl Task {
    /// One word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Report { .. } => "report",
        }
    }
}

/// A job as it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Number of the row.
    pub row: i64,
    /// Whose it is.
    pub owner: Orgnr,
    /// The message that it is about.
    pub message_id: MessageId,
    /// What is to be done.
    pub task: Task,
    /// How often it has been tried before.
    pub attempt: u32,
}

/// Whether a new job is run at once by the process that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// The maker has a free hand and keeps it.
    Leased,
    /// Anyone may claim it.
    Free,
    /// Anyone may claim it from this time on.
    Due(Timestamp),
}

/// Add a job; answers it when the maker may run it at once.
pub async fn add(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    message_id: &MessageId,
    task: Task,
    birth: Birth,
    now: Timestamp,
) -> Result<Option<Job>, Error> {
    let (status, sbd) = match &task {
        Task::Deliver => (None, None),
        Task::Report { status, sbd } => (Some(status.to_string()), Some(sbd.as_str())),
    };
    let (due_at, leased_until) = match birth {
        Birth::Leased => (now, after(now, LEASE_TIME)),
        Birth::Free => (now, 0),
        Birth::Due(at) => (at, 0),
    };
    let row = tx
        .one(
            "INSERT INTO job (owner, kind, message_id, status, sbd, due_at,
                 leased_until, created_at)
             VALUES ($1, $2, $3, $4, $5, $6,
                 CASE WHEN EXISTS (SELECT 1 FROM job AS earlier
                     WHERE earlier.owner = $1 AND earlier.message_id = $3)
                 THEN 0 ELSE $7 END, $8)
             RETURNING id, leased_until",
            &[
                owner.as_str().into(),
                task.name().into(),
                message_id.as_str().into(),
                status.into(),
                sbd.into(),
                due_at.as_microsecond().into(),
                leased_until.into(),
                now.as_microsecond().into(),
            ],
        )
        .await?
        .ok_or(db::Error::Closed)?;
    let ours = row.int(1)? > 0;
    let row = row.int(0)?;
    Ok(ours.then_some(Job {
        row,
        owner: owner.clone(),
        message_id: message_id.clone(),
        task,
        attempt: 0,
    }))
}

/// Claim jobs that are due, that nobody holds and that wait for no other, oldest first.
pub async fn claim(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<Job>, Error> {
    let sql = format!(
        "UPDATE job SET leased_until = $1
         WHERE id IN (SELECT id FROM job
                      WHERE due_at <= $2 AND leased_until <= $2 AND owner = $3
                        AND NOT EXISTS (SELECT 1 FROM job AS earlier
                            WHERE earlier.owner = job.owner
                              AND earlier.message_id = job.message_id
                              AND earlier.id < job.id)
                      ORDER BY due_at, id LIMIT $4{})
         RETURNING id, owner, message_id, kind, status, sbd, attempt",
        tx.skip_locked()
    );
    let values = [
        Value::Int(after(now, LEASE_TIME)),
        now.as_microsecond().into(),
        owner.as_str().into(),
        limit.into(),
    ];
    tx.query(&sql, &values).await?.iter().map(read).collect()
}

/// We are still at these jobs: they are ours for another while.
pub async fn renew(tx: &mut Tx<'_>, rows: &[i64], now: Timestamp) -> Result<(), Error> {
    for row in rows {
        let sql = "UPDATE job SET leased_until = $1 WHERE id = $2 AND leased_until > 0";
        let until = Value::Int(after(now, LEASE_TIME));
        tx.exec(sql, &[until, (*row).into()]).await?;
    }
    Ok(())
}

/// The job is done. True when another about the same message waited for it.
pub async fn done(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
    row: i64,
) -> Result<bool, Error> {
    tx.exec("DELETE FROM job WHERE id = $1", &[row.into()])
        .await?;
    let sql = "SELECT 1 FROM job WHERE owner = $1 AND message_id = $2 LIMIT 1";
    let values = [owner.as_str().into(), id.as_str().into()];
    Ok(tx.one(sql, &values).await?.is_some())
}

/// Try again at the given time; the reason is kept for the operator.
pub async fn retry(
    tx: &mut Tx<'_>,
    row: i64,
    at: Timestamp,
    reason: &str,
) -> Result<(), Error> {
    tx.exec(
        "UPDATE job SET due_at = $1, leased_until = 0, attempt = attempt + 1,
             last_error = $2
         WHERE id = $3",
        &[at.as_microsecond().into(), reason.into(), row.into()],
    )
    .await?;
    Ok(())
}

/// The road is open again: those that waited for it are due now.
pub async fn hurry(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    now: Timestamp,
) -> Result<u64, Error> {
    let sql = "UPDATE job SET due_at = $1
               WHERE owner = $2 AND due_at > $1 AND leased_until <= $1";
    Ok(tx
        .exec(sql, &[now.as_microsecond().into(), owner.as_str().into()])
        .await?)
}

/// Drop the jobs of a message that is withdrawn before it was sent.
pub async fn cancel(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<(), Error> {
    let sql =
        "DELETE FROM job WHERE owner = $1 AND message_id = $2 AND kind = 'deliver'";
    tx.exec(sql, &[owner.as_str().into(), id.as_str().into()])
        .await?;
    Ok(())
}

/// Whether the message is to be delivered.
pub async fn delivers(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: &MessageId,
) -> Result<bool, Error> {
    let sql =
        "SELECT 1 FROM job WHERE owner = $1 AND message_id = $2 AND kind = 'deliver'";
    let values = [owner.as_str().into(), id.as_str().into()];
    Ok(tx.one(sql, &values).await?.is_some())
}

/// How many are waiting or running, and how often the most tried one has failed.
pub async fn count(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<(u64, u64), Error> {
    let sql = "SELECT count(*), coalesce(max(attempt), 0) FROM job WHERE owner = $1";
    let Some(row) = tx.one(sql, &[owner.as_str().into()]).await? else {
        return Ok((0, 0));
    };
    Ok((row.int(0)?.unsigned_abs(), row.int(1)?.unsigned_abs()))
}

/// At the start of the only node: whatever is leased was lost with the one before.
pub(crate) async fn release(tx: &mut Tx<'_>) -> Result<(), Error> {
    let sql = "UPDATE job SET leased_until = 0 WHERE leased_until > 0";
    tx.exec(sql, &[]).await?;
    Ok(())
}

fn after(now: Timestamp, time: Duration) -> i64 {
    let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    now.as_microsecond().saturating_add(micros)
}

fn read(row: &Row) -> Result<Job, Error> {
    let task = match row.text(3)? {
        "deliver" => Task::Deliver,
        "report" => Task::Report {
            status: typed(row.text(4)?, "a status")?,
            sbd: row.text(5)?.to_owned(),
        },
        other => {
            return Err(Error::Row {
                expected: "a job's kind",
                got: other.to_owned(),
            });
        }
    };
    Ok(Job {
        row: row.int(0)?,
        owner: typed(row.text(1)?, "an organisation number")?,
        message_id: typed(row.text(2)?, "a message id")?,
        task,
        attempt: u32::try_from(row.int(6)?).unwrap_or(u32::MAX),
    })
}
