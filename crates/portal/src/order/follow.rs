//! Follow: the statuses of what was sent come home, and say how far an order has come.
//!
//! Writes:  a message's statuses as the access point has them, and when to look next.
//! Twice:   the statuses are the same, or there are more of them.

use db::{Row, Tx};
use fagsystem::StatusLine;
use sbd::Status;

use super::Asked;
use crate::{Error, Portal};

/// Nothing for so long, and the citizen is told that it has stopped.
const STILL_TIME_MAX: i64 = 24 * 3_600 * 1_000_000;
/// Longest time between two looks.
const LOOK_TIME_MAX: i64 = 15 * 60 * 1_000_000;

/// An order as its page shows it.
#[derive(Debug, Clone)]
pub(crate) struct Followed {
    pub(crate) id: String,
    pub(crate) epost: String,
    pub(crate) at: i64,
    pub(crate) verified: bool,
    pub(crate) krav: Vec<Krav>,
}

/// What became of an order at one unit.
#[derive(Debug, Clone)]
pub(crate) struct Krav {
    pub(crate) owner: String,
    pub(crate) receiver: String,
    pub(crate) message_id: String,
    pub(crate) state: State,
    /// Status, time as on the wire, words.
    pub(crate) statuses: Vec<(String, String, Option<String>)>,
    pub(crate) asked: Vec<Asked>,
    pub(crate) order_xml: String,
    pub(crate) emailtext: String,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing is sent before the order is verified.
    Unverified,
    /// It will be sent.
    Waiting,
    /// It cannot be sent just now.
    Hindered,
    /// It is on its way.
    Sent,
    /// It is on its way, and has been for more than a day.
    NotFetched,
    /// The body's access point has it.
    Arrived,
    /// It has had it for more than a day.
    NotTaken,
    /// The body's system has taken it.
    Delivered,
    /// Nobody took it in time.
    Expired,
    /// It will not arrive.
    Failed,
}

impl State {
    fn of(
        state: &str,
        words: Option<&str>,
        last: Option<&str>,
        still: i64,
        expired: bool,
    ) -> Self {
        match (state, last) {
            ("unverified", _) => Self::Unverified,
            ("waiting", _) if words.is_some() => Self::Hindered,
            ("waiting", _) => Self::Waiting,
            (_, Some("LEVERT" | "LEST")) => Self::Delivered,
            (_, Some("FEIL")) => Self::Failed,
            (_, Some("LEVETID_UTLOPT")) => Self::Expired,
            (_, _) if expired => Self::Expired,
            (_, Some("MOTTATT")) if still > STILL_TIME_MAX => Self::NotTaken,
            (_, Some("MOTTATT")) => Self::Arrived,
            _ if still > STILL_TIME_MAX => Self::NotFetched,
            _ => Self::Sent,
        }
    }
}

impl Portal {
    /// Look what became of one message, if it is time; answers whether there was one.
    pub async fn follow(&self) -> Result<bool, Error> {
        let now = self.clock.now().as_microsecond();
        let row = self
            .db
            .read::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT message_id, expires_at, tries FROM innsynskrav
                               WHERE state = 'sent' AND due <= $1
                               ORDER BY due LIMIT 1";
                    tx.one(sql, &[now.into()]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(false) };
        let (id, looks) = (row.text(0)?.to_owned(), row.int(2)?);
        let known = id
            .parse()
            .map_err(|e: sbd::Error| Error::Settings(e.to_string()))?;
        let looked = self.access_point.statuses(&known).await;
        let over = match &looked {
            Ok(lines) => lines.last().is_some_and(|line| is_last(line.status)),
            // The access point keeps a message only for so long.
            Err(_) => now > row.int(1)?,
        };
        // Often at first, and then as if by a patient person.
        let due =
            now.saturating_add((100_000 << looks.clamp(0, 20)).min(LOOK_TIME_MAX));
        let lines = looked.as_ref().map_or_else(|_| Vec::new(), Clone::clone);
        self.db
            .write::<_, db::Error, _>(move |tx| {
                Box::pin(async move {
                    keep(tx, &id, &lines).await?;
                    let state = if over { "done" } else { "sent" };
                    let sql = "UPDATE innsynskrav SET state = $1, due = $2,
                                   tries = tries + 1
                               WHERE message_id = $3";
                    let values = [state.into(), due.into(), id.into()];
                    tx.exec(sql, &values).await
                })
            })
            .await?;
        looked?;
        Ok(true)
    }

