//! From settings to the access point of one organisation.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow::bestedu::{Archive, Bestedu, Login};
use flow::{Judging, Limits, Point, Setup, Webhooks};
use registry::Registry;
use revocation::Checker;
use secrecy::{ExposeSecret, SecretString};
use store::Store;
use transport::loopback::Hub;
use transport::servicebus::{Amqp, Rest, Settings as ServiceBus};
use transport::{Pending, Throttled, Transport, queue};
use zeroize::Zeroizing;

use super::super::record::Recording;
use super::super::rekeyed::Rekeyed;
use super::super::{keyring, register, trust};
use crate::run::shown;
use crate::settings::serve::{
    self, Key, MessageService, Packages, Protocol, Revocation, Serve,
};
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
    let limits = limits(&settings);
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
    let bestedu = settings.bestedu.map(bestedu).transpose()?;
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
    let point = Point::open(setup).await?.speaking(bestedu).await?;
    if asks {
        first_key(&register).await?;
    }
    Ok((point, settings.keys))
}

/// Whether the message service's key must be had from the register.
fn keyless(given: &MessageService) -> anyhow::Result<bool> {
    Ok(service(given)?.policy.is_none() && policy(given)?.is_some())
}

/// Ask for the key, so that a register that gives none says so at the start.
async fn first_key(registry: &Registry) -> anyhow::Result<()> {
    let advice = "the message service's key cannot be had from the register";
    match registry.sas_key().await {
        Err(error) if error.fault().is_passing() => {
            tracing::warn!(%error, "{advice}; it is asked for again");
        }
        key => drop(key.context(advice)?),
    }
    Ok(())
}

fn limits(settings: &Serve) -> Limits {
    let default = Limits::default();
    let seconds = |given: Option<u64>, other| given.map_or(other, Duration::from_secs);
    let hours = settings
        .levetid_hours
        .map(|hours| hours.saturating_mul(3600));
    let days = |days: u64| Duration::from_secs(days.saturating_mul(24 * 3600));
    Limits {
        conversations_kept: settings.conversations_kept_days.map(days),
        expired_kept: settings.expired_kept_days.map(days),
        message_bytes_max: settings
            .message_bytes_max
            .unwrap_or(default.message_bytes_max),
        wire_bytes_max: settings.message_service.wire_bytes_max,
        lock_time: seconds(settings.lock_seconds, default.lock_time),
        levetid: seconds(hours, default.levetid),
        status_delay: Duration::from_secs(settings.status_delay_seconds),
        status_queue: settings.status_queue,
        ..default
    }
}

/// Where the message service is; without a policy where its key must be asked for.
pub(crate) fn service(given: &MessageService) -> anyhow::Result<ServiceBus> {
    let connection = match connection(given)? {
        Ok(connection) => connection,
        Err(host) => {
            let scheme = if given.https { "https" } else { "http" };
            let base = format!("{scheme}://{host}/").parse();
            let policy = given.key_name.clone().zip(key(given)?);
            return Ok(ServiceBus {
                base: base.with_context(|| format!("message_service.host {host}"))?,
                policy,
                authorities: authorities(given)?,
                websocket: websocket(given),
            });
        }
    };
    let keyless = field(&connection, "SharedAccessKey").is_none();
    let parts = connection.split(';');
    let kept: Vec<&str> = parts
        .filter(|part| !keyless || !is(part, KEY_NAME))
        .collect();
    let parsed = ServiceBus::parse(&Zeroizing::new(kept.join(";")))?;
    Ok(ServiceBus {
        authorities: authorities(given)?,
        websocket: websocket(given),
        ..parsed
    })
}

/// Whether AMQP goes inside a WebSocket.
fn websocket(given: &MessageService) -> Option<Random> {
    (given.protocol == Protocol::Websocket).then(Random::system)
}

/// Whom the message service's certificate is believed from, if not from the system's.
fn authorities(given: &MessageService) -> anyhow::Result<Option<Vec<u8>>> {
    let read = |file: &PathBuf| {
        std::fs::read(file)
            .with_context(|| format!("message_service.authorities {}", shown(file)))
    };
    given.authorities.as_ref().map(read).transpose()
}

/// The policy's key, where it is given.
fn key(given: &MessageService) -> anyhow::Result<Option<SecretString>> {
    match (&given.key, &given.key_file) {
        (None, None) => Ok(None),
        (here, file) => {
            let key = either("message_service.key", here.as_ref(), file.as_deref())?;
            Ok(Some(SecretString::from(key.as_str())))
        }
    }
}

const KEY_NAME: &str = "SharedAccessKeyName";

