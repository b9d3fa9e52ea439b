//! A road whose key comes from the address register or from a file, and is fetched anew
//! when the message service does not take it. What was refused is carried again with the new key.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambient::Clock;
use jiff::{SignedDuration, Timestamp};
use transport::{DeadLettered, Error, Lock, Parcel, Pending, Received, Transport};

/// It is asked for no more often than this.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

type Road = Arc<dyn Transport>;
/// Asks for the key, and makes a road with it.
type Fetch = Box<dyn Fn() -> Pending<'static, Road> + Send + Sync>;

pub(crate) struct Rekeyed {
    /// None until there was a key.
    road: Mutex<Option<Road>>,
    fetch: Fetch,
    /// When it was last asked. Held while it is, so that one asks for all.
    asked: tokio::sync::Mutex<Option<Timestamp>>,
    clock: Clock,
}

impl Rekeyed {
    pub(crate) fn new(fetch: Fetch, clock: Clock) -> Self {
        Self {
            road: Mutex::default(),
            fetch,
            asked: tokio::sync::Mutex::default(),
            clock,
        }
    }

    fn road(&self) -> std::sync::MutexGuard<'_, Option<Road>> {
        self.road.lock().expect("nobody panics while holding it")
    }

    /// Another road than the one that was refused.
    async fn renewed(&self, refused: Option<&Road>) -> Result<Road, Error> {
        let mut asked = self.asked.lock().await;
        let road = self.road().clone();
        if let Some(road) = road
            && refused.is_none_or(|refused| !Arc::ptr_eq(&road, refused))
        {
            return Ok(road);
        }
        let now = self.clock.now();
        if asked.is_some_and(|at| now.duration_since(at) < PAUSE) {
            let words = "the key was asked for a moment ago";
            return Err(Error::Unreachable(words.into()));
        }
        *asked = Some(now);
        let road = (self.fetch)().await?;
        if refused.is_none() {
            // The first may be old already, as one that lay in a file.
            *asked = None;
        }
        tracing::info!("the message service's key was read");
        *self.road() = Some(Arc::clone(&road));
        Ok(road)
    }

    async fn carry<T, F, G>(&self, go: F) -> Result<T, Error>
    where
        F: Fn(Road) -> G,
        G: Future<Output = Result<T, Error>>,
    {
        let road = self.road().clone();
        let road = match road {
            Some(road) => road,
            None => self.renewed(None).await?,
        };
        match go(Arc::clone(&road)).await {
            Err(error @ Error::Refused { status: 401, .. }) => {
                match self.renewed(Some(&road)).await {
                    Ok(road) => go(road).await,
                    Err(why) => {
                        tracing::warn!(%why, "the key that was refused is kept");
                        Err(error)
                    }
                }
            }
            done => done,
        }
    }
}

