//! Leases: a job is ours for a while, and for longer if we say so in time.
//!
//! Whoever is lost says nothing, and another node has its jobs within seconds.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use store::job::LEASE_TIME;

use crate::time::after;
use crate::{Error, Point};

/// Renewed this long after it was taken: two more tries before it runs out.
const RENEW_TIME: Duration = Duration::from_secs(3);
const _: () = assert!(RENEW_TIME.as_secs() * 3 < LEASE_TIME.as_secs());

/// The jobs that this process has taken, by row, and when each was leased last.
#[derive(Debug, Default)]
pub(crate) struct Held(Mutex<BTreeMap<i64, Timestamp>>);

impl Held {
    pub(crate) fn take(&self, row: i64, now: Timestamp) {
        self.rows().insert(row, now);
    }

    pub(crate) fn let_go(&self, row: i64) {
        self.rows().remove(&row);
    }

    fn due(&self, now: Timestamp) -> Vec<i64> {
        let rows = self.rows();
        let due = rows.iter().filter(|(_, at)| after(**at, RENEW_TIME) <= now);
        due.map(|(row, _)| *row).collect()
    }

    /// Those that are still held were leased then.
    fn renewed(&self, renewed: &[i64], now: Timestamp) {
        let mut rows = self.rows();
        for row in renewed {
            rows.entry(*row).and_modify(|at| *at = now);
        }
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<i64, Timestamp>> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

/// Renew what is held and was leased a while ago.
pub(crate) async fn renew(point: &Point) -> Result<(), Error> {
    let now = point.setup.clock.now();
    let due = point.held.due(now);
    if due.is_empty() {
        return Ok(());
    }
    let rows = due.clone();
    let work = point.setup.store.write(move |tx| {
        Box::pin(async move { store::job::renew(tx, &rows, now).await })
    });
    work.await?;
    point.held.renewed(&due, now);
    Ok(())
}
