//! The loops of a klient.

use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use db::Db;
use fagsystem::Fagsystem;
use jiff::Timestamp;
use notify::{RecursiveMode, Watcher};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinSet;

use crate::calendar::Calendar;
use crate::files::{Folder, Folders};
use crate::innsynskrav::letter::Writer;
use crate::innsynskrav::{Hand, Targets, Webhook};
use crate::ledger::MIGRATIONS;
use crate::settings::secret;
use crate::{Error, Settings};

/// Longest pause after failures in a row.
const PAUSE_TIME_MAX: Duration = Duration::from_secs(60);
/// Time between two looks of the watchdog.
const WATCH_TIME: Duration = Duration::from_secs(60);

/// A klient, ready to work.
pub struct Klient {
    pub(crate) settings: Settings,
    pub(crate) folders: Folders,
    pub(crate) access_point: Fagsystem,
    pub(crate) writer: Option<Arc<Writer>>,
    pub(crate) targets: Targets,
    pub(crate) alert_webhook: Option<Webhook>,
    pub(crate) calendar: Calendar,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) opened: Timestamp,
    pub(crate) hand: Mutex<Hand>,
    pub(crate) settling: Mutex<()>,
    /// Since when the access point has not answered as it should.
    pub(crate) away: Mutex<Option<Timestamp>>,
}

impl Klient {
    /// Make it ready: folders, ledger, mail.
    pub fn open(
        settings: Settings,
        clock: Clock,
        random: Random,
    ) -> Result<Self, Error> {
        let writer = Writer::new(&settings, &clock, &random)?.map(Arc::new);
        let user = settings.access_point_user.as_ref();
        let user =
            user.map(|user| Ok((user.name.clone(), secret(&user.password_file)?)));
        let user = user.transpose().map_err(|e: Error| e)?;
        let calendar = Calendar::new();
        let key = settings.watch.webhook_secret_file.as_deref();
        let hook = settings.watch.webhook.as_ref();
        let hook = hook.map(|url| Webhook::new(url, key)).transpose()?;
        Ok(Self {
            folders: Folders::open(&settings.folder)?,
            access_point: Fagsystem::believing(
                &settings.access_point,
                user,
                authorities(&settings)?.as_deref(),
            )?,
            db: Db::open(&settings.data.join("klient.db"), MIGRATIONS, &clock)?,
            targets: Targets::new(&settings, writer.clone())?,
            alert_webhook: hook,
            calendar: calendar.map_err(|e| Error::Settings(e.to_string()))?,
            writer,
            settings,
            opened: clock.now(),
            hand: Mutex::default(),
            settling: Mutex::default(),
            away: Mutex::default(),
            clock,
            random,
        })
    }

    /// Work until the shutdown turns true.
    pub async fn run(self: Arc<Self>, shutdown: watch::Receiver<bool>) {
        if let Err(error) = self.mend().await {
            tracing::error!(%error, "a result lies without its file");
        }
        let came = Arc::new(Notify::new());
        let watcher = self.watcher(Arc::clone(&came));
        let mut loops = JoinSet::new();
        for step in Step::ALL {
            let work =
                again(Arc::clone(&self), step, Arc::clone(&came), shutdown.clone());
            loops.spawn(work);
        }
        while loops.join_next().await.is_some() {}
        drop(watcher);
    }

    /// Have the file system tell of what comes into the folder. Where it cannot, the
    /// looks at every poll are enough.
    fn watcher(&self, came: Arc<Notify>) -> Option<notify::RecommendedWatcher> {
        let told = move |event: notify::Result<notify::Event>| {
            if event.is_ok() {
                came.notify_waiters();
            }
        };
        let mut watcher = notify::recommended_watcher(told).ok()?;
        let inn = self.folders.at(Folder::Inn);
        watcher.watch(&inn, RecursiveMode::NonRecursive).ok()?;
        Some(watcher)
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Publish,
    Innsynskrav,
    Kvittering,
    Watch,
}

impl Step {
    const ALL: [Self; 4] = [
        Self::Publish,
        Self::Innsynskrav,
        Self::Kvittering,
        Self::Watch,
    ];
}

/// Do the step again and again: at once while there is something, else after a pause
/// that grows while it fails.
async fn again(
    klient: Arc<Klient>,
    step: Step,
    came: Arc<Notify>,
    mut shutdown: watch::Receiver<bool>,
) {
    let usual = match step {
        Step::Watch => WATCH_TIME,
        _ => klient.settings.poll(),
    };
    let mut failures = 0_u32;
    while !*shutdown.borrow() {
        let done = match step {
            Step::Publish => klient.publish().await,
            Step::Innsynskrav => klient.innsynskrav().await,
            Step::Kvittering => klient.kvittering().await,
            Step::Watch => klient.watch().await,
        };
        let pause = match done {
            Ok(true) => {
                failures = 0;
                continue;
            }
            Ok(false) => {
                failures = 0;
                usual
            }
            Err(error) => {
                tracing::warn!(?step, %error, "a step is tried again");
                failures += 1;
                usual
                    .saturating_mul(1 << failures.min(10))
                    .min(PAUSE_TIME_MAX)
            }
        };
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => return,
            () = came.notified(), if matches!(step, Step::Publish) && failures == 0 => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Whom the access point's certificate is believed from, if not from the machine's.
fn authorities(settings: &Settings) -> Result<Option<Vec<u8>>, Error> {
    let Some(place) = &settings.access_point_authorities else {
        return Ok(None);
    };
    let read = std::fs::read(place).map_err(|e| {
        let place = place.display();
        Error::Settings(format!("access_point_authorities {place}: {e}"))
    });
    read.map(Some)
}
