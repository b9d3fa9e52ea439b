//! The loops of a portal.

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use db::Db;
use fagsystem::Fagsystem;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::archive::MIGRATIONS;
use crate::{Error, Settings};

/// Longest pause after failures in a row.
const PAUSE_TIME_MAX: Duration = Duration::from_secs(30);

/// A portal, ready to work.
pub struct Portal {
    pub(crate) settings: Settings,
    pub(crate) access_point: Fagsystem,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) wake: Notify,
}

impl Portal {
    /// Make it ready.
    pub fn open(
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> Result<Self, Error> {
        Ok(Self {
            access_point: Fagsystem::new(&settings.access_point, None)?,
            db: Db::open(&settings.data.join("portal.db"), MIGRATIONS, &clock)?,
            wake: Notify::new(),
            settings,
            clock,
            random,
        })
    }

    /// Work until the shutdown turns true.
    pub async fn run(self: Arc<Self>, shutdown: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        for step in [Step::Import, Step::Answer, Step::Ask] {
            loops.spawn(again(Arc::clone(&self), step, shutdown.clone()));
        }
        while loops.join_next().await.is_some() {}
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Import,
    Answer,
    Ask,
}

async fn again(portal: Arc<Portal>, step: Step, mut shutdown: watch::Receiver<bool>) {
    let mut failures = 0_u32;
    while !*shutdown.borrow() {
        let done = match step {
            Step::Import => portal.import().await,
            Step::Answer => portal.answer().await,
            Step::Ask => portal.ask().await,
        };
        let pause = match done {
            Ok(true) => {
                failures = 0;
                continue;
            }
            Ok(false) => {
                failures = 0;
                portal.settings.poll()
            }
            Err(error) => {
                tracing::warn!(?step, %error, "a step is tried again");
                failures += 1;
                let pause = portal.settings.poll().saturating_mul(1 << failures.min(8));
                pause.min(PAUSE_TIME_MAX)
            }
        };
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => return,
            () = portal.wake.notified(), if step == Step::Ask => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
