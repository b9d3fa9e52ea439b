//! Messages that have arrived and that nobody has asked for yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::{Error, Received};

/// A message is handed out only if its lock holds for so long still: what is handed
/// out later would be worked on in vain, and comes again by itself.
const LOCK_LEFT_MIN: SignedDuration = SignedDuration::from_secs(2);

#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    /// Told of messages and failures.
    pub(super) arrived: Notify,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Arrived>,
    /// How many have been named.
    named: u128,
    /// Why none can come; told once.
    failure: Option<Error>,
}

pub(super) struct Arrived {
    pub(super) received: Received,
    /// When its lock ends.
    pub(super) until: Timestamp,
}

impl Inbox {
    /// A name for a lock, never used before, on whatever connection.
    pub(super) fn name(&self) -> u128 {
        let mut state = self.state();
        state.named += 1;
        state.named
    }

    pub(super) fn push(&self, message: Arrived) {
        self.state().messages.push_back(message);
        self.arrived.notify_waiters();
    }

    /// Hand out up to so many, or say once why there are none.
    pub(super) fn take(
        &self,
        max: usize,
        now: Timestamp,
    ) -> Result<Vec<Received>, Error> {
        let mut state = self.state();
        let mut taken = Vec::new();
        while taken.len() < max
            && let Some(message) = state.messages.pop_front()
        {
            if message.until.duration_since(now) > LOCK_LEFT_MIN {
                taken.push(message.received);
            }
        }
        match state.failure.take() {
            Some(failure) if taken.is_empty() => Err(failure),
            _ => Ok(taken),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.state().messages.len()
    }

    /// Forget all messages, whose locks are lost to us.
    pub(super) fn clear(&self) -> Vec<Received> {
        let messages = std::mem::take(&mut self.state().messages);
        messages.into_iter().map(|m| m.received).collect()
    }

    /// Say why none can come.
    pub(super) fn fail(&self, failure: Error) {
        self.state().failure = Some(failure);
        self.arrived.notify_waiters();
    }

    /// They can come again.
    pub(super) fn mend(&self) {
        self.state().failure = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }
}