    /// An order, if there is one of this id.
    pub(crate) async fn followed(&self, id: &str) -> Result<Option<Followed>, Error> {
        let id = id.to_owned();
        let now = self.clock.now().as_microsecond();
        let read = self.db.read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "SELECT epost, at, secret FROM bestilling WHERE id = $1";
                let Some(row) = tx.one(sql, &[id.as_str().into()]).await? else {
                    return Ok(None);
                };
                let mut found = Followed {
                    epost: row.text(0)?.to_owned(),
                    at: row.int(1)?,
                    verified: row.maybe_text(2)?.is_none(),
                    krav: Vec::new(),
                    id,
                };
                let sql = "SELECT message_id, owner, receiver, state, words,
                               expires_at, titles, order_xml, emailtext
                           FROM innsynskrav WHERE bestilling = $1
                           ORDER BY owner, rowid";
                for row in tx.query(sql, &[found.id.as_str().into()]).await? {
                    found.krav.push(krav(tx, &row, now).await?);
                }
                Ok(Some(found))
            })
        });
        Ok(read.await?)
    }

    /// What was sent from the test console, the newest first.
    pub(crate) async fn tested(
        &self,
        rows_max: i64,
    ) -> Result<Vec<(i64, Krav)>, Error> {
        let now = self.clock.now().as_microsecond();
        let read = self.db.read::<_, db::Error, _>(move |tx| {
            Box::pin(async move {
                let sql = "SELECT i.message_id, i.owner, i.receiver, i.state, i.words,
                               i.expires_at, i.titles, i.order_xml, i.emailtext, b.at
                           FROM innsynskrav i JOIN bestilling b ON b.id = i.bestilling
                           WHERE b.test = 1 ORDER BY b.at DESC, i.rowid DESC LIMIT $1";
                let mut all = Vec::new();
                for row in tx.query(sql, &[rows_max.into()]).await? {
                    all.push((row.int(9)?, krav(tx, &row, now).await?));
                }
                Ok(all)
            })
        });
        Ok(read.await?)
    }
}

fn is_last(status: Status) -> bool {
    matches!(
        status,
        Status::Levert | Status::Lest | Status::Feil | Status::LevetidUtlopt
    )
}

async fn keep(
    tx: &mut Tx<'_>,
    id: &str,
    lines: &[StatusLine],
) -> Result<(), db::Error> {
    for (place, line) in (0_u32..).zip(lines) {
        let sql = "INSERT INTO krav_status (message_id, place, status, at, words)
                   VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        let values = [
            id.into(),
            place.into(),
            line.status.as_str().into(),
            line.last_update.as_str().into(),
            line.description.clone().into(),
        ];
        tx.exec(sql, &values).await?;
    }
    Ok(())
}

async fn krav(tx: &mut Tx<'_>, row: &Row, now: i64) -> Result<Krav, db::Error> {
    let id = row.text(0)?.to_owned();
    let sql = "SELECT status, at, words FROM krav_status
               WHERE message_id = $1 ORDER BY place";
    let mut statuses = Vec::new();
    for line in tx.query(sql, &[id.as_str().into()]).await? {
        let words = line.maybe_text(2)?.map(str::to_owned);
        statuses.push((line.text(0)?.to_owned(), line.text(1)?.to_owned(), words));
    }
    let last = statuses.last();
    let since = last.and_then(|(_, at, _)| at.parse::<jiff::Timestamp>().ok());
    let still = since.map_or(0, |since| now - since.as_microsecond());
    let state = State::of(
        row.text(3)?,
        row.maybe_text(4)?,
        last.map(|(status, ..)| status.as_str()),
        still,
        now > row.int(5)?,
    );
    Ok(Krav {
        owner: row.text(1)?.to_owned(),
        receiver: row.text(2)?.to_owned(),
        message_id: id,
        state,
        statuses,
        asked: serde_json::from_str(row.text(6)?).unwrap_or_default(),
        order_xml: row.text(7)?.to_owned(),
        emailtext: row.text(8)?.to_owned(),
    })
}
