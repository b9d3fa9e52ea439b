//! Subscriptions: who wants to be told of statuses, and where.

use db::{Row, Tx};
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

/// A subscription as it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its number.
    pub id: i64,
    /// What the caller said of it.
    pub said: NewSubscription,
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
    ask.first(tx, COLUMNS, "subscription", read).await
}

/// Write it anew. Two may come to have the same name and endpoint, as in the Java
/// access point.
pub async fn change(
    tx: &mut Tx<'_>,
    owner: &Orgnr,
    changed: &Subscription,
) -> Result<bool, Error> {
    let said = &changed.said;
    let count = tx
        .exec(
            "UPDATE subscription SET name = $1, push_endpoint = $2, resource = $3,
                 event = $4, filter = $5
             WHERE owner = $6 AND id = $7",
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
    let sql = "DELETE FROM subscription WHERE owner = $1 AND id = $2";
    Ok(tx.exec(sql, &[owner.as_str().into(), id.into()]).await? == 1)
}

/// Remove all of the organisation's.
pub async fn clear(tx: &mut Tx<'_>, owner: &Orgnr) -> Result<u64, Error> {
    let sql = "DELETE FROM subscription WHERE owner = $1";
    Ok(tx.exec(sql, &[owner.as_str().into()]).await?)
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