impl Transport for Rekeyed {
    fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
        Box::pin(self.carry(move |road| {
            let parcel = parcel.clone();
            async move { road.send(parcel).await }
        }))
    }

    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
        Box::pin(self.carry(move |road| async move { road.receive(max, wait).await }))
    }

    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(self.carry(move |road| async move { road.complete(lock).await }))
    }

    fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(self.carry(move |road| async move { road.abandon(lock).await }))
    }

    fn dead_letter<'a>(
        &'a self,
        lock: &'a Lock,
        reason: &'a str,
        description: &'a str,
    ) -> Pending<'a, DeadLettered> {
        Box::pin(self.carry(move |road| async move {
            road.dead_letter(lock, reason, description).await
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use transport::loopback::{Hub, Loopback};

    use super::*;

    /// A message service that takes one key at a time.
    struct Guarded {
        road: Loopback,
        key: usize,
        taken: Arc<AtomicUsize>,
    }

    impl Guarded {
        fn shut(&self) -> Result<(), Error> {
            match self.key == self.taken.load(Ordering::SeqCst) {
                true => Ok(()),
                false => Err(Error::Refused {
                    status: 401,
                    detail: "InvalidSignature".into(),
                }),
            }
        }
    }

    impl Transport for Guarded {
        fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
            Box::pin(async move {
                self.shut()?;
                self.road.send(parcel).await
            })
        }

        fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
            Box::pin(async move {
                self.shut()?;
                self.road.receive(max, wait).await
            })
        }

        fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
            Box::pin(async move {
                self.shut()?;
                self.road.complete(lock).await
            })
        }

        fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
            self.road.abandon(lock)
        }

        fn dead_letter<'a>(
            &'a self,
            lock: &'a Lock,
            reason: &'a str,
            description: &'a str,
        ) -> Pending<'a, DeadLettered> {
            self.road.dead_letter(lock, reason, description)
        }
    }

    /// Hub, road, the key that the service takes, the one that the register gives (0 when
    /// it is down), and how often it was asked.
    struct Bench {
        hub: Hub,
        road: Rekeyed,
        taken: Arc<AtomicUsize>,
        given: Arc<AtomicUsize>,
        asked: Arc<AtomicUsize>,
        clock: Clock,
    }

    fn bench() -> Bench {
        let hub = Hub::default();
        let [taken, given] = [1, 1].map(|key| Arc::new(AtomicUsize::new(key)));
        let asked = Arc::new(AtomicUsize::new(0));
        let clock = Clock::manual("2026-11-25T12:00:00Z".parse().unwrap());
        let fetch: Fetch = {
            let (hub, taken) = (hub.clone(), Arc::clone(&taken));
            let (given, asked) = (Arc::clone(&given), Arc::clone(&asked));
            Box::new(move || {
                asked.fetch_add(1, Ordering::SeqCst);
                let key = given.load(Ordering::SeqCst);
                let road = hub.end("egen");
                let taken = Arc::clone(&taken);
                Box::pin(async move {
                    if key == 0 {
                        return Err(Error::Unreachable("the register is down".into()));
                    }
                    Ok(Arc::new(Guarded { road, key, taken }) as Road)
                })
            })
        };
        let road = Rekeyed::new(fetch, clock.clone());
        Bench {
            hub,
            road,
            taken,
            given,
            asked,
            clock,
        }
    }

    fn parcel(id: &str) -> Parcel {
        Parcel {
            queue: "egen".into(),
            message_id: id.into(),
            body: b"{}".as_slice().into(),
            time_to_live: None,
        }
    }

    #[tokio::test]
    async fn a_key_that_was_changed_loses_and_doubles_nothing() {
        let bench = bench();
        bench.road.send(parcel("1")).await.unwrap();
        let held = bench.road.receive(1, Duration::ZERO).await.unwrap();
        for key in [&bench.taken, &bench.given] {
            key.store(2, Ordering::SeqCst);
        }
        bench.clock.advance(Duration::from_secs(60));
        // One that is sent, and one that was fetched under the old key.
        bench.road.send(parcel("2")).await.unwrap();
        bench.road.complete(&held[0].lock).await.unwrap();
        assert_eq!(bench.hub.len("egen"), 1);
        assert_eq!(bench.asked.load(Ordering::SeqCst), 2);
        let rest = bench.road.receive(9, Duration::ZERO).await.unwrap();
        assert_eq!(rest.len(), 1);
    }

    #[tokio::test]
    async fn the_register_is_not_asked_for_each_refusal() {
        let bench = bench();
        bench.road.send(parcel("1")).await.unwrap();
        bench.taken.store(2, Ordering::SeqCst);
        bench.clock.advance(Duration::from_secs(60));
        for _ in 0..20 {
            let refused = bench.road.send(parcel("2")).await.unwrap_err();
            assert!(matches!(refused, Error::Refused { status: 401, .. }));
        }
        assert_eq!(bench.asked.load(Ordering::SeqCst), 2);
        bench.given.store(2, Ordering::SeqCst);
        bench.clock.advance(Duration::from_secs(60));
        bench.road.send(parcel("2")).await.unwrap();
        assert_eq!(bench.hub.len("egen"), 2);
    }

    #[tokio::test]
    async fn a_register_that_is_down_at_the_start_is_asked_again() {
        let bench = bench();
        bench.given.store(0, Ordering::SeqCst);
        let down = bench.road.send(parcel("1")).await.unwrap_err();
        assert!(down.fault().is_passing(), "{down}");
        bench.given.store(1, Ordering::SeqCst);
        bench.clock.advance(Duration::from_secs(60));
        bench.road.send(parcel("1")).await.unwrap();
        assert_eq!(bench.hub.len("egen"), 1);
    }
}
