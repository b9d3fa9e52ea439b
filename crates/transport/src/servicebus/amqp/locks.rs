//! Locks on what has arrived. Service Bus says when one ends; where the broker knows no
//! end, it has ours, so that no message stays with whoever has forgotten it.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

/// How long one of ours holds: as long as Service Bus's longest.
const LOCK_TIME: Duration = Duration::from_mins(5);
/// Locks that are remembered; beyond, those that have ended are forgotten.
const HELD_MAX: usize = 50_000;

#[derive(Default)]
pub(super) struct Locks {
    held: HashMap<u128, Held>,
}

struct Held {
    delivery: u32,
    until: Timestamp,
    ours: bool,
}

impl Locks {
    /// Hold a delivery under this name; answers until when.
    pub(super) fn hold(
        &mut self,
        name: u128,
        delivery: u32,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Timestamp {
        if self.held.len() >= HELD_MAX {
            self.held.retain(|_, held| held.ours || held.until > now);
        }
        let ours = until.is_none();
        let until = until
            .or_else(|| now.checked_add(LOCK_TIME).ok())
            .unwrap_or(Timestamp::MAX);
        let held = Held {
            delivery,
            until,
            ours,
        };
        self.held.insert(name, held);
        until
    }

    /// The delivery, which is held no longer.
    pub(super) fn release(&mut self, name: u128) -> Option<u32> {
        self.held.remove(&name).map(|held| held.delivery)
    }

    /// Deliveries whose lock was ours and has ended: they are to be given back.
    pub(super) fn ended(&mut self, now: Timestamp) -> Vec<u32> {
        let over = |held: &mut Held| held.ours && held.until <= now;
        let ended = self.held.extract_if(|_, held| over(held));
        ended.map(|(_, held)| held.delivery).collect()
    }

    /// The link is gone, and all of them with it.
    pub(super) fn clear(&mut self) {
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_without_an_end_has_ours() {
        let now: Timestamp = "2026-11-26T12:00:00Z".parse().unwrap();
        let mut locks = Locks::default();
        let theirs = now + Duration::from_secs(60);
        assert_eq!(locks.hold(1, 10, Some(theirs), now), theirs);
        let until = locks.hold(2, 20, None, now);
        assert_eq!(until, now + LOCK_TIME);
        assert!(locks.ended(theirs).is_empty(), "theirs is theirs to end");
        assert_eq!(locks.ended(until), [20]);
        assert_eq!(locks.release(2), None, "it was given back");
        assert_eq!(locks.release(1), Some(10));
    }
}
