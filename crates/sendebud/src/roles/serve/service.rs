//! The message service of an access point: where it is, who we are to it, what it takes.

use std::path::PathBuf;
use std::sync::Arc;

use ambient::{Clock, Random};
use anyhow::{Context, bail, ensure};
use registry::Registry;
use secrecy::{ExposeSecret, SecretString};
use transport::servicebus::{Amqp, Broker, Rest, Settings as ServiceBus};
use transport::{Pending, Throttled, Transport};
use zeroize::Zeroizing;

use super::super::rekeyed::Rekeyed;
use crate::run::shown;
use crate::settings::serve::{self, MessageService, Protocol, Tier};
use crate::settings::{either, secret};

/// Where the message service is; without a policy where its key must be asked for.
pub(crate) fn service(given: &MessageService) -> anyhow::Result<ServiceBus> {
    let connection = match connection(given)? {
        Ok(connection) => {
            ensure!(
                given.broker.is_none(),
                "message_service.broker: give its host, and no connection string, which \
                 is Service Bus's"
            );
            connection
        }
        Err(host) => {
            let scheme = if given.https { "https" } else { "http" };
            let base = format!("{scheme}://{host}/").parse();
            let policy = given.key_name.clone().zip(key(given)?);
            return Ok(ServiceBus {
                base: base.with_context(|| format!("message_service.host {host}"))?,
                policy,
                authorities: authorities(given)?,
                websocket: websocket(given),
                broker: broker(given)?,
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

/// What stands in Service Bus's place, if anything does.
fn broker(given: &MessageService) -> anyhow::Result<Option<Broker>> {
    let Some(broker) = given.broker.as_ref() else {
        return Ok(None);
    };
    ensure!(
        given.protocol == Protocol::Amqp,
        "message_service.broker: write protocol = \"amqp\"; rest and websocket are Service \
         Bus's own"
    );
    let named = [given.key_name.is_some(), given.key.is_some()];
    ensure!(
        !named.contains(&true) && given.key_file.is_none() && given.tier.is_none(),
        "message_service.broker: key_name, key, key_file and tier are Service Bus's; give \
         message_service.broker.user and password_file"
    );
    let address = broker.address.clone();
    ensure!(
        address
            .as_ref()
            .is_none_or(|address| address.contains("{}")),
        "message_service.broker.address: write {{}} where the queue's name is to stand"
    );
    Ok(Some(Broker {
        user: user(broker)?,
        address,
        virtual_host: broker.virtual_host.clone(),
        dead_letters: broker.dead_letters,
    }))
}

/// Who enters it.
fn user(given: &serve::Broker) -> anyhow::Result<Option<(String, SecretString)>> {
    let (here, file) = (given.password.as_ref(), given.password_file.as_deref());
    let Some(user) = given.user.clone() else {
        ensure!(
            here.is_none() && file.is_none(),
            "message_service.broker: a password, and no user"
        );
        return Ok(None);
    };
    let password = either("message_service.broker.password", here, file)?;
    Ok(Some((user, SecretString::from(password.as_str()))))
}

/// Bytes that the service takes of a message, as far as they are known.
pub(crate) fn wire_bytes_max(given: &MessageService) -> anyhow::Result<Option<u64>> {
    let (told, amqp) = (given.wire_bytes_max, given.protocol != Protocol::Rest);
    let (usual, most) = match given.tier {
        None => return Ok(told),
        Some(Tier::Standard) => (STANDARD_BYTES_MAX, STANDARD_BYTES_MAX),
        Some(Tier::Premium) if amqp => (PREMIUM_BYTES_MAX, PREMIUM_AMQP_BYTES_MAX),
        Some(Tier::Premium) => (PREMIUM_BYTES_MAX, PREMIUM_BYTES_MAX),
    };
    if let Some(told) = told.filter(|told| *told > most) {
        bail!(
            "message_service.wire_bytes_max {told}: this tier takes no more than {most} \
             bytes by this protocol"
        );
    }
    Ok(told.or(Some(usual)))
}

/// > message size: Standard 256 KB; Premium 1 MB, 100 MB over AMQP where the queue is set
/// > to it; HTTP 1 MB (servicebus §4)
const STANDARD_BYTES_MAX: u64 = 256 * 1024;
const PREMIUM_BYTES_MAX: u64 = 1024 * 1024;
const PREMIUM_AMQP_BYTES_MAX: u64 = 100 * 1024 * 1024;

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

/// Whether the message service's key must be had from the register.
pub(super) fn keyless(given: &MessageService) -> anyhow::Result<bool> {
    Ok(service(given)?.policy.is_none() && policy(given)?.is_some())
}

/// Ask for the key, so that a register that gives none says so at the start.
pub(super) async fn first_key(registry: &Registry) -> anyhow::Result<()> {
    let advice = "the message service's key cannot be had from the register";
    match registry.sas_key().await {
        Err(error) if error.fault().is_passing() => {
            tracing::warn!(%error, "{advice}; it is asked for again");
        }
        key => drop(key.context(advice)?),
    }
    Ok(())
}

/// A policy that is named without its key gets that from the register, anew when it is
/// refused. One whose key stands in a file is read anew then: whoever changes the key
/// writes the file, and ends nothing.
pub(super) fn transport(
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
    let broker = given.broker.as_ref();
    let in_a_file = given.connection_file.is_some()
        || given.key_file.is_some()
        || broker.is_some_and(|broker| broker.password_file.is_some());
    if in_a_file && (settings.policy.is_some() || settings.broker.is_some()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> MessageService {
        toml::from_str(&format!("host = \"h\"\n{text}")).unwrap()
    }

    // > Azure Standard: 256 KB; Premium: 100 MB AMQP (1 MB default), HTTP 1 MB (servicebus §4)
    #[test]
    fn a_tier_says_what_is_taken() {
        let of = |text: &str| wire_bytes_max(&given(text)).ok();
        let (standard, premium) = (256 * 1024, 1024 * 1024);
        assert_eq!(of(""), Some(None));
        assert_eq!(of("wire_bytes_max = 9"), Some(Some(9)));
        assert_eq!(of("tier = \"standard\""), Some(Some(standard)));
        assert_eq!(of("tier = \"premium\""), Some(Some(premium)));
        let more = format!("tier = \"premium\"\nwire_bytes_max = {}", 50 * premium);
        assert_eq!(of(&more), None, "not over REST");
        let amqp = format!("{more}\nprotocol = \"amqp\"");
        assert_eq!(of(&amqp), Some(Some(50 * premium)));
        assert_eq!(of("tier = \"standard\"\nwire_bytes_max = 262145"), None);
    }

    #[test]
    fn a_broker_has_no_keys_of_service_bus() {
        let of = |text: &str| service(&given(text)).map(|found| found.broker.is_some());
        let broker = "protocol = \"amqp\"\nbroker = { user = \"u\", password = \"p\" }";
        assert!(of(broker).unwrap());
        for wrong in [
            "broker = { user = \"u\", password = \"p\" }".to_owned(),
            format!("{broker}\nkey_name = \"Alle\""),
            format!("{broker}\ntier = \"standard\""),
            "protocol = \"amqp\"\nbroker = { password = \"p\" }".to_owned(),
            "protocol = \"amqp\"\nbroker = { user = \"u\" }".to_owned(),
            "protocol = \"amqp\"\nbroker = { address = \"q\" }".to_owned(),
        ] {
            let words = of(&wrong).unwrap_err().to_string();
            assert!(words.contains("message_service.broker"), "{wrong}: {words}");
        }
    }
}
