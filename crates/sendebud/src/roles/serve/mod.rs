//! The access points of one or more organisations: REST API, pages, queue in and out.

mod door;
mod listener;
mod point;
mod service;
mod stores;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use anyhow::{Context, bail};
use axum::Router;
use flow::Point;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::keyring;
use crate::run::{Shutdown, Started};
use crate::settings::serve::{Key, Serve, Tls};
use listener::Front;
use stores::Stores;

pub(crate) use point::{Road, alert, bestedu};
pub(crate) use service::{service, wire_bytes_max};

/// Whether callers can be recognised, in words.
pub(crate) fn guard(settings: &Serve) -> anyhow::Result<String> {
    door::settings(settings).map(|made| made.words())
}

/// Whether the listener's certificate can be used.
pub(crate) fn front(tls: Option<&Tls>) -> anyhow::Result<()> {
    listener::keys(tls).map(drop)
}

/// How long what was begun may take to end.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(30);

/// The access point of an organisation that nobody serves: for a command that works on
/// what is kept. Refused while a process serves it.
pub(crate) async fn idle(settings: Serve, road: Road) -> anyhow::Result<Point> {
    let (clock, random) = (Clock::system(), Random::system());
    let store = Stores::default().open(&settings, &clock, &random).await?;
    Ok(point::open(settings, road, store, clock, random).await?.0)
}

/// One organisation.
pub(crate) async fn start(
    settings: Serve,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    // What is opened is large, and most callers hold more than one.
    Box::pin(start_all(vec![settings], shutdown)).await
}

/// Several organisations in this process.
pub(crate) async fn start_all(
    all: Vec<Serve>,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let (clock, random) = (Clock::system(), Random::system());
    let (mut fronts, listening) = bind(&all).await?;
    let (end, mut stores) = (Arc::new(Notify::new()), Stores::default());
    let mut points = Vec::with_capacity(all.len());
    for settings in all {
        let store = stores.open(&settings, &clock, &random).await?;
        let front = fronts.get_mut(&settings.listen).expect("`bind` made it");
        let door = door::settings(&settings)?;
        let (path, shutdown) = (settings.path.clone(), settings.shutdown);
        let secure = settings.tls.is_some();
        let (clock, random) = (clock.clone(), random.clone());
        let opened = point::open(settings, Road::Service, store, clock, random);
        let (point, keys) = opened.await?;
        let point = Arc::new(point);
        let door = door.on(Arc::clone(&point)).secure(secure);
        let mut door = door.logging(crate::log::set_level);
        if shutdown {
            door = door.ending(Arc::clone(&end));
        }
        front.add(&path, api::router(door))?;
        points.push((point, keys));
    }
    Ok(Started {
        listening,
        ended: Box::pin(run(points, fronts, end, shutdown)),
    })
}

/// An address with what is behind it.
struct Address {
    front: Front,
    router: Router,
    organisations: usize,
}

impl Address {
    /// An organisation below a path, with its pages.
    fn add(&mut self, path: &str, api: Router) -> anyhow::Result<()> {
        self.organisations += 1;
        let router = std::mem::take(&mut self.router);
        self.router = match path {
            "" if self.organisations == 1 => {
                router.merge(api).merge(console::router(""))
            }
            "" => bail!("organisations that share an address need a path each"),
            path if path.starts_with('/') && !path.ends_with('/') => {
                router.nest(path, api).merge(console::router(path))
            }
            path => {
                bail!("path {path}: write it with a slash in front, none at its end")
            }
        };
        Ok(())
    }
}

async fn bind(
    all: &[Serve],
) -> anyhow::Result<(BTreeMap<SocketAddr, Address>, String)> {
    let mut fronts = BTreeMap::new();
    let mut words = Vec::new();
    let shared =
        |one: &Serve| all.iter().filter(|o| o.listen == one.listen).count() > 1;
    for settings in all {
        if shared(settings) && settings.path.is_empty() {
            bail!("{} shares its address and has no path", settings.orgnr);
        }
        if fronts.contains_key(&settings.listen) {
            continue;
        }
        let front = Front::bind(settings.listen, settings.tls.as_ref()).await?;
        words.push(front.url()?);
        let address = Address {
            front,
            router: Router::new(),
            organisations: 0,
        };
        fronts.insert(settings.listen, address);
    }
    Ok((fronts, words.join(" ")))
}

/// Until the process is told to end, or a caller who may asked for it; then what was
/// begun is finished, within a limit.
async fn run(
    points: Vec<(Arc<Point>, Vec<Key>)>,
    fronts: BTreeMap<SocketAddr, Address>,
    end: Arc<Notify>,
    mut shutdown: Shutdown,
) -> anyhow::Result<()> {
    let (tell, told) = watch::channel(false);
    let mut running = JoinSet::new();
    for (point, keys) in points {
        let watched = keyring::watch(Arc::clone(&point), keys, told.clone());
        let told = told.clone();
        running.spawn(async move {
            tokio::join!(point.run(told), watched);
            Ok(())
        });
    }
    for address in fronts.into_values() {
        running.spawn(address.front.serve(address.router, told.clone()));
    }
    let ended = tokio::select! {
        _ = shutdown.wait_for(|stop| *stop) => None,
        () = end.notified() => None,
        ended = running.join_next() => ended,
    };
    tell.send_replace(true);
    let all = async {
        while let Some(ended) = running.join_next().await {
            ended.context("a part of the access point was lost")??;
        }
        Ok(())
    };
    let drained = tokio::time::timeout(DRAIN_TIME_MAX, all).await;
    if let Some(early) = ended {
        early.context("a part of the access point was lost")??;
    }
    drained.unwrap_or_else(|_| {
        tracing::warn!("what was begun took too long to end and is cut off");
        Ok(())
    })
}
