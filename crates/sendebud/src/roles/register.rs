//! How an access point asks its address register, as its settings have it.

use ambient::{Clock, Random};
use anyhow::Context;
use dokumentpakke::Identity;
use registry::jws::Verifier;
use registry::{Grant, Registry};

use crate::command::package::identities_of;
use crate::run::shown;
use crate::settings::{Maskinporten, Register, Serve};

/// The register of an access point with these keys.
pub(crate) fn asked(
    settings: &Serve,
    keys: &[Identity],
    clock: &Clock,
    random: &Random,
) -> anyhow::Result<Registry> {
    let register = &settings.register;
    let grant = register.maskinporten.as_ref();
    let grant = grant.map(|asked| grant_of(asked, settings, keys, random));
    let suppliers = settings.packages.suppliers.iter().map(ToString::to_string);
    let settings = registry::Settings {
        base: register.url.clone(),
        verifier: verifier(register)?,
        keys_at: register.key_url.clone().filter(|_| register.signed),
        grant: grant.transpose()?,
        suppliers: suppliers.collect(),
    };
    Ok(Registry::new(&settings, clock.clone())?)
}

fn verifier(register: &Register) -> anyhow::Result<Option<Verifier>> {
    match (&register.key_file, &register.key_url, register.signed) {
        (_, _, false) | (None, Some(_), true) => Ok(None),
        (None, None, true) => anyhow::bail!(
            "register: signed answers are verified by a key; give key_file or key_url, \
             or set signed = false on closed networks"
        ),
        (Some(path), _, true) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the register's key {}", shown(path)))?;
            let verifier = Verifier::from_pem(&text);
            Ok(Some(verifier.with_context(|| shown(path))?))
        }
    }
}

fn grant_of(
    asked: &Maskinporten,
    settings: &Serve,
    keys: &[Identity],
    random: &Random,
) -> anyhow::Result<Grant> {
    let key = match &asked.key {
        Some(key) => identities_of(key)?.into_iter().next(),
        None => keys.first().cloned(),
    };
    // > test https://test.maskinporten.no/, prod https://maskinporten.no/
    let host = asked.endpoint.join("/").context("maskinporten.endpoint")?;
    let audience = asked.audience.clone();
    let client = asked.client.clone();
    Ok(Grant {
        endpoint: asked.endpoint.clone(),
        audience: audience.unwrap_or_else(|| host.to_string()),
        client: client.unwrap_or_else(|| format!("MOVE_IP_{}", settings.orgnr)),
        key: key.context("maskinporten: there is no key to sign with")?,
        key_id: asked.key_id.clone(),
        random: random.clone(),
    })
}
