//! Subscriptions: who wants to be told of statuses, and where.

use std::convert::Infallible;
use std::str::FromStr;

use db::{Row, Tx};
use jiff::Timestamp;
use sbd::Orgnr;

use crate::Error;
use crate::page::{Ask, Page};

/// What a caller says of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSubscription {
    /// Its name.
    pub name: String,
    /// Where events are sent.
    pub push_endpoint: String,
    /// `all` or `messages`.
    pub resource: String,
    /// `all` or `status`.
    pub event: String,
    /// Which events, as the caller wrote it.
    pub filter: Option<String>,
}

/// Who is told though no caller asked for it: the settings do. Each has one subscription,
/// which callers neither see nor change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// The archive that is spoken to by BEST/EDU.
    Archive,
    /// The status queue, from which statuses are taken.
    Queue,
    /// The operator, by mail.
    Mail,
}

impl Own {
    const ALL: [Self; 3] = [Self::Archive, Self::Queue, Self::Mail];

    /// Its resource, where a caller's is `all` or `messages`.
    pub(crate) fn resource(self) -> &'static str {
        match self {
            Self::Archive => "bestedu",
            Self::Queue => "queue",
            Self::Mail => "mail",
        }
    }
}

/// Those of callers.
const CALLERS: &str = "resource IN ('all', 'messages')";

/// A subscription as it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its number.
    pub id: i64,
    /// What the caller said of it.
    pub said: NewSubscription,
}

impl Subscription {
    /// Whose it is, if no caller's.
    pub fn own(&self) -> Option<Own> {
        let mut all = Own::ALL.into_iter();
        all.find(|own| own.resource() == self.said.resource)
    }
}

/// The column behind a property of the REST API, for sorting.
pub fn column(property: &str) -> Option<&'static str> {
    Some(match property {
        "id" => "id",
        "name" => "name",
        "pushEndpoint" => "push_endpoint",
        "resource" => "resource",
        "event" => "event",
        "filter" => "filter",
        _ => return None,
    })
}

/// Which events a subscriber asked for: every part must hold, and a part holds for any
/// of its values. A filter that cannot be read asks for everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Vec<(String, Vec<String>)>);

impl FromStr for Filter {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let parts = text.split('&').filter_map(|part| part.split_once('='));
        let part = |(name, values): (&str, &str)| {
            let values = values.split(',').map(str::to_ascii_uppercase);
            (name.to_owned(), values.collect())
        };
        Ok(Self(parts.map(part).collect()))
    }
}

impl Filter {
    /// Whether an event with these values is asked for.
    ///
    /// > comma = OR, `&` = AND; values compared case-insensitively (rest-api §7.2)
    pub fn admits(&self, status: &str, direction: &str, service: &str) -> bool {
        self.0.iter().all(|(name, values)| {
            let value = match name.as_str() {
                "status" => status,
                "direction" => direction,
                "serviceIdentifier" => service,
                _ => return true,
            };
            values
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(value))
        })
    }
}

const COLUMNS: &str = "id, name, push_endpoint, resource, event, filter";

/// Add one; answers its number, or none when there is one of this name and endpoint.
pub async fn insert(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    new: &NewSubscription,
) -> Result<Option<i64>, Error> {
    let row = tx
        .one(
            "INSERT INTO subscription (owner, name, push_endpoint, resource, event, filter)
             SELECT $1, $2, $3, $4, $5, $6
             WHERE NOT EXISTS (SELECT 1 FROM subscription
                 WHERE owner = $1 AND name = $2 AND push_endpoint = $3)
             RETURNING id",
            &[
                owner.as_str().into(),
                new.name.as_str().into(),
                new.push_endpoint.as_str().into(),
                new.resource.as_str().into(),
                new.event.as_str().into(),
                new.filter.as_deref().into(),
            ],
        )
        .await?;
    Ok(row.map(|r| r.int(0)).transpose()?)
}

/// A page of the organisation's subscriptions.
pub async fn list(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    ask: Ask,
) -> Result<Page<Subscription>, Error> {
    ask.equal("owner", owner.as_str())
        .within(CALLERS)
        .run(tx, COLUMNS, "subscription", read)
        .await
}

/// The one with this number.
pub async fn find(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    id: i64,
) -> Result<Option<Subscription>, Error> {
    let ask = Ask::all(1).equal("owner", owner.as_str()).equal("id", id);
    ask.within(CALLERS)
        .first(tx, COLUMNS, "subscription", read)
        .await
}

