//! Who wants to be told of statuses: `/api/subscriptions` ends here.

use store::page::{Ask, Page};
use store::push::{self, Pushed};
use store::subscription::{self, NewSubscription, Subscription};

use crate::{Error, Point};

/// Add one and say hello to its endpoint; answers none when there is one of this name
/// and endpoint.
pub async fn add(
    point: &Point,
    new: NewSubscription,
) -> Result<Option<Subscription>, Error> {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            let Some(id) = subscription::insert(tx, &owner, &new).await? else {
                return Ok(None);
            };
            push::ping(tx, &owner, id, now).await?;
            Ok::<_, Error>(Some(Subscription { id, said: new }))
        })
    });
    let added = work.await?;
    point.pushes.notify_one();
    Ok(added)
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

/// Write it anew; answers whether there was one. A new endpoint is said hello to.
pub async fn change(point: &Point, changed: Subscription) -> Result<bool, Error> {
    let (owner, now) = (point.orgnr().clone(), point.setup.clock.now());
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move {
            let before = subscription::find(tx, &owner, changed.id).await?;
            let Some(before) = before else {
                return Ok(false);
            };
            subscription::change(tx, &owner, &changed).await?;
            if before.said.push_endpoint != changed.said.push_endpoint {
                push::ping(tx, &owner, changed.id, now).await?;
            }
            Ok::<_, Error>(true)
        })
    });
    let changed = work.await?;
    point.pushes.notify_one();
    Ok(changed)
}

/// A page of what one was told, or was to be told.
pub async fn log(point: &Point, id: i64, ask: Ask) -> Result<Page<Pushed>, Error> {
    let owner = point.orgnr().clone();
    let work = point
        .setup
        .store
        .read(move |tx| Box::pin(async move { push::list(tx, &owner, id, ask).await }));
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
