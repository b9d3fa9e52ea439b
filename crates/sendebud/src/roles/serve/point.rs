//! From settings to the access point of one organisation.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow::bestedu::{Archive, Bestedu, Login};
use flow::{Alert, Judging, Limits, Point, Setup, Webhooks};
use mail::Mailer;
use revocation::Checker;
use secrecy::SecretString;
use store::Store;
use transport::loopback::Hub;
use transport::{Transport, queue};
use zeroize::Zeroizing;

use super::super::record::Recording;
use super::super::{keyring, register, trust};
use super::service::{first_key, keyless, transport, wire_bytes_max};
use crate::run::shown;
use crate::settings::serve::{self, Key, Packages, Revocation, Serve};
use crate::settings::{either, secret};

/// Whether the access point is to send and receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    /// As its settings say.
    Service,
    /// It leads nowhere: for work on what is kept.
    None,
}

/// The access point, and the files of its keys, which are watched.
pub(super) async fn open(
    settings: Serve,
    road: Road,
    store: Store,
    clock: Clock,
    random: Random,
) -> anyhow::Result<(Point, Vec<Key>)> {
    let limits = limits(&settings)?;
    let keys = keyring::read(&settings.keys)?;
    keyring::warn(&keys, clock.now());
    let judging = judging(&settings.packages, &clock)?;
    let unknown = |trust| keyring::unknown(&keys, trust, clock.now());
    if let Some(words) = judging.trust.as_deref().and_then(unknown) {
        tracing::warn!("{words}");
    }
    let register = Arc::new(register::asked(&settings, &keys, &clock, &random)?);
    let own = queue::own(&settings.orgnr, settings.mode);
    let mut transport: Arc<dyn Transport> = match road {
        Road::None => Arc::new(Hub::default().end(own)),
        Road::Service => {
            let service = &settings.message_service;
            transport(service, &register, own, &clock)?
        }
    };
    if let Some(folder) = settings.record {
        transport = Arc::new(Recording::new(transport, folder)?);
    }
    let asks = match road {
        Road::None => false,
        Road::Service => keyless(&settings.message_service)?,
    };
    let bestedu = settings.bestedu.as_ref().map(bestedu).transpose()?;
    let alert = settings.alert.as_ref().map(alert).transpose()?;
    let process = settings.receipt_process;
    let setup = Setup {
        orgnr: settings.orgnr,
        keys,
        mode: settings.mode,
        receipt_process: process
            .unwrap_or_else(|| sbd::urn::RESPONSE_PROCESS.to_owned()),
        receipt_queue: settings.receipt_queue,
        store,
        transport,
        registry: Arc::clone(&register),
        judging,
        clock,
        random,
        limits,
        webhooks: webhooks(&settings.webhooks)?,
    };
    let point = Point::open(setup).await?;
    let point = point.speaking(bestedu).await?.alerting(alert).await?;
    if asks {
        first_key(&register).await?;
    }
    Ok((point, settings.keys))
}

fn limits(settings: &Serve) -> anyhow::Result<Limits> {
    let default = Limits::default();
    let seconds = |given: Option<u64>, other| given.map_or(other, Duration::from_secs);
    let hours = settings
        .levetid_hours
        .map(|hours| hours.saturating_mul(3600));
    let days = |days: u64| Duration::from_secs(days.saturating_mul(24 * 3600));
    Ok(Limits {
        conversations_kept: settings.conversations_kept_days.map(days),
        expired_kept: settings.expired_kept_days.map(days),
        message_bytes_max: settings
            .message_bytes_max
            .unwrap_or(default.message_bytes_max),
        wire_bytes_max: wire_bytes_max(&settings.message_service)?,
        lock_time: seconds(settings.lock_seconds, default.lock_time),
        levetid: seconds(hours, default.levetid),
        status_delay: Duration::from_secs(settings.status_delay_seconds),
        status_queue: settings.status_queue,
        ..default
    })
}

