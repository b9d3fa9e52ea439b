//! The loops of a portal.

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use db::Db;
use fagsystem::Fagsystem;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::tables::MIGRATIONS;
use crate::{Error, Settings};
use mail::Mailer;

/// Longest pause after failures in a row.
const PAUSE_TIME_MAX: Duration = Duration::from_secs(30);

/// A portal, ready to work.
pub struct Portal {
    pub(crate) settings: Settings,
    pub(crate) access_point: Fagsystem,
    pub(crate) mailer: Option<Mailer>,
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
            mailer: settings.mail.as_ref().map(Mailer::new).transpose()?,
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
        for step in Step::ALL {
            loops.spawn(again(Arc::clone(&self), step, shutdown.clone()));
        }
        while loops.join_next().await.is_some() {}
    }
}

/// Microseconds to wait after so many tries: a quarter of a second, doubled each time,
/// at most an hour.
pub(crate) fn pause(tries: i64) -> i64 {
    const FIRST: i64 = 250_000;
    const LONGEST: i64 = 3_600_000_000;
    (FIRST << tries.clamp(0, 14)).min(LONGEST)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Import,
    Answer,
    Ask,
    Follow,
    Post,
    Wash,
}

impl Step {
    const ALL: [Self; 6] = [
        Self::Import,
        Self::Answer,
        Self::Ask,
        Self::Follow,
        Self::Post,
        Self::Wash,
    ];

    async fn take(self, portal: &Portal) -> Result<bool, Error> {
        match self {
            Self::Import => portal.import().await,
            Self::Answer => portal.answer().await,
            Self::Ask => portal.ask().await,
            Self::Follow => portal.follow().await,
            Self::Post => portal.post().await,
            Self::Wash => portal.wash().await,
        }
    }

    /// How long to wait when there was nothing to do.
    fn rest(self, portal: &Portal) -> Duration {
        const WASH_TIME: Duration = Duration::from_secs(60);
        match self {
            Self::Wash => WASH_TIME,
            _ => portal.settings.poll(),
        }
    }
}

async fn again(portal: Arc<Portal>, step: Step, mut shutdown: watch::Receiver<bool>) {
    let mut failures = 0_u32;
    while !*shutdown.borrow() {
        let pause = match step.take(&portal).await {
            Ok(true) => {
                failures = 0;
                continue;
            }
            Ok(false) => {
                failures = 0;
                step.rest(&portal)
            }
            Err(error) => {
                tracing::warn!(?step, %error, "a step is tried again");
                failures += 1;
                let pause = portal.settings.poll().saturating_mul(1 << failures.min(8));
                pause.min(PAUSE_TIME_MAX)
            }
        };
        let wakes = matches!(step, Step::Answer | Step::Ask | Step::Post);
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => return,
            () = portal.wake.notified(), if wakes => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
