//! An access point of one organisation: its keys, its store and its neighbours.

use std::sync::{Arc, Mutex};

use ambient::{Clock, Random};
use dokumentpakke::Identity;
use registry::Registry;
use sbd::Orgnr;
use store::organisation::{self, WrappedKey};
use store::{Store, Vault};
use tokio::sync::{Notify, mpsc};
use transport::{Mode, Transport};

use crate::job::{JOBS_WAITING_MAX, Ready};
use crate::{Error, Judging, Limits};

/// What an access point is made of.
pub struct Setup {
    /// The organisation.
    pub orgnr: Orgnr,
    /// Its keys, the one in use first; older ones still open what was sent to them.
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
    pub(crate) vault: Vault,
    pub(crate) jobs: mpsc::Sender<Ready>,
    pub(crate) waiting: Mutex<Option<mpsc::Receiver<Ready>>>,
    pub(crate) wake: Notify,
    pub(crate) pushes: Notify,
}

impl Point {
    /// Make it ready: the data key is made at the first start and unwrapped at each.
    ///
    /// Fails when no key is given, or when the data key was wrapped by a certificate
    /// whose key is not among those given.
    pub async fn open(setup: Setup) -> Result<Self, Error> {
        let key = data_key(&setup).await?;
        let vault = Vault::new(&key, &setup.random);
        let (jobs, waiting) = mpsc::channel(JOBS_WAITING_MAX);
        let waiting = Mutex::new(Some(waiting));
        Ok(Self {
            setup,
            vault,
            jobs,
            waiting,
            wake: Notify::new(),
            pushes: Notify::new(),
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

    pub(crate) fn identity(&self) -> &Identity {
        self.setup
            .keys
            .first()
            .expect("`data_key` refuses a setup without keys")
    }
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Point {{ orgnr: {} }}", self.setup.orgnr)
    }
}

/// The key that everything at rest is encrypted under.
async fn data_key(setup: &Setup) -> Result<zeroize::Zeroizing<[u8; 32]>, Error> {
    let Some(current) = setup.keys.first() else {
        return Err(Error::Certificate("no key is given".into()));
    };
    let owner = setup.orgnr.clone();
    let known = setup
        .store
        .read(move |tx| Box::pin(async move { organisation::key(tx, &owner).await }))
        .await?;
    let serial = current.certificate().serial();
    let Some(known) = known else {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        setup.random.fill(key.as_mut());
        wrap(setup, &key, serial).await?;
        return Ok(key);
    };
    let unwrapped = setup
        .keys
        .iter()
        .find_map(|k| k.unwrap_key(&known.bytes).ok());
    let key = unwrapped.ok_or_else(|| {
        Error::Certificate(format!(
            "what is stored was encrypted under the certificate with serial number {}; \
             give its key as well",
            known.wrapped_by
        ))
    })?;
    if known.wrapped_by != serial {
        wrap(setup, &key, serial).await?;
    }
    Ok(key)
}

async fn wrap(setup: &Setup, key: &[u8; 32], serial: String) -> Result<(), Error> {
    let bytes = setup.keys[0].wrap_key(key, &setup.random)?;
    let wrapped = WrappedKey {
        bytes,
        wrapped_by: serial,
    };
    let (owner, now) = (setup.orgnr.clone(), setup.clock.now());
    setup
        .store
        .write(move |tx| {
            Box::pin(
                async move { organisation::keep_key(tx, &owner, &wrapped, now).await },
            )
        })
        .await?;
    Ok(())
}
