//! The access point's keys, which may be exchanged while it works.
//!
//! The data key, under which everything at rest is encrypted, is itself wrapped by the
//! certificate in use, and wrapped anew when that is another.

use std::sync::RwLock;

use dokumentpakke::{Identity, Notice, Ring};
use jiff::{SignedDuration, Timestamp};
use store::organisation::{self, WrappedKey};
use zeroize::Zeroizing;

use crate::point::Setup;
use crate::{Error, Point};

/// A ring that can be exchanged.
pub(crate) struct Keys(RwLock<Ring>);

impl Keys {
    pub(crate) fn new(keys: Vec<Identity>) -> Result<Self, Error> {
        ring(keys).map(|ring| Self(RwLock::new(ring)))
    }

    pub(crate) fn ring(&self) -> Ring {
        self.0
            .read()
            .expect("nobody panics while holding it")
            .clone()
    }
}

fn ring(keys: Vec<Identity>) -> Result<Ring, Error> {
    Ring::new(keys).ok_or_else(|| Error::Certificate("no key is given".into()))
}

impl Point {
    /// The key in use.
    pub(crate) fn identity(&self) -> Identity {
        let now = self.setup.clock.now();
        self.keys.ring().current(now).clone()
    }

    /// Every key, in its order.
    pub fn keys(&self) -> Vec<Identity> {
        self.keys.ring().keys().to_vec()
    }

    /// What there is to tell of the key in use: that its certificate ends soon, and has
    /// no successor.
    pub fn notice(&self) -> Option<Notice> {
        self.keys.ring().notice(self.setup.clock.now())
    }

    /// Serial number of the certificate in use, and until when it is valid.
    pub fn certificate(&self) -> (String, Timestamp) {
        let identity = self.identity();
        let certificate = identity.certificate();
        (certificate.serial(), certificate.not_after())
    }

    /// How long the certificate in use is still valid; negative when it is not.
    pub fn certificate_time_left(&self) -> SignedDuration {
        self.certificate().1.duration_since(self.setup.clock.now())
    }

    /// Work with these keys from now on. What is under way keeps those that it has.
    ///
    /// Fails, and changes nothing, without keys, or when the data key cannot be wrapped
    /// by the new one.
    pub async fn renew(&self, keys: Vec<Identity>) -> Result<(), Error> {
        let new = ring(keys)?;
        let old = self.keys.ring();
        data_key(&self.setup, &new, old.keys()).await?;
        *self.keys.0.write().expect("nobody panics while holding it") = new;
        Ok(())
    }
}

/// The key that everything at rest is encrypted under: made at the first start,
/// unwrapped with whichever key fits at each, wrapped by the one in use.
pub(crate) async fn data_key(
    setup: &Setup,
    ring: &Ring,
    others: &[Identity],
) -> Result<Zeroizing<[u8; 32]>, Error> {
    let current = ring.current(setup.clock.now());
    let owner = setup.orgnr.clone();
    let known = setup
        .store
        .read(move |tx| Box::pin(async move { organisation::key(tx, &owner).await }))
        .await?;
    let known = match known {
        Some(known) => known,
        None => first(setup, current).await?,
    };
    let mut all = ring.keys().iter().chain(others);
    let unwrapped = all.find_map(|key| key.unwrap_key(&known.bytes).ok());
    let key = unwrapped.ok_or_else(|| {
        Error::Certificate(format!(
            "what is stored was encrypted under the certificate with serial number {}; \
             give its key as well",
            known.wrapped_by
        ))
    })?;
    if known.wrapped_by != current.certificate().serial() {
        rewrap(setup, &key, current).await?;
    }
    Ok(key)
}

/// Make a data key; of nodes that start together one is the first, and all use its key.
async fn first(setup: &Setup, by: &Identity) -> Result<WrappedKey, Error> {
    let mut key = Zeroizing::new([0; 32]);
    setup.random.fill(key.as_mut());
    let wrapped = wrapped(setup, &key, by)?;
    let (owner, now) = (setup.orgnr.clone(), setup.clock.now());
    let work = setup.store.write(move |tx| {
        Box::pin(async move { organisation::first_key(tx, &owner, wrapped, now).await })
    });
    Ok(work.await?)
}

async fn rewrap(setup: &Setup, key: &[u8; 32], by: &Identity) -> Result<(), Error> {
    let wrapped = wrapped(setup, key, by)?;
    let owner = setup.orgnr.clone();
    let work = setup.store.write(move |tx| {
        Box::pin(async move { organisation::rewrap(tx, &owner, &wrapped).await })
    });
    Ok(work.await?)
}

fn wrapped(setup: &Setup, key: &[u8; 32], by: &Identity) -> Result<WrappedKey, Error> {
    Ok(WrappedKey {
        bytes: by.wrap_key(key, &setup.random)?,
        wrapped_by: by.certificate().serial(),
    })
}
