//! What has happened in each queue since the start, for whoever watches.

use super::Engine;
use super::lane::{self, Lane};
use crate::queue::{Counts, Described};

/// What has happened to the messages of a queue, or to its dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Sent, and no duplicates.
    pub sent: u64,
    /// Dropped, since their id had been seen.
    pub duplicates: u64,
    /// Given to receivers.
    pub delivered: u64,
    /// Completed, or received for good.
    pub completed: u64,
    /// Given back after a delivery in vain.
    pub abandoned: u64,
    /// Put off.
    pub deferred: u64,
    /// Put aside, for whatever reason.
    pub dead_lettered: u64,
    /// Of no more use before anyone had taken them.
    pub expired: u64,
    /// Locks that ran out before their message was settled.
    pub locks_run_out: u64,
    /// Times that someone came with a lock that was no longer theirs.
    pub locks_lost: u64,
}

/// A queue as it is, and what has happened in it.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub counts: Counts,
    /// What has happened to its messages.
    pub totals: Totals,
    /// What has happened to its dead letters.
    pub dead: Totals,
}

/// The log's files.
#[derive(Debug, Clone, Copy)]
pub struct LogSize {
    /// Bytes of all full files.
    pub bytes: u64,
    /// Bytes of the messages in all files.
    pub live: u64,
    /// There is no room for more messages.
    pub is_full: bool,
}

impl Engine {
    /// Every queue, in the order in which they were made.
    pub fn measure(&self) -> Vec<Measured> {
        self.with(|state| {
            let lane = |described: &Described, dead| {
                let lane = state.lanes.get(&lane::number(described.number, dead));
                lane.map(|lane: &Lane| lane.totals).unwrap_or_default()
            };
            let one = |owned: &super::state::Owned| Measured {
                name: owned.described.name.to_string(),
                counts: state.counts(owned.described.number),
                totals: lane(&owned.described, false),
                dead: lane(&owned.described, true),
            };
            state.queues.values().map(one).collect()
        })
    }

    /// How large the log is.
    pub fn log_size(&self) -> LogSize {
        let (bytes, live) = self.with(|state| state.ledger.bytes());
        LogSize {
            bytes,
            live,
            is_full: self.0.files.is_full(),
        }
    }
}

impl super::state::State {
    /// Count something of a lane.
    pub(super) fn total(&mut self, lane: u32, count: impl FnOnce(&mut Totals)) {
        if let Some(lane) = self.lanes.get_mut(&lane) {
            count(&mut lane.totals);
        }
    }
}
