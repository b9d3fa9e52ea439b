//! A message service in memory: the smallest transport there is, and the one that tests
//! of an access point run on.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

use crate::{DeadLettered, Error, Lock, Parcel, Pending, Received, Transport};

/// The queues. Cheap to clone; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct State {
    queues: HashMap<String, VecDeque<(Parcel, u32)>>,
    locked: HashMap<String, (Parcel, u32)>,
    dead: Vec<(Parcel, String, String)>,
    locks: u64,
}

/// One access point's end of it.
#[derive(Debug, Clone)]
pub struct Loopback {
    hub: Hub,
    own: String,
}

impl Hub {
    /// The end of the access point that reads this queue.
    pub fn end(&self, own: impl Into<String>) -> Loopback {
        Loopback {
            hub: self.clone(),
            own: own.into(),
        }
    }

    /// What was put aside: parcel, reason, description.
    pub fn dead(&self) -> Vec<(Parcel, String, String)> {
        self.state().dead.clone()
    }

    /// How many wait or are locked in the queue.
    pub fn len(&self, queue: &str) -> usize {
        let state = self.state();
        let locked = state
            .locked
            .values()
            .filter(|(p, _)| p.queue == queue)
            .count();
        state.queues.get(queue).map_or(0, VecDeque::len) + locked
    }

    /// Whether nothing waits or is locked in the queue.
    pub fn is_empty(&self, queue: &str) -> bool {
        self.len(queue) == 0
    }

    /// Give every lock back, as a message service does when they run out.
    pub fn unlock_all(&self) {
        let mut state = self.state();
        let locked = std::mem::take(&mut state.locked);
        for (parcel, count) in locked.into_values() {
            let queue = state.queues.entry(parcel.queue.clone()).or_default();
            queue.push_front((parcel, count));
        }
        drop(state);
        self.0.arrived.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panics while holding it")
    }
}

impl Loopback {
    fn take(&self, max: usize) -> Vec<Received> {
        let mut state = self.hub.state();
        let mut taken = Vec::new();
        while taken.len() < max {
            let queue = state.queues.get_mut(&self.own);
            let Some((parcel, count)) = queue.and_then(VecDeque::pop_front) else {
                break;
            };
            state.locks += 1;
            let token = state.locks.to_string();
            let lock = Lock {
                message: parcel.message_id.clone(),
                token: token.clone(),
            };
            let body = parcel.body.clone();
            state.locked.insert(token, (parcel, count + 1));
            taken.push(Received {
                body,
                lock,
                delivery_count: count + 1,
            });
        }
        taken
    }

    fn unlock(&self, lock: &Lock) -> Result<(Parcel, u32), Error> {
        self.hub
            .state()
            .locked
            .remove(&lock.token)
            .ok_or(Error::LockLost)
    }
}

impl Transport for Loopback {
    fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
        Box::pin(async move {
            let mut state = self.hub.state();
            let queue = state.queues.entry(parcel.queue.clone()).or_default();
            queue.push_back((parcel, 0));
            drop(state);
            self.hub.0.arrived.notify_waiters();
            Ok(())
        })
    }

    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
        Box::pin(async move {
            let end = tokio::time::Instant::now() + wait;
            loop {
                let arrived = self.hub.0.arrived.notified();
                let taken = self.take(max);
                let over = !taken.is_empty()
                    || tokio::time::timeout_at(end, arrived).await.is_err();
                if over {
                    return Ok(taken);
                }
            }
        })
    }

    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(async move { self.unlock(lock).map(drop) })
    }

    fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(async move {
            let (parcel, count) = self.unlock(lock)?;
            let mut state = self.hub.state();
            let queue = state.queues.entry(parcel.queue.clone()).or_default();
            queue.push_front((parcel, count));
            drop(state);
            self.hub.0.arrived.notify_waiters();
            Ok(())
        })
    }

    fn dead_letter<'a>(
        &'a self,
        lock: &'a Lock,
        reason: &'a str,
        description: &'a str,
    ) -> Pending<'a, DeadLettered> {
        Box::pin(async move {
            let (parcel, _) = self.unlock(lock)?;
            let words = (parcel, reason.to_owned(), description.to_owned());
            self.hub.state().dead.push(words);
            Ok(DeadLettered::Done)
        })
    }
}
