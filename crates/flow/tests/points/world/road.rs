//! The road between an access point and the message service, with a bandit on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use flow::{Point, ledger};
use sbd::{MessageId, payload};
use transport::loopback::Loopback;
use transport::{DeadLettered, Error, Lock, Parcel, Pending, Received, Transport};

/// A road on which things go wrong on demand.
pub(crate) struct Road {
    inner: Loopback,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    point: Weak<Point>,
    received: HashMap<String, MessageId>,
    /// How many sends are turned away.
    closed: u32,
    /// Whether everything that is sent is too large.
    narrow: bool,
    /// How many sends arrive without our being told so.
    unheard: u32,
    /// How many completions are turned away.
    kept_locks: u32,
    /// What was completed, and whether it was on record by then.
    completed: Vec<(MessageId, bool)>,
}

impl Road {
    pub(crate) fn new(inner: Loopback) -> Self {
        Self {
            inner,
            state: Mutex::default(),
        }
    }

    /// Whose records are looked at when a lock is completed.
    pub(crate) fn watch(&self, point: &Arc<Point>) {
        self.state().point = Arc::downgrade(point);
    }

    pub(crate) fn close(&self, sends: u32) {
        self.state().closed = sends;
    }

    pub(crate) fn narrow(&self) {
        self.state().narrow = true;
    }

    pub(crate) fn lose_answers(&self, sends: u32) {
        self.state().unheard = sends;
    }

    pub(crate) fn keep_locks(&self, count: u32) {
        self.state().kept_locks = count;
    }

    pub(crate) fn completed(&self) -> Vec<(MessageId, bool)> {
        self.state().completed.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn note(&self, lock: &Lock) {
        let (point, id) = {
            let state = self.state();
            let id = state.received.get(&format!("{lock:?}")).cloned();
            (state.point.upgrade(), id)
        };
        let (Some(point), Some(id)) = (point, id) else {
            return;
        };
        let on_record = ledger::by_message(&point, &id).await.unwrap().is_some();
        self.state().completed.push((id, on_record));
    }
}

fn gone() -> Error {
    Error::Unreachable("the bridge is down".into())
}

/// One less of them, if there is one.
fn spend(count: &mut u32) -> bool {
    let some = *count > 0;
    *count -= u32::from(some);
    some
}

impl Transport for Road {
    fn send(&self, parcel: Parcel) -> Pending<'_, ()> {
        Box::pin(async move {
            if self.state().narrow {
                let bytes = parcel.body.len();
                return Err(Error::TooLarge { bytes });
            }
            if spend(&mut self.state().closed) {
                return Err(gone());
            }
            self.inner.send(parcel).await?;
            if spend(&mut self.state().unheard) {
                return Err(gone());
            }
            Ok(())
        })
    }

    fn receive(&self, max: usize, wait: Duration) -> Pending<'_, Vec<Received>> {
        Box::pin(async move {
            let batch = self.inner.receive(max, wait).await?;
            for received in &batch {
                if let Ok(read) = payload::parse(&received.body)
                    && let Ok(facts) = read.sbd.facts()
                {
                    let lock = format!("{:?}", received.lock);
                    self.state().received.insert(lock, facts.message_id);
                }
            }
            Ok(batch)
        })
    }

    fn complete<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        Box::pin(async move {
            self.note(lock).await;
            if spend(&mut self.state().kept_locks) {
                return Err(gone());
            }
            self.inner.complete(lock).await
        })
    }

    fn abandon<'a>(&'a self, lock: &'a Lock) -> Pending<'a, ()> {
        self.inner.abandon(lock)
    }

    fn dead_letter<'a>(
        &'a self,
        lock: &'a Lock,
        reason: &'a str,
        description: &'a str,
    ) -> Pending<'a, DeadLettered> {
        self.inner.dead_letter(lock, reason, description)
    }
}
