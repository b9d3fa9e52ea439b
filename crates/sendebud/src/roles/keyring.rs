//! An access point's keys while it works: read anew when their files change, and looked
//! at each day for certificates that end soon.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dokumentpakke::trust::Trust;
use dokumentpakke::{Identity, Notice, Ring};
use flow::Point;
use jiff::Timestamp;

use crate::command::package::identities_of;
use crate::run::Shutdown;
use crate::settings::Key;

/// How often the files are looked at.
const LOOK_TIME: Duration = Duration::from_secs(5);
/// How often a certificate that ends soon is told of.
const TELL_EVERY: u32 = 24 * 60 * 60 / 5;

/// Every key that the settings name, in their order.
pub(crate) fn read(keys: &[Key]) -> anyhow::Result<Vec<Identity>> {
    let mut all = Vec::new();
    for key in keys {
        all.extend(identities_of(key)?);
    }
    Ok(all)
}

/// Tell of a certificate that ends within 60 days and has no successor.
pub(crate) fn warn(keys: &[Identity], now: Timestamp) {
    if let Some(notice) = Ring::new(keys.to_vec()).and_then(|ring| ring.notice(now)) {
        tell(&notice);
    }
}

/// Why receivers who believe the same authorities would refuse what the key in use signs;
/// none when its chain leads to one of them.
pub(crate) fn unknown(
    keys: &[Identity],
    trust: &Trust,
    now: Timestamp,
) -> Option<String> {
    let ring = Ring::new(keys.to_vec())?;
    let own = ring.current(now);
    let why = trust.path(own.certificate(), own.chain(), now).err()?;
    Some(format!(
        "the chain of our own certificate ({}) does not end in packages.trust: {why}; is \
         its root missing there, or its issuer in the key's file?",
        own.certificate().serial()
    ))
}

fn tell(notice: &Notice) {
    let days = notice.days;
    if notice.warns_at() < 30 {
        tracing::error!(days, "{notice}; see `sendebud keys renew`");
    } else {
        tracing::warn!(days, "{notice}; see `sendebud keys renew`");
    }
}

/// Until the shutdown: exchange the point's keys when a file has changed. A file that
/// cannot be read, as one that is half written, leaves the keys as they are, and is
/// tried again at each look.
pub(crate) async fn watch(point: Arc<Point>, keys: Vec<Key>, mut shutdown: Shutdown) {
    let mut tick = tokio::time::interval(LOOK_TIME);
    let (mut known, mut looks) = (stamps(&keys), 0_u32);
    let mut told = point.notice().map(|notice| notice.stage);
    loop {
        tokio::select! {
            _ = shutdown.wait_for(|stop| *stop) => return,
            _ = tick.tick() => {}
        }
        looks += 1;
        let now = stamps(&keys);
        if now != known && renew(&point, &keys).await {
            known = now;
        }
        let notice = point.notice();
        let stage = notice.as_ref().map(|notice| notice.stage);
        if let Some(notice) = notice.filter(|_| stage != told || looks >= TELL_EVERY) {
            tell(&notice);
            looks = 0;
        }
        told = stage;
    }
}

async fn renew(point: &Point, keys: &[Key]) -> bool {
    let read = match read(keys) {
        Ok(read) => read,
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "changed keys cannot be read");
            return false;
        }
    };
    match point.renew(read).await {
        Ok(()) => {
            let (serial, until) = point.certificate();
            tracing::info!(serial, %until, "keys were read anew");
            true
        }
        Err(error) => {
            tracing::error!(%error, "changed keys cannot be used");
            false
        }
    }
}

/// What tells that a file was changed: its length and when it was written.
type Stamp = Option<(u64, SystemTime)>;

fn stamps(keys: &[Key]) -> Vec<Stamp> {
    let stamp = |path: &PathBuf| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.len(), meta.modified().ok()?))
    };
    let files = keys
        .iter()
        .flat_map(|key| [&key.file].into_iter().chain(&key.password_file));
    files.map(stamp).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::civil::Date;

    use super::*;
    use crate::roles::trust;

    fn believes(list: &str) -> Option<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let vector = |name: &str| {
            let path = root.join("conformance/vectors/keys").join(name);
            std::fs::read_to_string(path).unwrap()
        };
        let key =
            Identity::from_pem(&vector("910076787.key"), &vector("910076787.pem"))
                .unwrap();
        let list = root.join("trust").join(list);
        let trust = trust::read(&[list], Date::constant(2026, 11, 25));
        let now = "2026-11-25T12:00:00Z".parse().unwrap();
        unknown(&[key], &trust.unwrap().unwrap(), now)
    }

    #[test]
    fn a_chain_that_does_not_end_in_the_trust_list_is_told_of() {
        assert_eq!(believes("test.toml"), None);
        let words = believes("production.toml").unwrap();
        assert!(words.contains("is not in the trust list"), "{words}");
    }
}
