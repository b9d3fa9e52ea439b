//! An access point of one organisation: its keys, its store and its neighbours.

use std::sync::{Arc, Mutex};

use ambient::{Clock, Random};
use dokumentpakke::Identity;
use registry::Registry;
use sbd::Orgnr;
use store::subscription::{self, Own};
use store::{Store, Vault};
use tokio::sync::{Notify, mpsc};
use transport::{Mode, Transport};

use crate::alert::Alert;
use crate::bestedu::Bestedu;
use crate::job::{JOBS_WAITING_MAX, Ready};
use crate::keys::{Keys, data_key};
use crate::lease::Held;
use crate::{Error, Judging, Limits, Webhooks, register};

/// What an access point is made of.
pub struct Setup {
    /// The organisation.
    pub orgnr: Orgnr,
    /// The keys to begin with, the one in use first; older ones still open what was sent
    /// to them. [`Point::renew`] exchanges them.
    pub keys: Vec<Identity>,
    /// Which of the organisation's queues is ours.
    pub mode: Mode,
    /// The process that status messages name.
    pub receipt_process: String,
    /// Where status messages and kvitteringer go, if not by the rule.
    pub receipt_queue: Option<String>,
    /// Where everything is kept.
    pub store: Store,
    /// The road to other access points.
    pub transport: Arc<dyn Transport>,
    /// The address register.
    pub registry: Arc<Registry>,
    /// The time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// What is asked of packages that come in.
    pub judging: Judging,
    /// Figures.
    pub limits: Limits,
    /// Who may be told of statuses, and how they know that it is us.
    pub webhooks: Webhooks,
}

/// An access point, ready to work.
pub struct Point {
    pub(crate) setup: Setup,
    pub(crate) keys: Keys,
    pub(crate) vault: Vault,
    pub(crate) jobs: mpsc::Sender<Ready>,
    pub(crate) waiting: Mutex<Option<mpsc::Receiver<Ready>>>,
    pub(crate) wake: Notify,
    pub(crate) held: Held,
    pub(crate) pushes: Notify,
    pub(crate) bestedu: Option<Bestedu>,
    pub(crate) alert: Option<Alert>,
    /// Why the message service could not be read from last; empty while it can be.
    pub(crate) road_closed: Mutex<Option<String>>,
}

impl Point {
    /// Make it ready: the data key is made at the first start and unwrapped at each, and
    /// what the address register said before is remembered.
    ///
    /// Fails when no key is given, or when the data key was wrapped by a certificate
    /// whose key is not among those given.
    pub async fn open(setup: Setup) -> Result<Self, Error> {
        let keys = Keys::new(setup.keys.clone())?;
        let key = data_key(&setup, &keys.ring(), &[]).await?;
        let vault = Vault::new(&key, &setup.random);
        register::remember(&setup, Vault::new(&key, &setup.random)).await?;
        let (owner, queued) = (setup.orgnr.clone(), setup.limits.status_queue);
        // Each of them waits there.
        let filter = queued.then_some("");
        let work = setup.store.write(move |tx| {
            Box::pin(
                async move { subscription::tell(tx, &owner, Own::Queue, filter).await },
            )
        });
        work.await?;
        let (jobs, waiting) = mpsc::channel(JOBS_WAITING_MAX);
        let waiting = Mutex::new(Some(waiting));
        Ok(Self {
            setup,
            keys,
            vault,
            jobs,
            waiting,
            wake: Notify::new(),
            held: Held::default(),
            pushes: Notify::new(),
            bestedu: None,
            alert: None,
            road_closed: Mutex::new(None),
        })
    }

    /// The organisation.
    pub fn orgnr(&self) -> &Orgnr {
        &self.setup.orgnr
    }

    /// Its figures.
    pub fn limits(&self) -> &Limits {
        &self.setup.limits
    }

    /// How its webhooks go.
    pub fn webhooks(&self) -> &Webhooks {
        &self.setup.webhooks
    }

    /// Its clock, which the REST API stamps its answers by.
    pub fn clock(&self) -> &Clock {
        &self.setup.clock
    }

    /// Its address register.
    pub fn registry(&self) -> &Registry {
        &self.setup.registry
    }
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Point {{ orgnr: {} }}", self.setup.orgnr)
    }
}
