//! Sums of moments and durations that never overflow.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The moment this long after; the last one there is, if that is later.
pub(crate) fn after(now: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    now.checked_add(time).unwrap_or(Timestamp::MAX)
}
