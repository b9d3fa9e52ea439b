//! The access point of one organisation: REST API, console, queue in and out.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Random};
use anyhow::Context;
use api::{Credentials, Door};
use flow::{Judging, Limits, Point, Setup, Webhooks};
use revocation::Checker;
use secrecy::{ExposeSecret, SecretString};
use store::{Blobs, Store};
use transport::servicebus::{Amqp, Rest, Settings as ServiceBus};
use transport::{Transport, queue};

use super::keyring;
use super::record::Recording;
use super::{http, listen, register, trust};
use crate::run::{Shutdown, Started};
use crate::settings::{
    MessageService, Packages, Protocol, Revocation, Serve, User, secret,
};

pub(crate) async fn start(
    settings: Serve,
    shutdown: Shutdown,
) -> anyhow::Result<Started> {
    let (clock, random) = (Clock::system(), Random::system());
    let listener = listen(settings.listen).await?;
    let listening = format!("http://{}", listener.local_addr()?);
    let keys = keyring::read(&settings.keys)?;
    keyring::warn(&keys, clock.now());
    let own = queue::own(&settings.orgnr, settings.mode);
    let register = Arc::new(register::asked(&settings, &keys, &clock, &random)?);
    let connection = connection(&settings.message_service)?;
    let connection = register::connection(connection, &register).await?;
    let protocol = settings.message_service.protocol;
    let mut transport = transport(&connection, protocol, own, &clock)?;
    if let Some(folder) = settings.record {
        transport = Arc::new(Recording::new(transport, folder)?);
    }
    let place = Place {
        data: &settings.data,
        database: settings.database_file.as_deref(),
        blobs: settings.blobs.as_deref(),
    };
    let store = store(place, &clock, &random).await?;
    let mut limits = Limits::default();
    if let Some(bytes) = settings.message_bytes_max {
        limits.message_bytes_max = bytes;
    }
    if let Some(seconds) = settings.lock_seconds {
        limits.lock_time = Duration::from_secs(seconds);
    }
    let days = |days| Duration::from_secs(days * 24 * 60 * 60);
    limits.conversations_kept = settings.conversations_kept_days.map(days);
    limits.expired_kept = settings.expired_kept_days.map(days);
    limits.status_delay = Duration::from_secs(settings.status_delay_seconds);
    let judging = judging(settings.packages, &clock)?;
    let point = Point::open(Setup {
        orgnr: settings.orgnr,
        keys,
        mode: settings.mode,
        receipt_process: sbd::urn::RESPONSE_PROCESS.to_owned(),
        receipt_queue: None,
        store,
        transport,
        registry: register,
        clock,
        random,
        judging,
        limits,
        webhooks: Webhooks::default(),
    });
    let point = Arc::new(point.await?);
    let door = door(Arc::clone(&point), settings.user.as_ref())?;
    let files = settings.keys;
    let router = api::router(door).merge(console::router());
    let ended = async move {
        let served = http(listener, router, shutdown.clone());
        let watched = keyring::watch(Arc::clone(&point), files, shutdown.clone());
        let ((), (), served) = tokio::join!(point.run(shutdown), watched, served);
        served
    };
    Ok(Started {
        listening,
        ended: Box::pin(ended),
    })
}

/// Where everything is kept, as it is set.
struct Place<'a> {
    data: &'a Path,
    database: Option<&'a Path>,
    blobs: Option<&'a str>,
}

async fn store(
    place: Place<'_>,
    clock: &Clock,
    random: &Random,
) -> anyhow::Result<Store> {
    let blobs = match place.blobs {
        None => Blobs::folder(&place.data.join("content"))?,
        Some(address) if address.contains("://") => {
            // Credentials for the cloud stand where its own tools look for them.
            Blobs::cloud(address, std::env::vars())?
        }
        Some(folder) => Blobs::folder(&place.data.join(folder))?,
    };
    Ok(match place.database {
        None => Store::alone(place.data, blobs, clock, random).await?,
        Some(file) => Store::shared(&secret(file)?, blobs, clock, random).await?,
    })
}

fn judging(settings: Packages, clock: &Clock) -> anyhow::Result<Judging> {
    let today = clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let trust = trust::read(&settings.trust, today)?.map(Arc::new);
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

fn connection(service: &MessageService) -> anyhow::Result<SecretString> {
    match (&service.connection, &service.connection_file) {
        (Some(connection), None) => Ok(connection.clone()),
        (None, Some(file)) => Ok(secret(file)?.into()),
        _ => anyhow::bail!(
            "message_service: give either connection or connection_file, not both"
        ),
    }
}

fn transport(
    connection: &SecretString,
    protocol: Protocol,
    own: String,
    clock: &Clock,
) -> anyhow::Result<Arc<dyn Transport>> {
    let settings = ServiceBus::parse(connection.expose_secret())?;
    Ok(match protocol {
        Protocol::Rest => Arc::new(Rest::new(settings, own, clock.clone())?),
        Protocol::Amqp => Arc::new(Amqp::new(settings, own, clock.clone())?),
    })
}

fn door(point: Arc<Point>, user: Option<&User>) -> anyhow::Result<Door> {
    let door = Door::new(point);
    let Some(user) = user else {
        tracing::warn!("the API is open to whoever reaches it: no user is set");
        return Ok(door);
    };
    let password = secret(&user.password_file)?;
    let credentials = Credentials::new(&user.name, &password);
    let credentials = credentials.context("user: name or password cannot be used")?;
    Ok(door.locked(credentials))
}
