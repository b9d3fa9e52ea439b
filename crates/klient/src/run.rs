//! The loops of a klient.

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use db::Db;
use fagsystem::Fagsystem;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::files::Folders;
use crate::ledger::MIGRATIONS;
use crate::mail::Mailer;
use crate::{Error, Settings};

/// Longest pause after failures in a row.
const PAUSE_TIME_MAX: Duration = Duration::from_secs(60);

/// A klient, ready to work.
pub struct Klient {
    pub(crate) settings: Settings,
    pub(crate) folders: Folders,
    pub(crate) access_point: Fagsystem,
    pub(crate) mailer: Option<Mailer>,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

impl Klient {
    /// Make it ready: folders, ledger, mail.
    pub fn open(
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> Result<Self, Error> {
        let mailer = settings.mail.as_ref().map(Mailer::new).transpose()?;
        Ok(Self {
            folders: Folders::open(&settings.folder)?,
            access_point: Fagsystem::new(&settings.access_point, None)?,
            db: Db::open(&settings.data.join("klient.db"), MIGRATIONS, &clock)?,
            mailer,
            settings,
            clock,
            random,
        })
    }

    /// Work until the shutdown turns true.
    pub async fn run(self: Arc<Self>, shutdown: watch::Receiver<bool>) {
        let mut loops = JoinSet::new();
        loops.spawn(again(Arc::clone(&self), Step::Publish, shutdown.clone()));
        loops.spawn(again(
            Arc::clone(&self),
            Step::Innsynskrav,
            shutdown.clone(),
        ));
        loops.spawn(again(self, Step::Kvittering, shutdown));
        while loops.join_next().await.is_some() {}
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Publish,
    Innsynskrav,
    Kvittering,
}

/// Do the step again and again: at once while there is something, else after a pause
/// that grows while it fails.
async fn again(klient: Arc<Klient>, step: Step, mut shutdown: watch::Receiver<bool>) {
    let mut failures = 0_u32;
    while !*shutdown.borrow() {
        let done = match step {
            Step::Publish => klient.publish().await.map(|_| false),
            Step::Innsynskrav => klient.innsynskrav().await,
            Step::Kvittering => klient.kvittering().await,
        };
        let pause = match done {
            Ok(true) => {
                failures = 0;
                continue;
            }
            Ok(false) => {
                failures = 0;
                klient.settings.poll()
            }
            Err(error) => {
                tracing::warn!(?step, %error, "a step is tried again");
                failures += 1;
                let pause =
                    klient.settings.poll().saturating_mul(1 << failures.min(10));
                pause.min(PAUSE_TIME_MAX)
            }
        };
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
