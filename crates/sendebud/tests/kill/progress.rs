//! How far the run has come: kills wait for it, and it waits for kills.

use tokio::sync::watch;
use tokio::time::timeout;

use crate::plan::STRETCH;
use crate::world::TIME_MAX;
use crate::{MESSAGES, STEPS};

/// Messages that are on their way at once: sent, and not yet taken.
const UNDER_WAY_MAX: usize = 150;

/// Steps taken and kills begun.
pub(crate) struct Progress {
    steps: watch::Sender<usize>,
    kills: watch::Sender<usize>,
    taken: watch::Sender<usize>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            steps: watch::Sender::new(0),
            kills: watch::Sender::new(0),
            taken: watch::Sender::new(0),
        }
    }

    /// A caller has taken a step. It takes its next when the kills have kept up, so that
    /// all of them fall into the run and none after it.
    pub(crate) async fn step(&self) {
        self.steps.send_modify(|steps| *steps += 1);
        let mut kills = self.kills.subscribe();
        let kept_up =
            kills.wait_for(|kills| *self.steps.borrow() < (kills + 2) * STRETCH);
        kept_up.await.expect("we hold the other end");
    }

    /// The case system has taken a message.
    pub(crate) fn took(&self) {
        self.taken.send_modify(|taken| *taken += 1);
    }

    /// Wait until there is room for message number `n` on the way.
    pub(crate) async fn room(&self, n: usize) {
        let mut taken = self.taken.subscribe();
        let room = taken.wait_for(|taken| n < taken + UNDER_WAY_MAX);
        room.await.expect("we hold the other end");
    }

    /// Wait until so many steps are taken.
    pub(crate) async fn reach(&self, after: usize) {
        let mut steps = self.steps.subscribe();
        let reached = steps.wait_for(|steps| *steps >= after);
        reached.await.expect("we hold the other end");
    }

    /// A role was killed.
    pub(crate) fn killed(&self) {
        self.kills.send_modify(|kills| *kills += 1);
    }

    /// Panics when no step was taken for too long. Ends when all were.
    pub(crate) async fn watch(&self) {
        let mut steps = self.steps.subscribe();
        loop {
            let moved = timeout(TIME_MAX, steps.changed()).await;
            let (now, kills) = (*self.steps.borrow(), *self.kills.borrow());
            let taken = *self.taken.borrow();
            let where_it_is = format!(
                "{now} of {STEPS} steps, {kills} kills, {taken} of {MESSAGES} taken"
            );
            moved
                .unwrap_or_else(|_| panic!("stuck: {where_it_is}"))
                .expect("we hold the other end");
        }
    }
}