fn judging(settings: &Packages, clock: &Clock) -> anyhow::Result<Judging> {
    let today = clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let trust = trust::read(&settings.trust, today)?;
    let trust =
        trust.map(|list| Arc::new(list.with_policies(settings.policies.clone())));
    let asked = trust.is_some() && settings.revocation != Revocation::Off;
    let suppliers = settings.suppliers.iter().map(ToString::to_string);
    Ok(Judging {
        revocation: asked.then(|| Arc::new(Checker::new(clock.clone()))),
        refuse_unknown_revocation: settings.revocation == Revocation::Require,
        trust,
        suppliers: suppliers.collect(),
        oaep_to: settings.oaep_to.iter().map(ToString::to_string).collect(),
        refuse_sha1: settings.refuse_sha1,
        hand_over: settings.hand_over,
    })
}

fn webhooks(given: &serve::Webhooks) -> anyhow::Result<Webhooks> {
    let default = Webhooks::default();
    let networks = given.allow.iter().map(|text| text.parse());
    let allow = networks.collect::<Result<_, String>>();
    let signing = given.secret_file.as_deref().map(secret).transpose()?;
    let signing = signing.map(|text| {
        let digits = text.trim_start_matches("whsec_");
        STANDARD
            .decode(digits)
            .map(Zeroizing::new)
            .context("webhooks.secret_file is not Base64")
    });
    let bearer = given.bearer_file.as_deref().map(secret).transpose()?;
    let seconds = |given: Option<u64>, other| given.map_or(other, Duration::from_secs);
    Ok(Webhooks {
        allow: allow.map_err(|e| anyhow::anyhow!("webhooks.allow: {e}"))?,
        secret: signing.transpose()?,
        bearer,
        connect_time_max: seconds(given.connect_seconds, default.connect_time_max),
        answer_time_max: seconds(given.answer_seconds, default.answer_time_max),
    })
}

/// eInnsyn's own number (einnsyn §1).
const EINNSYN: &str = "991825827";

pub(crate) fn bestedu(given: &serve::Bestedu) -> anyhow::Result<Bestedu> {
    let einnsyn = match &given.einnsyn {
        Some(orgnr) => orgnr.clone(),
        None => EINNSYN.parse()?,
    };
    Ok(Bestedu {
        einnsyn,
        ok_on_empty: given.ok_on_empty,
        archive: given.archive.as_ref().map(archive).transpose()?,
    })
}

pub(crate) fn alert(given: &serve::Alert) -> anyhow::Result<Alert> {
    let (here, file) = (given.password.as_ref(), given.password_file.as_deref());
    let login = match (&given.user, (here, file)) {
        (None, (None, None)) => None,
        (None, _) => bail!("alert: a password, and no user"),
        (Some(user), (here, file)) => {
            let password = either("alert.password", here, file)?;
            Some((user.clone(), SecretString::from(password.as_str())))
        }
    };
    let server = mail::Server {
        host: given.host.clone(),
        port: given.port,
        from: given.from.clone(),
        security: given.security,
        user: None,
    };
    let mailer = Mailer::entering(&server, login).context("alert")?;
    let alert = Alert::new(mailer, &given.to);
    alert.map_err(|why| anyhow::anyhow!("alert.to: {why}"))
}

fn archive(given: &serve::Archive) -> anyhow::Result<Archive> {
    let password = (given.password.as_ref(), given.password_file.as_deref());
    let login = match (given.user.clone(), password) {
        (None, (None, None)) => None,
        (None, _) => bail!("bestedu.archive: a password, and no user"),
        (Some(user), (here, file)) => Some(Login {
            domain: given.domain.clone(),
            user,
            password: either("bestedu.archive.password", here, file)?,
        }),
    };
    let url = given.url.clone();
    anyhow::ensure!(
        ["http", "https"].contains(&url.scheme()) && url.has_host(),
        "bestedu.archive.url {url}: write it as https://host/path"
    );
    let read = |file: &PathBuf| {
        let place = || format!("bestedu.archive.authorities {}", shown(file));
        std::fs::read(file).with_context(place)
    };
    let authorities = given.authorities.as_ref().map(read).transpose()?;
    Ok(Archive::new(
        url,
        login,
        authorities.as_deref(),
        given.innsynskrav,
    )?)
}