/// Those whose endpoints may be called now, each with how often in a row it failed.
pub(crate) async fn awake(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    now: Timestamp,
) -> Result<Vec<(Subscription, i64)>, Error> {
    let sql = format!(
        "SELECT {COLUMNS}, failures FROM subscription
         WHERE owner = $1 AND paused_until <= $2 AND resource <> $3
         ORDER BY paused_until, id"
    );
    let values = [
        owner.as_str().into(),
        now.as_microsecond().into(),
        Own::Queue.resource().into(),
    ];
    let rows = tx.query(&sql, &values).await?;
    rows.iter()
        .map(|row| Ok((read(row)?, row.int(6)?)))
        .collect()
}

/// Write it anew. Two may come to have the same name and endpoint, as in the Java
/// access point.
pub async fn change(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    changed: &Subscription,
) -> Result<bool, Error> {
    let said = &changed.said;
    let sql = format!(
        "UPDATE subscription SET name = $1, push_endpoint = $2, resource = $3,
             event = $4, filter = $5, failures = 0, paused_until = 0
         WHERE owner = $6 AND id = $7 AND {CALLERS}"
    );
    let count = tx
        .exec(
            &sql,
            &[
                said.name.as_str().into(),
                said.push_endpoint.as_str().into(),
                said.resource.as_str().into(),
                said.event.as_str().into(),
                said.filter.as_deref().into(),
                owner.as_str().into(),
                changed.id.into(),
            ],
        )
        .await?;
    Ok(count == 1)
}

/// Remove the one with this number.
pub async fn remove(tx: &mut Tx<'_>, owner: &Orgnr, id: i64) -> Result<bool, Error> {
    let sql =
        format!("DELETE FROM subscription WHERE owner = $1 AND id = $2 AND {CALLERS}");
    Ok(tx.exec(&sql, &[owner.as_str().into(), id.into()]).await? == 1)
}

/// Remove all of the organisation's callers'.
pub async fn clear(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<u64, Error> {
    let sql = format!("DELETE FROM subscription WHERE owner = $1 AND {CALLERS}");
    Ok(tx.exec(&sql, &[owner.as_str().into()]).await?)
}

/// See to it that this one is told of the statuses that the filter names; without a
/// filter, that it is told of none, and nothing waits for it.
pub async fn tell(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    own: Own,
    filter: Option<&str>,
) -> Result<(), Error> {
    let Some(filter) = filter else {
        let sql = "DELETE FROM subscription WHERE owner = $1 AND resource = $2";
        tx.exec(sql, &[owner.as_str().into(), own.resource().into()])
            .await?;
        return Ok(());
    };
    let values = [filter.into(), owner.as_str().into(), own.resource().into()];
    let sql = "UPDATE subscription SET filter = $1 WHERE owner = $2 AND resource = $3";
    if tx.exec(sql, &values).await? == 0 {
        let sql =
            "INSERT INTO subscription (filter, owner, name, push_endpoint, resource,
                       event)
                   VALUES ($1, $2, $3, '', $3, 'status') ON CONFLICT DO NOTHING";
        tx.exec(sql, &values).await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<Subscription, Error> {
    Ok(Subscription {
        id: row.int(0)?,
        said: NewSubscription {
            name: row.text(1)?.to_owned(),
            push_endpoint: row.text(2)?.to_owned(),
            resource: row.text(3)?.to_owned(),
            event: row.text(4)?.to_owned(),
            filter: row.maybe_text(5)?.map(str::to_owned),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // rest-api §7.2.
    #[test]
    fn a_filter_is_an_and_of_ors_in_any_case() {
        let filter: Filter = "status=levert,FEIL&direction=OUTGOING".parse().unwrap();
        assert!(filter.admits("LEVERT", "OUTGOING", "DPE"));
        assert!(filter.admits("FEIL", "OUTGOING", "DPE"));
        assert!(!filter.admits("SENDT", "OUTGOING", "DPE"));
        assert!(!filter.admits("LEVERT", "INCOMING", "DPE"));
        let service: Filter = "serviceIdentifier=DPO".parse().unwrap();
        assert!(!service.admits("LEVERT", "OUTGOING", "DPE"));
        assert!(Filter::default().admits("LEVERT", "OUTGOING", "DPE"));
    }
}
