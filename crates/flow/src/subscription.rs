//! Who wants to be told of statuses: `/api/subscriptions` ends here.

use store::page::{Ask, Page};
use store::subscription::{self, NewSubscription, Subscription};

use crate::{Error, Point};

/// Add one; answers none when there is one of this name and endpoint.
pub async fn add(
    point: &Point,
    new: NewSubscription,
) -> Result<Option<Subscription>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            let id = subscription::insert(tx, &owner, &new).await?;
            Ok::<_, Error>(id.map(|id| Subscription { id, said: new }))
        })
    });
    work.await
}

/// A page of them.
pub async fn list(point: &Point, ask: Ask) -> Result<Page<Subscription>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { subscription::list(tx, &owner, ask).await })
    });
    Ok(work.await?)
}

/// The one with this number.
pub async fn find(point: &Point, id: i64) -> Result<Option<Subscription>, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.read(move |tx| {
        Box::pin(async move { subscription::find(tx, &owner, id).await })
    });
    Ok(work.await?)
}

/// Write it anew; answers whether there was one.
pub async fn change(point: &Point, changed: Subscription) -> Result<bool, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { subscription::change(tx, &owner, &changed).await })
    });
    Ok(work.await?)
}

/// Remove it; answers whether there was one.
pub async fn remove(point: &Point, id: i64) -> Result<bool, Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { subscription::remove(tx, &owner, id).await })
    });
    Ok(work.await?)
}

/// Remove all.
pub async fn clear(point: &Point) -> Result<(), Error> {
    let owner = point.orgnr().clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { subscription::clear(tx, &owner).await })
    });
    work.await?;
    Ok(())
}
