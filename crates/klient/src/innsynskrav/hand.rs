//! Messages in hand: locked for us at the access point, and not yet handed over.
//!
//! A target that says no is asked again soon, while the lock holds, and meanwhile the
//! other orders go on. When the lock has run out the message is peeked anew.

use std::time::Duration;

use jiff::Timestamp;
use sbd::{Envelope, MessageId};

/// Longest time before a target is asked again.
const AGAIN_TIME_MAX: Duration = Duration::from_secs(60);

/// One message.
pub(crate) struct Held {
    pub(crate) id: MessageId,
    pub(crate) envelope: Envelope,
    failures: u32,
    again: Timestamp,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Hand(Vec<Held>);

impl Hand {
    /// The next to be tried, taken out of the hand.
    pub(crate) fn due(&mut self, now: Timestamp) -> Option<Held> {
        let place = self.0.iter().position(|held| held.again <= now)?;
        Some(self.0.remove(place))
    }

    /// Keep one that could not be handed over, to be tried again after twice the time.
    pub(crate) fn keep(&mut self, mut held: Held, usual: Duration, now: Timestamp) {
        held.failures += 1;
        let pause = usual.saturating_mul(1 << held.failures.min(10));
        held.again = now + pause.min(AGAIN_TIME_MAX);
        self.0.push(held);
    }
}

impl Held {
    pub(crate) fn new(id: MessageId, envelope: Envelope, now: Timestamp) -> Self {
        Self {
            id,
            envelope,
            failures: 0,
            again: now,
        }
    }
}
