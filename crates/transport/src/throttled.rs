//! A road that keeps still when the message service asks for it: 503, `server-busy`,
//! error 50002.
//!
//! Whoever sends or fetches meanwhile waits here, so that what is at work fills up and
//! nothing new is begun, where each would have been refused by itself and made it worse.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::{DeadLettered, Error, Lock, Parcel, Pending, Received, Transport};

/// How long: as Microsoft's client for .NET; that for Python takes 4 s. Never measured
/// against Azure.
pub const PAUSE_TIME: Duration = Duration::from_secs(10);

/// The road, and until when it is not used.
pub struct Throttled<T> {
    road: T,
    until: Mutex<Option<Instant>>,
}

impl<T: Transport> Throttled<T> {
    /// This road, obeyed.
    pub fn new(road: T) -> Self {
        Self {
            road,
            until: Mutex::default(),
        }
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.until.lock().expect("nobody panics while holding it")
    }

    async fn obey<R>(
        &self,
        go: impl Future<Output = Result<R, Error>>,
    ) -> Result<R, Error> {
        let until = *self.until();
        if let Some(until) = until {
            sleep_until(until).await;
        }
        let done = go.await;
        if let Err(Error::Refused { status, detail }) = &done
            && (matches!(status, 429 | 503) || detail.contains("50002"))
        {
            *self.until() = Some(Instant::now() + PAUSE_TIME);
        }
        done
    }
}

impl<T: Transport> Transport for Throttled<T> {
    fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
        Box::pin(self.obey(self.road.send(parcel)))
    }

    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
        Box::pin(self.obey(self.road.receive(max, wait)))
    }

    // A lock may run out: what ends one goes at once.
    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        self.road.complete(lock)
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;

    use super::*;

    /// Refuses the first with this, and counts.
    struct Busy {
        refusal: Error,
        asked: AtomicUsize,
    }

    impl Busy {
        fn ask(&self) -> Result<(), Error> {
            match self.asked.fetch_add(1, Ordering::SeqCst) {
                0 => Err(self.refusal.clone()),
                _ => Ok(()),
            }
        }
    }

    impl Transport for Busy {
        fn send(&self, _: Parcel) -> Pending<'_, ()> {
            Box::pin(async { self.ask() })
        }

        fn receive(&self, _: usize, _: Duration) -> Pending<'_, Vec<Received>> {
            Box::pin(async { self.ask().map(|()| Vec::new()) })
        }

        fn complete<'a>(&'a self, _: &'a Lock) -> Pending<'a, ()> {
            Box::pin(async { self.ask() })
        }

        fn abandon<'a>(&'a self, _: &'a Lock) -> Pending<'a, ()> {
            Box::pin(async { self.ask() })
        }

        fn dead_letter<'a>(
            &'a self,
            _: &'a Lock,
            _: &'a str,
            _: &'a str,
        ) -> Pending<'a, DeadLettered> {
            Box::pin(async { self.ask().map(|()| DeadLettered::Done) })
        }
    }

    fn parcel() -> Parcel {
        Parcel {
            queue: "q".into(),
            message_id: "m".into(),
            body: "{}".into(),
            time_to_live: None,
        }
    }

    // What waits is looked at once, and not waited for: no time passes in this test.
    #[tokio::test]
    async fn a_busy_service_is_left_alone_for_a_while() {
        let busy = "com.microsoft:server-busy";
        let code = "The request was terminated because the namespace is being \
                    throttled. Error code: 50002";
        for (status, detail, waits) in [
            (503, busy, true),
            (429, "", true),
            (500, code, true),
            (500, "amqp:internal-error", false),
            (401, "", false),
        ] {
            let refusal = Error::Refused {
                status,
                detail: detail.into(),
            };
            let asked = AtomicUsize::new(0);
            let road = Throttled::new(Busy { refusal, asked });
            assert!(road.send(parcel()).await.is_err());
            // What was fetched before is given back without waiting.
            let lock = Lock {
                message: "m".into(),
                token: "t".into(),
            };
            road.complete(&lock).now_or_never().unwrap().unwrap();
            let sent = road.send(parcel()).now_or_never();
            assert_eq!(sent.is_none(), waits, "{status} {detail}");
            let fetched = road.receive(1, Duration::ZERO).now_or_never();
            assert_eq!(fetched.is_none(), waits, "{status} {detail}");
            let asked = road.road.asked.load(Ordering::SeqCst);
            assert_eq!(asked, if waits { 2 } else { 4 }, "{status} {detail}");
        }
    }

    #[tokio::test]
    async fn when_the_pause_is_over_it_is_used_again() {
        let refusal = Error::LockLost;
        let asked = AtomicUsize::new(1);
        let road = Throttled::new(Busy { refusal, asked });
        *road.until() = Some(Instant::now());
        road.send(parcel()).await.unwrap();
    }
}