/// The connection string, or the host that is given in its place.
fn connection(
    given: &MessageService,
) -> anyhow::Result<Result<Zeroizing<String>, &str>> {
    match (&given.connection, &given.connection_file, &given.host) {
        (Some(connection), None, None) => {
            Ok(Ok(connection.expose_secret().to_owned().into()))
        }
        (None, Some(file), None) => Ok(Ok(secret(file)?)),
        (None, None, Some(host)) => Ok(Err(host)),
        _ => bail!("message_service: give one of connection, connection_file and host"),
    }
}

/// The policy's name, where one is named.
fn policy(given: &MessageService) -> anyhow::Result<Option<String>> {
    Ok(match connection(given)? {
        Ok(connection) => field(&connection, KEY_NAME).map(str::to_owned),
        Err(_) => given.key_name.clone(),
    })
}

/// A part of a connection string. The string is a secret, so what is not one is copied by
/// whoever needs it.
fn field<'a>(connection: &'a str, name: &str) -> Option<&'a str> {
    let part = connection.split(';').find(|part| is(part, name))?;
    Some(part.split_once('=')?.1.trim())
}

fn is(part: &str, name: &str) -> bool {
    let field = part.split_once('=').map(|(field, _)| field.trim());
    field.is_some_and(|field| field.eq_ignore_ascii_case(name))
}

/// A policy that is named without its key gets that from the register, anew when it is
/// refused. One whose key stands in a file is read anew then: whoever changes the key
/// writes the file, and ends nothing.
fn transport(
    given: &MessageService,
    registry: &Arc<Registry>,
    own: String,
    clock: &Clock,
) -> anyhow::Result<Arc<dyn Transport>> {
    let settings = service(given)?;
    let road = {
        let (protocol, clock) = (given.protocol, clock.clone());
        move |settings: ServiceBus| -> Result<Arc<dyn Transport>, transport::Error> {
            let (own, clock) = (own.clone(), clock.clone());
            Ok(match protocol {
                Protocol::Rest => {
                    Arc::new(Throttled::new(Rest::new(settings, own, clock)?))
                }
                Protocol::Amqp | Protocol::Websocket => {
                    Arc::new(Throttled::new(Amqp::new(settings, own, clock)?))
                }
            })
        }
    };
    let in_a_file = given.connection_file.is_some() || given.key_file.is_some();
    if settings.policy.is_some() && in_a_file {
        let (given, road) = (given.clone(), Arc::new(road));
        let fetch = move || -> Pending<'static, Arc<dyn Transport>> {
            let read = service(&given);
            let read = read.map_err(|e| transport::Error::Settings(format!("{e:#}")));
            let road = read.and_then(|settings| road(settings));
            Box::pin(std::future::ready(road))
        };
        return Ok(Arc::new(Rekeyed::new(Box::new(fetch), clock.clone())));
    }
    let (None, Some(name)) = (&settings.policy, policy(given)?) else {
        return Ok(road(settings)?);
    };
    let (registry, road) = (Arc::clone(registry), Arc::new(road));
    let fetch = move || -> Pending<'static, Arc<dyn Transport>> {
        let (registry, road) = (Arc::clone(&registry), Arc::clone(&road));
        let (name, settings) = (name.clone(), settings.clone());
        Box::pin(async move {
            let key = registry.sas_key_anew().await;
            let key = key.map_err(|e| transport::Error::Unreachable(e.to_string()))?;
            let policy = Some((name, key));
            road(ServiceBus { policy, ..settings })
        })
    };
    Ok(Arc::new(Rekeyed::new(Box::new(fetch), clock.clone())))
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

pub(crate) fn bestedu(given: serve::Bestedu) -> anyhow::Result<Bestedu> {
    let einnsyn = match given.einnsyn {
        Some(orgnr) => orgnr,
        None => EINNSYN.parse()?,
    };
    Ok(Bestedu {
        einnsyn,
        ok_on_empty: given.ok_on_empty,
        archive: given.archive.map(archive).transpose()?,
    })
}

fn archive(given: serve::Archive) -> anyhow::Result<Archive> {
    let password = (given.password.as_ref(), given.password_file.as_deref());
    let login = match (given.user, password) {
        (None, (None, None)) => None,
        (None, _) => bail!("bestedu.archive: a password, and no user"),
        (Some(user), (here, file)) => Some(Login {
            user: match given.domain {
                Some(domain) => format!("{domain}\\{user}"),
                None => user,
            },
            password: either("bestedu.archive.password", here, file)?,
        }),
    };
    let url = given.url;
    anyhow::ensure!(
        ["http", "https"].contains(&url.scheme()) && url.has_host(),
        "bestedu.archive.url {url}: write it as https://host/path"
    );
    Ok(Archive::new(url, login, given.innsynskrav)?)
}
